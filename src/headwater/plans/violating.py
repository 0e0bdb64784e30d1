"""From what a validator finds wrong to typed violations, said so that people can mend them."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from jsonschema_rs import ValidationError

from headwater.pipeline.event import Event
from headwater.plans.compiling import Check
from headwater.plans.subschemas import Path, dotted
from headwater.spec.violations import ViolationType

MOST_PER_EVENT: Final = 20
"""So many violations of an event are told one by one."""
LONGEST_VALUE: Final = 100
_LONGEST: Final = 300
_LONGEST_FIELD: Final = 500
_TRAITS: Final = frozenset({"identify", "group"})


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with an event. `path` leads to what could be left out, if anything.

    `is_said` tells what the plan's schema refuses from what it only does not name.
    """

    type: ViolationType
    field: str
    rule: str
    description: str
    value: str = ""
    path: Path = ()
    is_said: bool = True


def faults(check: Check, event: Event) -> Iterator[Fault]:
    """What is wrong with an event, by one rule."""
    for error in check.errors(event):
        yield from _faults(error, check, event)


def unplanned(event: Event) -> Fault:
    """A track event that the plan does not have."""
    name = _cut(event.event or "", LONGEST_VALUE)
    return Fault(
        ViolationType.UNPLANNED_EVENT,
        "event",
        "",
        f"The tracking plan has no event {name!r}",
        _shown(event.event),
        is_said=False,
    )


def _faults(error: ValidationError, check: Check, event: Event) -> Iterator[Fault]:
    path, kind = tuple(error.instance_path), error.kind
    rule = kind.name
    if rule == "additionalProperties":
        is_said = check.is_said(error)
        is_traits = event.type in _TRAITS
        missing = ViolationType.UNPLANNED_TRAIT if is_traits else ViolationType.UNPLANNED_PROPERTY
        instance: Any = error.instance
        for name in kind.value:
            field = _field((*path, name))
            value = _shown(instance.get(name))
            said = f"{field} is not in the tracking plan"
            yield Fault(missing, field, rule, said, value, (*path, name), is_said)
    elif rule == "required":
        field = _field((*path, kind.value))
        yield Fault(ViolationType.MISSING_REQUIRED, field, rule, f"{field} is required")
    elif rule == "type":
        field = _field(path)
        wanted = " or ".join(map(str, kind.value))
        said = f"{field} must be {wanted}, and is {_type_of(error.instance)}"
        yield Fault(ViolationType.WRONG_TYPE, field, rule, said, _shown(error.instance), path)
    else:
        field = _field(path)
        said = f"{field}: {_cut(error.message, _LONGEST)}"
        yield Fault(ViolationType.FAILED_RULE, field, rule, said, _shown(error.instance), path)


def summary(found: Sequence[Fault]) -> str:
    """What is wrong, in a line; fields are marked as verdicts mark them."""
    said = [
        each.description.replace(each.field, f"`{each.field}`", 1)
        if each.type is not ViolationType.UNPLANNED_EVENT
        else each.description
        for each in found
    ]
    return _cut("; ".join(said), _LONGEST * 2)


def _field(path: Path) -> str:
    return _cut(dotted(path), _LONGEST_FIELD) or "event"


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "integer", float: "number", list: "array"}.get(
        type(value), "object"
    )


def _shown(value: Any) -> str:
    try:
        return _cut(msgspec.json.encode(value).decode(), LONGEST_VALUE)
    except (TypeError, ValueError, OverflowError):
        return ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
