"""What the address of /events asks for, and how it is said back: each condition can be undone."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams

from headwater.errors import BadRequestError
from headwater.queries.times import moment
from headwater.search.model import MOST_TERMS, Comparison, PropertyTerm, Search
from headwater.spec import EVENT_TYPES
from headwater.web.navigation import N_

PERIODS: Final = (
    ("", N_("Any time"), None),
    ("1h", N_("Last hour"), 3_600),
    ("24h", N_("Last 24 hours"), 86_400),
    ("7d", N_("Last 7 days"), 604_800),
    ("30d", N_("Last 30 days"), 2_592_000),
)
COUNT: Final = 50
_SIGNS: Final = {"=": Comparison.EQUALS, "~": Comparison.CONTAINS}
_TOP: Final = ("properties", "context", "traits")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The form's fields, as they were filled in."""

    text: str = ""
    person: str = ""
    event: str = ""
    type: str = ""
    source: str = ""
    period: str = ""
    since: str = ""
    until: str = ""
    properties: tuple[str, ...] = ()
    cursor: str = ""

    @property
    def is_all(self) -> bool:
        """Whether nothing is asked for in particular."""
        return not urlencode(self.query(cursor=""), doseq=True)

    @property
    def names_people(self) -> bool:
        """Whether what is found would tell something of a person, even if it were hidden."""
        return bool(self.person or self.text or self.properties)

    def query(self, **changes: object) -> dict[str, object]:
        """The parameters of the address that asks for this, with some of them changed."""
        values: dict[str, object] = {
            "text": self.text,
            "person": self.person,
            "event": self.event,
            "type": self.type,
            "source": self.source,
            "period": self.period,
            "since": self.since,
            "until": self.until,
            "property": self.properties,
            "cursor": self.cursor,
        } | changes
        return {name: value for name, value in values.items() if value}

    def path(self, **changes: object) -> str:
        """The address that asks for this, with some of it changed; from the newest on."""
        query = urlencode(self.query(**{"cursor": "", **changes}), doseq=True)
        return f"/events?{query}" if query else "/events"


def asked(query: QueryParams) -> Asked:
    """What a query asks for. A new property comes as its path, its sign and its value."""
    properties = [each for each in query.getlist("property") if each.strip()]
    if path := query.get("path", "").strip():
        sign, value = query.get("sign", "="), query.get("value", "")
        properties.append(_top(path) if sign == "?" else f"{_top(path)}{sign}{value}")
    kind, period = query.get("type", ""), query.get("period", "")
    return Asked(
        text=query.get("text", "").strip(),
        person=query.get("person", "").strip(),
        event=query.get("event", "").strip(),
        type=kind if kind in EVENT_TYPES else "",
        source=query.get("source", ""),
        period=period if any(period == name for name, _, _ in PERIODS) else "",
        since=query.get("since", "").strip(),
        until=query.get("until", "").strip(),
        properties=tuple(dict.fromkeys(properties)),
        cursor=query.get("cursor", ""),
    )


def search_of(wanted: Asked, now: int) -> Search:
    """The search that is asked for. Raises BadRequestError."""
    if len(wanted.properties) > MOST_TERMS:
        raise BadRequestError(f"property: there may be {MOST_TERMS} of them at most.")
    seconds = next((s for name, _, s in PERIODS if name == wanted.period), None)
    since = moment(wanted.since, name="since") if wanted.since else None
    if since is None and seconds is not None:
        since = now - seconds * 1_000_000
    fields = {
        "person": wanted.person,
        "event": wanted.event,
        "type": wanted.type,
        "text": wanted.text,
        "properties": [msgspec.to_builtins(term_of(each)) for each in wanted.properties],
        "since": since,
        "until": moment(wanted.until, name="until") if wanted.until else None,
        "cursor": wanted.cursor,
        "count": COUNT,
    }
    try:
        return msgspec.convert(fields, Search)
    except msgspec.ValidationError as error:
        raise BadRequestError(f"The search cannot be used: {error}.") from error


def term_of(text: str) -> PropertyTerm:
    """A condition as it stands in the address: `path=value`, `path~part`, or `path` alone.

    >>> term_of("properties.total=5").value
    5
    """
    at, sign = min(((text.find(s), s) for s in _SIGNS if s in text), default=(-1, ""))
    if at < 0:
        return PropertyTerm(text.strip(), Comparison.EXISTS)
    path, value = text[:at].strip(), text[at + 1 :]
    if sign == "~":
        return PropertyTerm(path, Comparison.CONTAINS, value)
    return PropertyTerm(path, Comparison.EQUALS, _plain(value))


def chips(wanted: Asked) -> Iterator[tuple[str, str]]:
    """The conditions on properties as they are shown, each with the address without it."""
    for each in wanted.properties:
        term = term_of(each)
        without = tuple(other for other in wanted.properties if other != each)
        shown = {
            Comparison.EQUALS: f"{term.path} = {each.partition('=')[2]}",
            Comparison.CONTAINS: f"{term.path} ∋ {each.partition('~')[2]}",
            Comparison.EXISTS: term.path,
        }[term.op]
        yield shown, wanted.path(property=without)


def key_properties(json: dict[str, object], most: int = 4) -> Sequence[tuple[str, str]]:
    """The first few plain values of an event, for a line that says what it was about."""
    found: list[tuple[str, str]] = []
    for part in ("properties", "traits"):
        values = json.get(part)
        if not isinstance(values, dict):
            continue
        for name, value in values.items():
            if isinstance(value, str | int | float | bool) and value != "":
                shown = value if isinstance(value, str) else msgspec.json.encode(value).decode()
                found.append((name, shown[:60]))
            if len(found) == most:
                return found
    return found


def _top(path: str) -> str:
    """A path as people write it: a property's name alone is one of the properties'."""
    first = path.partition(".")[0]
    return path if first in _TOP or path in ("messageId", "groupId") else f"properties.{path}"


def _plain(text: str) -> str | int | float | bool | None:
    """A value as JSON where it is a number or a word of it, and else as text."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return text
    return value if isinstance(value, int | float | bool) or value is None else text
