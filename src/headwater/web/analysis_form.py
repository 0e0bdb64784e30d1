"""The form of an analysis, made of what its request says; and its answer, as figures and tables."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect

from headwater.analytics.model import Analysis
from headwater.errors import InvalidError
from headwater.web import behaviour_looks, support_looks
from headwater.web.frame import Visit
from headwater.web.navigation import N_

_PERIOD: Final = "period"
_MOST_ROWS: Final = 200


class Field(msgspec.Struct, frozen=True):
    """A field: `kind` is text, number, date, choice or json."""

    name: str
    label: str
    kind: str
    value: str = ""
    hint: str = ""
    required: bool = False
    options: tuple[str, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """A list of an answer as a table: its name, its columns, its rows."""

    name: str
    columns: list[str]
    rows: list[list[Any]]


def fields_of(kind: Analysis, given: Mapping[str, str]) -> list[Field]:
    """The fields in the order of the request, the period's days last."""
    info = inspect.type_info(kind.request)
    assert isinstance(info, inspect.StructType)
    mine: list[Field] = []
    others: list[Field] = []
    for each in info.fields:
        if each.encode_name == _PERIOD:
            period = _plain(each.type)[0]
            assert isinstance(period, inspect.StructType)
            others += [_field(one, given, f"{_PERIOD}.") for one in period.fields]
        else:
            target = others if each.encode_name == "people" else mine
            target.append(_field(each, given))
    return [*mine, *others]


def _plain(kind: inspect.Type) -> tuple[inspect.Type, str]:
    """A type without what is said of it, and what is said of it."""
    said = ""
    while isinstance(kind, inspect.Metadata):
        said = (kind.extra_json_schema or {}).get("description", "") or said
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        rest = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        if len(rest) == 1:
            inner, more = _plain(rest[0])
            return inner, said or more
    return kind, said


def _field(each: inspect.Field, given: Mapping[str, str], before: str = "") -> Field:
    kind, said = _plain(each.type)
    name = f"{before}{each.encode_name}"
    options: tuple[str, ...] = ()
    form = "text"
    if isinstance(kind, inspect.BoolType):
        form, options = "choice", ("true", "false")
    elif isinstance(kind, inspect.EnumType):
        form, options = "choice", tuple(str(one.value) for one in kind.cls)
    elif isinstance(kind, inspect.LiteralType):
        form, options = "choice", tuple(map(str, kind.values))
    elif isinstance(kind, inspect.IntType | inspect.FloatType):
        form = "number"
    elif isinstance(kind, inspect.DateType):
        form = "date"
    elif not isinstance(kind, inspect.StrType):
        form = "json"
    return Field(
        name,
        LABELS.get(f"{name}:{form}") or LABELS.get(name, name),
        form,
        given.get(name, _default(each)),
        said,
        each.required,
        options,
    )


def _default(each: inspect.Field) -> str:
    value = each.default
    if value is msgspec.NODEFAULT:
        factory = each.default_factory
        value = None if factory is msgspec.NODEFAULT else factory()
    if value is None or value == "":
        return ""
    told = msgspec.to_builtins(value)
    if isinstance(told, str):
        return told
    return "" if told in ({}, []) else msgspec.json.encode(told).decode()


def request_of(kind: Analysis, given: Mapping[str, str]) -> Any:
    """The request that the fields say. Raises InvalidError, which names the field."""
    body: dict[str, Any] = {}
    for field in fields_of(kind, given):
        text = given.get(field.name, "").strip()
        if not text:
            continue
        value: Any = text
        if field.kind == "json" or field.options == ("true", "false"):
            try:
                value = msgspec.json.decode(text)
            except msgspec.DecodeError as error:
                raise InvalidError(
                    f"{field.name}: this is not JSON: {error}.", field=field.name
                ) from None
        parent, dot, name = field.name.rpartition(".")
        (body.setdefault(parent, {}) if dot else body)[name] = value
    try:
        return msgspec.convert(body, kind.request, strict=False)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        name = place.strip("`").partition("[")[0]
        raise InvalidError(f"{name or kind.name}: {reason}.", field=name) from None


