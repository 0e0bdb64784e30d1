"""Forms made of the settings of kinds: the control that shows each setting, and what was sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from msgspec import NODEFAULT

from headwater import fql
from headwater.errors import BadRequestError, FqlError
from headwater.web.frame import Visit
from headwater.web.navigation import N_

Sent = Mapping[str, Sequence[str]]
"""The values of a form, by the names of its fields."""

_T = TypeVar("_T", bound=msgspec.Struct)

_AT: Final = re.compile(r" - at `\$\.?(\w+)?.*`\.?$")
_NAMED: Final = re.compile(r"(?:\w+: )*?(\w+): ")
_MOST_ROWS: Final = 200
_EXACT: Final = 1e15
_MINOR: Final = 100

LABELS: Final = {
    "from": "From the path",
    "members": "Event members",
    "remove": "Remove instead",
    "order": "First in a date",
    "values": "Values allowed",
    "never": "Never robots",
    "true": "Words for true",
    "false": "Words for false",
    "asns": "Network numbers",
    "ipv4": "IPv4 bits",
    "ipv6": "IPv6 bits",
}
"""What settings are called whose own names say too little."""

_PLAIN: Final = (
    (re.compile(r"Expected `(?:int|float|.*\|.*)`, got"), N_("Must be a number.")),
    (re.compile(r"Expected `\w+`, got"), N_("Is not of the right type.")),
    (re.compile(r"Expected `str` matching"), N_("Is not written in the right form.")),
    (
        re.compile(r"Expected `\w+` of length (?P<bound>[<>=]+ \d+)"),
        N_("Its length must be %(bound)s."),
    ),
    (re.compile(r"Expected `\w+` (?P<bound>[<>=]+ [\d.]+)"), N_("Must be %(bound)s.")),
)
"""What a type says of a value that is not of it, and what people are told."""


class Widget(StrEnum):
    """How a setting is shown."""

    CHECK = "check"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"
    PATH = "path"
    PATHS = "paths"
    LINES = "lines"
    JSON = "json"
    OBJECTS = "objects"
    FQL = "fql"


class Control(msgspec.Struct, frozen=True):
    """One setting in a form: `value` is a text, a list of texts, or whether a box is ticked."""

    name: str
    field: str
    about: str
    widget: Widget
    value: Any
    is_required: bool
    options: Sequence[str] = ()
    is_minor: bool = False
    """Whether few will ever change it: how much is remembered."""

    @property
    def label(self) -> str:
        """Its name in words."""
        return label_of(self.name)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a field; for FQL, `column` (from 1) says where in its `source`."""

    field: str
    message: str
    hint: str = ""
    column: int = 0
    source: str = ""


def label_of(name: str) -> str:
    """A setting's name in words."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


async def sent(visit: Visit) -> Sent:
    """All values of the form that was sent."""
    values: dict[str, list[str]] = {}
    async with visit.request.form(max_part_size=1_000_000, max_fields=2_000) as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return values


def last(values: Sent, name: str, default: str = "") -> str:
    """The value of a field that has one."""
    found = values.get(name)
    return found[-1] if found else default


def rows(values: Sent, name: str) -> list[str]:
    """The values of a field that has several, without the empty ones."""
    return [each.strip() for each in values.get(name, ()) if each.strip()][:_MOST_ROWS]


def lines(text: str) -> list[str]:
    """The lines of a text that say something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def within_bounds(value: _T) -> _T:
    """The same, whose parts were put together from a form. Raises BadRequestError for what is
    longer than its type allows."""
    try:
        return msgspec.convert(msgspec.to_builtins(value), type=type(value))
    except msgspec.ValidationError as error:
        raise BadRequestError(f"{str(error).rstrip('.')}.") from None


def controls(
    kind: type[msgspec.Struct], held: Mapping[str, Any], prefix: str = "s."
) -> list[Control]:
    """The controls of a kind's settings, showing those that are held."""
    return [
        _control(field, schema, held, prefix)
        for field, schema in zip(msgspec.structs.fields(kind), _schemas(kind), strict=True)
    ]


def settings(kind: type[msgspec.Struct], values: Sent, prefix: str = "s.") -> dict[str, Any]:
    """The settings that were sent; those that are as they would be anyway are left out."""
    found: dict[str, Any] = {}
    for field, schema in zip(msgspec.structs.fields(kind), _schemas(kind), strict=True):
        value = _read(_widget(schema), schema, values, prefix + field.encode_name)
        if value is not None and value != _default(field):
            found[field.encode_name] = value
    return found


def first_fault(
    kind: type[msgspec.Struct], values: Sent, visit: Visit, prefix: str = "s."
) -> Fault | None:
    """The first setting that is required and not given, or FQL that cannot be read."""
    for field, schema in zip(msgspec.structs.fields(kind), _schemas(kind), strict=True):
        name, widget = prefix + field.encode_name, _widget(schema)
        if field.required and _read(widget, schema, values, name) in (None, "", []):
            return Fault(name, visit._("Please fill this in."))
        if widget is Widget.FQL and (fault := fql_fault(visit, name, last(values, name))):
            return fault
    return None


