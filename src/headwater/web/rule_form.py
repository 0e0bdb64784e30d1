"""The form of a cleaning rule: what it shows, what was sent, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import msgspec

from headwater.cleaning.changing import Wanted
from headwater.cleaning.model import Kind, Rule, Scope
from headwater.errors import HeadwaterError
from headwater.web.frame import Visit
from headwater.web.settings_form import (
    Fault,
    Sent,
    fault_of,
    first_fault,
    fql_fault,
    in_words,
    last,
    rows,
    settings,
    within_bounds,
)

_FIELDS: Final = {
    "name": "name",
    "description": "description",
    "event": "event",
    "scope.condition": "condition",
    "scope.sources": "sources",
}
"""The form's fields, by those that refusals name; any other refusal stands above the form."""


class RuleForm(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as its form shows it."""

    name: str
    kind: str
    description: str = ""
    settings: Mapping[str, Any] = {}
    sources: Sequence[str] = ()
    types: Sequence[str] = ()
    events: Sequence[str] = ()
    condition: str = ""

    @classmethod
    def sent(cls, kind: Kind, values: Sent) -> Self:
        """The form as it was sent."""
        return cls(
            name=last(values, "name"),
            kind=kind.name,
            description=last(values, "description"),
            settings=settings(kind.settings, values),
            sources=rows(values, "sources"),
            types=rows(values, "types"),
            events=rows(values, "events"),
            condition=last(values, "condition"),
        )


def form_of(rule: Rule) -> RuleForm:
    """The form that shows a rule."""
    scope = rule.scope
    return RuleForm(
        name=rule.name,
        kind=rule.kind,
        description=rule.description,
        settings=rule.settings,
        sources=scope.sources,
        types=scope.types,
        events=scope.events,
        condition=scope.condition,
    )


def wanted_of(kind: Kind, values: Sent) -> Wanted:
    """What the sent form asks for. Raises BadRequestError for what is longer than it may be."""
    form = RuleForm.sent(kind, values)
    scope = Scope(tuple(form.sources), tuple(form.types), tuple(form.events), form.condition)
    within_bounds(scope)
    return Wanted(
        name=form.name,
        kind=kind.name,
        description=form.description,
        settings=form.settings,
        scope=scope,
    )


def fault_in(visit: Visit, kind: Kind, values: Sent) -> Fault | None:
    """What the form itself can tell to be wrong."""
    return first_fault(kind.settings, values, visit) or fql_fault(
        visit, "condition", last(values, "condition")
    )


def refused(visit: Visit, kind: Kind, error: HeadwaterError) -> Fault:
    """A refusal, at the field that it is about."""
    problem = visit.problem(error)
    if problem.field == "settings":
        found = fault_of(error.message.removeprefix("settings: ").rstrip("."), kind.settings)
        if found:
            return msgspec.structs.replace(found, message=in_words(visit, found.message))
    return Fault(_FIELDS.get(problem.field, ""), problem.message, problem.hint)