def figures_of(answer: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The values of an answer that stand by themselves."""
    return [
        (path, each)
        for path, each in flat(answer).items()
        if not isinstance(each, list | tuple) and each not in (None, "")
    ]


def tables_of(answer: Mapping[str, Any]) -> list[Shown]:
    """The lists of objects of an answer."""
    found = []
    for path, each in flat(answer).items():
        if isinstance(each, list | tuple) and each and all(isinstance(row, dict) for row in each):
            found.append(_table(path, each[:_MOST_ROWS]))
    return found


def _table(name: str, rows: Sequence[dict[str, Any]]) -> Shown:
    told = [flat(row) for row in rows]
    columns = [
        column
        for column in dict.fromkeys(column for row in told for column in row)
        if any(row.get(column) not in (None, [], ()) for row in told)
    ]
    return Shown(name, columns, [[_cell(row.get(each)) for each in columns] for row in told])


def _cell(value: Any) -> Any:
    """A list in a cell is its members, of objects the first that says something by itself."""
    if not isinstance(value, list | tuple):
        return value
    if all(isinstance(each, dict) for each in value):
        return ", ".join(f"{_first(each)}: {_number(each)}" for each in value)
    return " → ".join(map(str, value))


def _first(each: Mapping[str, Any]) -> str:
    return str(next(iter(each.values()), ""))


def _number(each: Mapping[str, Any]) -> str:
    found = next((one for one in each.values() if isinstance(one, int | float)), "")
    return f"{found:,.2f}" if isinstance(found, float) else str(found)


def heading(visit: Visit, path: str) -> str:
    """What a figure or a column is called, in the visitor's language."""
    if path in HEADINGS:
        return visit._(HEADINGS[path])
    parent, _, rest = path.partition(".")
    if parent == "total" and rest in HEADINGS:
        return visit._("Total: %(figure)s", figure=visit._(HEADINGS[rest]))
    return path


def flat(value: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Members by their paths; an interval is one text."""
    found: dict[str, Any] = {}
    for name, each in value.items():
        path = f"{before}{name}"
        if isinstance(each, dict) and isinstance(each.get("low"), int | float):
            found[path] = f"{each['low']:,.4g} – {each['high']:,.4g}"
        elif isinstance(each, dict):
            found |= flat(each, f"{path}.")
        else:
            found[path] = each
    return found


LABELS: Final[Mapping[str, str]] = {
    **behaviour_looks.LABELS,
    **support_looks.LABELS,
    "by": N_("Told apart by"),
    "touch": N_("Touch event"),
    "key": N_("Property of the touch"),
    "conversion": N_("Conversion event"),
    "value": N_("Property with the value"),
    "lookbackDays": N_("Days a touch counts"),
    "halfLifeDays": N_("Half-life in days"),
    "withinDays": N_("Days to convert"),
    "models": N_("Models"),
    "currency": N_("Currency"),
    "level": N_("Confidence"),
    "experiment": N_("Experiment"),
    "event": N_("Event"),
    "names": N_("Property with the experiment"),
    "names:json": N_("Names of events and properties"),
    "variants": N_("Property with the variant"),
    "control": N_("Control"),
    "weights": N_("Planned split"),
    "expected": N_("Expected difference"),
    "ownClock": N_("Each one's own clock"),
    "byPerson": N_("Everybody counts once"),
    "a": N_("Condition A"),
    "b": N_("Condition B"),
    "of": N_("What of it"),
    "property": N_("Property"),
    "each": N_("For each"),
    "window": N_("Moving average of"),
    "alpha": N_("Smoothing α"),
    "season": N_("Season"),
    "horizon": N_("Forecast ahead"),
    "threshold": N_("Anomaly threshold"),
    "measures": N_("Measures"),
    "method": N_("Method"),
    "people": N_("Only people who"),
    "period.days": N_("Last days"),
    "period.since": N_("First day"),
    "period.until": N_("Last day"),
    "period.zone": N_("Time zone"),
}
"""What fields are called; another is called by its name."""

HEADINGS: Final[Mapping[str, str]] = {
    **behaviour_looks.HEADINGS,
    **support_looks.HEADINGS,
    "n": N_("Sample size"),
    "rows": N_("Rows"),
    "channels": N_("Channels"),
    "paths": N_("Paths"),
    "reading.variants": N_("Variants"),
    "slots": N_("Hours of the week"),
    "hours": N_("Hours of the day"),
    "weekdays": N_("Weekdays"),
    "best": N_("Best times"),
    "found.points": N_("Moments"),
    "at": N_("Time"),
    "key": N_("Name"),
    "name": N_("Name"),
    "visits": N_("Visits"),
    "people": N_("People"),
    "touches": N_("Touches"),
    "credits": N_("Conversions by model"),
    "converted.count": N_("Converted"),
    "converted.n": N_("Of people"),
    "converted.share": N_("Share"),
    "converted.interval": N_("Interval of the share"),
    "conversions": N_("Conversions"),
    "value": N_("Value"),
    "cost": N_("Cost"),
    "impressions": N_("Impressions"),
    "clicks": N_("Clicks"),
    "costPerClick": N_("Cost of a click"),
    "costPerConversion": N_("Cost of a conversion"),
    "returnOnSpend": N_("Return on spend"),
    "withoutVisit": N_("Conversions without a visit"),
    "withoutTouch": N_("Conversions without a touch"),
    "peopleWhoLeft": N_("People who never converted"),
    "weekday": N_("Weekday"),
    "hour": N_("Hour"),
    "events": N_("Events"),
    "weight": N_("Weight"),
    "index": N_("Index"),
    "both.share": "P(A∩B)",
    "a.share": "P(A)",
    "b.share": "P(B)",
    "aGivenB.share": "P(A|B)",
    "aGivenB.interval": N_("Interval of P(A|B)"),
    "bGivenA.share": "P(B|A)",
    "aGivenNotB.share": "P(A|¬B)",
    "bayes": "P(B|A)·P(A)/P(B)",
    "lift": N_("Lift"),
    "liftInterval": N_("Interval of the lift"),
    "oddsRatio": N_("Odds ratio"),
    "oddsRatioInterval": N_("Interval of the odds ratio"),
    "pValue": N_("p-value"),
}
"""What figures and columns are called; another is called by its path."""