def fql_fault(
    visit: Visit, field: str, text: str, compiled: Callable[[str], object] = fql.compile
) -> Fault | None:
    """What is wrong with a condition, or another expression, and where."""
    if not text.strip():
        return None
    try:
        compiled(text.strip())
    except FqlError as error:
        said = visit.problem(error)
        return Fault(field, said.message, said.hint, error.column, text)
    return None


def fault_of(message: str, kind: type[msgspec.Struct], prefix: str = "s.") -> Fault | None:
    """The field that a refusal of settings is about, by its words; None where it names none."""
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    at = _AT.search(message)
    if at and at[1] in names:
        return Fault(prefix + at[1], message[: at.start()])
    named = _NAMED.match(message)
    if named and named[1] in names:
        return Fault(prefix + named[1], message[named.end() :])
    return None


def in_words(visit: Visit, message: str) -> str:
    """A refusal of settings in the visitor's words; what a type says of itself is said plainly."""
    for pattern, plain in _PLAIN:
        if found := pattern.match(message):
            return visit._(plain, **found.groupdict())
    said = visit.translator.problem(f"{message.rstrip('.')}.")
    first = said.partition(" ")[0]
    return said if first != first.lower() else said[:1].upper() + said[1:]


def _control(
    field: msgspec.structs.FieldInfo,
    schema: Mapping[str, Any],
    held: Mapping[str, Any],
    prefix: str,
) -> Control:
    widget = _widget(schema)
    name = field.encode_name
    value = held[name] if name in held else _default(field)
    return Control(
        name=name,
        field=prefix + name,
        about=str(schema.get("description", "")),
        widget=widget,
        value=_shown(widget, schema, value),
        is_required=field.required,
        options=[str(each) for each in schema.get("enum", ())],
        is_minor=widget is Widget.NUMBER and (_default(field) or 0) >= _MINOR,
    )


def _schemas(kind: type[msgspec.Struct]) -> list[Mapping[str, Any]]:
    schema = msgspec.json.schema(kind)
    found = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    return [{"type": "any", **_given(schema)} for schema in found.get("properties", {}).values()]


def _given(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without the null that it may also be."""
    besides = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return {**schema, **besides[0]} if len(besides) == 1 else schema


def _widget(schema: Mapping[str, Any]) -> Widget:
    if "enum" in schema:
        return Widget.CHOICE
    kind = schema["type"]
    if kind == "boolean":
        return Widget.CHECK
    if kind in ("integer", "number"):
        return Widget.NUMBER
    if kind == "array":
        items = schema.get("items", {})
        if items.get("format") == "path":
            return Widget.PATHS
        return Widget.LINES if items.get("type") == "string" or "anyOf" in items else Widget.OBJECTS
    if kind == "string":
        return {"path": Widget.PATH, "fql": Widget.FQL}.get(schema.get("format", ""), Widget.TEXT)
    return Widget.JSON


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not NODEFAULT:
        value = field.default
    elif field.default_factory is not NODEFAULT:
        value = field.default_factory()
    else:
        return None
    return list(value) if isinstance(value, tuple) else value


def _shown(widget: Widget, schema: Mapping[str, Any], value: Any) -> Any:
    if widget is Widget.CHECK:
        return bool(value)
    if widget in (Widget.PATHS, Widget.LINES):
        texts = [_text(each) if _is_mixed(schema) else each for each in value or ()]
        return texts if widget is Widget.PATHS else "\n".join(texts)
    if value is None:
        return ""
    if widget is Widget.JSON:
        return _text(value)
    if widget is Widget.OBJECTS:
        return "\n".join(msgspec.json.encode(each).decode() for each in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value)


def _is_mixed(schema: Mapping[str, Any]) -> bool:
    """Whether a list's members are of several types, so that each line may be JSON."""
    return "anyOf" in schema.get("items", {})


def _text(value: Any) -> str:
    """A value as a line; a text that would be read as something else gets quotes."""
    is_plain = isinstance(value, str) and value and value == value.strip() and _json(value) == value
    return value if is_plain else msgspec.json.encode(value).decode()


def _read(widget: Widget, schema: Mapping[str, Any], values: Sent, name: str) -> Any:
    if widget is Widget.CHECK:
        return name in values
    if widget is Widget.PATHS:
        return rows(values, name)
    if name not in values:
        return None
    text = last(values, name)
    if widget is Widget.LINES:
        return [_scalar(line) if _is_mixed(schema) else line for line in lines(text)]
    if widget is Widget.OBJECTS:
        return [_json(line) for line in lines(text)]
    if widget is Widget.NUMBER:
        return _number(text.strip())
    if widget is Widget.JSON:
        return _json(text.strip())
    if widget is Widget.TEXT:
        return text if "minLength" not in schema else text or None
    return text.strip() if text.strip() or "minLength" not in schema else None


def _number(text: str) -> Any:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _json(text: str) -> Any:
    """JSON where it is some, and else the text itself."""
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _scalar(text: str) -> Any:
    value = _json(text)
    return value if isinstance(value, str | int | float | bool) else text
