"""A plan's code in Python: typed dictionaries, and a method for each event. Pure."""

import builtins
import keyword
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from headwater.plans.generating.model import Call, Field, Shape
from headwater.plans.generating.names import Names, pascal, snake
from headwater.plans.generating.shapes import objects
from headwater.plans.generating.texts import HEAD, comment_lines

FILE: Final = "tracking_plan.py"

_PLAIN: Final = {
    "any": "Any",
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "time": "datetime",
    "date": "date",
    "map": "Mapping[str, Any]",
}
_TAKEN_TYPES: Final = (
    "Analytics", "Any", "Literal", "Mapping", "NotRequired", "Protocol", "Sequence", "TrackingPlan",
    "TypedDict", "UTC", "Required",
)  # fmt: skip
_TAKEN_METHODS: Final = (*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self")

_BEGIN: Final = '''
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, NotRequired, Protocol, Required, TypedDict


class Analytics(Protocol):
    """What events are sent with: `segment.analytics.Client`, or anything with its methods."""

    def track(self, *args: Any, **kwargs: Any) -> Any: ...
    def identify(self, *args: Any, **kwargs: Any) -> Any: ...
    def group(self, *args: Any, **kwargs: Any) -> Any: ...
    def page(self, *args: Any, **kwargs: Any) -> Any: ...
    def screen(self, *args: Any, **kwargs: Any) -> Any: ...


def _context(context: Mapping[str, Any] | None, version: int) -> dict[str, Any]:
    made = dict(context or {})
    made["protocols"] = {**made.get("protocols", {}), "event_version": version}
    return made


def _json(value: Any) -> Any:
    """Times as texts; those without a zone are in this machine's."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(inner) for inner in value]
    return value
'''

_CLASS: Final = '''
class TrackingPlan:
    """Sends the events of the plan."""

    def __init__(self, analytics: Analytics) -> None:
        self._analytics = analytics
'''

_IDS: Final = {
    "track": ("user_id: str | None = None", "anonymous_id: str | None = None"),
    "identify": ("user_id: str | None = None", "anonymous_id: str | None = None"),
    "group": ("group_id: str", "user_id: str | None = None", "anonymous_id: str | None = None"),
    "page": (
        "name: str | None = None",
        "category: str | None = None",
        "user_id: str | None = None",
        "anonymous_id: str | None = None",
    ),
}
_LAST: Final = (
    "context: Mapping[str, Any] | None = None",
    "timestamp: datetime | None = None",
    "message_id: str | None = None",
)


def code(plan_name: str, calls: Sequence[Call]) -> str:
    """The module of a plan."""
    types = Names(pascal, _TAKEN_TYPES)
    methods = Names(snake, _TAKEN_METHODS)
    named: dict[Shape, str] = {}
    head = HEAD.format(name=" ".join(comment_lines(plan_name)))
    lines = [f"# {head}", f'"""{_documented(["The events of a tracking plan, typed."])}"""', _BEGIN]
    for call in calls:
        for shape in objects(call.body):
            if shape.kind == "object" and shape not in named:
                named[shape] = types.name(_spoken(call, shape), "Properties")
                lines += ["", *_typed_dict(shape, named), ""]
    lines += [_CLASS]
    for call in calls:
        lines += [*_method(methods.name([call.words], f"{call.type} event"), call, named), ""]
    return "\n".join(lines).rstrip() + "\n"


def _spoken(call: Call, shape: Shape) -> Sequence[str]:
    member = "traits" if call.type in ("identify", "group") else "properties"
    return (*shape.words, member) if shape is call.body else shape.words


def _typed_dict(shape: Shape, named: Mapping[Shape, str]) -> Iterator[str]:
    yield f"{named[shape]} = TypedDict("
    yield f'    "{named[shape]}",'
    yield "    {"
    for field in shape.fields:
        for line in comment_lines(field.description):
            yield f"        # {line}"
        yield f"        {field.name!r}: {_member(field, named)},"
    yield "    },"
    yield ")"


def _member(field: Field, named: Mapping[Shape, str]) -> str:
    wrapper = "Required" if field.is_required else "NotRequired"
    return f"{wrapper}[{_type(field.shape, named)}]"


def _type(shape: Shape, named: Mapping[Shape, str]) -> str:
    if shape.kind == "object":
        found = named[shape]
    elif shape.kind == "enum":
        found = f"Literal[{', '.join(repr(value) for value in shape.values)}]"
    elif shape.kind == "list":
        assert shape.items is not None
        found = f"Sequence[{_type(shape.items, named)}]"
    elif shape.kind == "union":
        found = " | ".join(_type(option, named) for option in shape.options)
    else:
        found = _PLAIN[shape.kind]
    return f"{found} | None" if shape.is_nullable and shape.kind != "any" else found


def _method(name: str, call: Call, named: Mapping[Shape, str]) -> Iterator[str]:
    member = "traits" if call.type in ("identify", "group") else "properties"
    body = _type(call.body, named)
    default = "" if call.needs_body else " | None = None"
    ids = _IDS["page" if call.type == "screen" else call.type]
    told = call.description or f"Send {call.event or call.type!r}."
    yield f"    def {name}("
    yield "        self,"
    yield f"        {member}: {body}{default},"
    yield "        *,"
    for parameter in (*ids, *_LAST):
        yield f"        {parameter},"
    yield "    ) -> None:"
    yield f'        """{_documented(comment_lines(told), indent=8)}"""'
    yield f"        self._analytics.{call.type}("
    for parameter in (*ids, *_LAST):
        given = parameter.partition(":")[0]
        if given != "context":
            yield f"            {given}={given},"
    if call.type == "track":
        yield f"            event={call.event!r},"
    yield f"            {member}=_json({member} or {{}}),"
    yield f"            context=_context(context, {call.version}),"
    yield "        )"


def _documented(lines: Sequence[str], indent: int = 0) -> str:
    text = ("\n" + " " * indent).join(lines).replace("\\", "\\\\").replace('"', "'")
    return text or "Send it."
