"""A proposal carried out over the API's own handlers, on a state that is taken back.

So whatever can be set can be tried, with every check that setting it would meet, and what comes
out is the configuration that would be published.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.routing import compile_path

from headwater.access import admission
from headwater.access.changes import Changes
from headwater.access.model import Grant, Principal
from headwater.access.permissions import Permission
from headwater.access.roles import Role
from headwater.access.supposing import supposing
from headwater.api import (
    cleaning_rules,
    function_instances,
    functions,
    labels,
    source_schema,
    sources,
    tracking_plans,
    transformations,
)
from headwater.api.frame import ApiRoute, Call, Context
from headwater.configuration import carrying_out
from headwater.configuration.folder import Folder, Key, understood
from headwater.configuration.model import Action, Document, Noun, Remote, Step
from headwater.configuration.nouns import NOUNS, by_kind
from headwater.configuration.references import references_in
from headwater.errors import ForbiddenError, HeadwaterError, InvalidError, NotFoundError
from headwater.opening import opened
from headwater.whatif.proposal import (
    GoverningItem,
    Proposal,
    ProposedCall,
    ProposedStep,
    Supposition,
)

GOVERNING: Final[tuple[ApiRoute, ...]] = (
    *labels.ROUTES,
    *sources.ROUTES,
    *source_schema.ROUTES,
    *cleaning_rules.ROUTES,
    *tracking_plans.ROUTES,
    *transformations.ROUTES,
    *functions.ROUTES,
    *function_instances.ROUTES,
)
"""The routes that a proposal can call: those of what decides on events."""

NOUNS_GOVERNING: Final = tuple(noun for noun in NOUNS if noun.governs)

_AS_PLANNER: Final = Grant(Role.TRACKING_PLAN_ADMIN)
_ROOT: Final = Path()


class Stage:
    """Is a headwater.whatif.proposal.Rehearsing, for the console."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def suppose(self, by: Principal, proposal: Proposal) -> Supposition:
        return suppose(self._context, by, proposal)

    def items(self, by: Principal) -> list[GoverningItem]:
        return items(self._context, by)


def suppose(context: Context, by: Principal, proposal: Proposal) -> Supposition:
    """What would be. Blocking. Raises what carrying it out would, and says of what.

    Who may see the rules and plans may suppose others, for nothing is kept; sources and functions
    take the permission to change them.
    """
    documents, passed_over = _documents(proposal.documents)
    with supposing(context.changes) as changes, Rehearsal(context, by, changes) as api:
        before = changes.configuration()
        nouns = [noun for noun in NOUNS_GOVERNING if proposal.deletes or _is_in(noun, proposal)]
        there = carrying_out.pulled(api, nouns)
        steps = _steps(proposal, documents, there)
        for step in steps:
            with _told_of(f"{step.kind} {step.key}"):
                carrying_out.carry_out([step], api, {}, _ROOT)
        for number, call in enumerate(proposal.changes):
            with _told_of(f"changes[{number}]"):
                api(call.method, call.path, call.body)
        after = changes.configuration()
        names = dict(_names_of(there)) | dict(_names(_items(api)))
    return Supposition(
        opened(before, context.vault),
        opened(after, context.vault),
        [*map(_shown, steps), *map(_shown_call, proposal.changes)],
        passed_over,
        names,
    )


def items(context: Context, by: Principal) -> list[GoverningItem]:
    """All that governs and that the caller may see. Blocking."""
    with Rehearsal(context, by, context.changes) as api:
        return list(_items(api))


class Rehearsal:
    """The API of what governs, called without a network, over some state. For one thread.

    Is a headwater.configuration.model.Api.
    """

    def __init__(self, context: Context, by: Principal, changes: Changes) -> None:
        self._context = replace(context, changes=changes)
        may_plan = by.may(Permission.PLAN_READ)
        self._by = msgspec.structs.replace(by, grants=(*by.grants, _AS_PLANNER)) if may_plan else by
        self._runner = asyncio.Runner()

    def __enter__(self) -> "Rehearsal":
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """The `data` of an answer. Raises what the handler does, and NotFoundError."""
        split = urlsplit(path if path.startswith("/api/") else f"/api{path}")
        route, parameters = _route(method, split.path)
        admission.admit(route.access, self._by, {})
        scope = {
            "type": "http",
            "method": method,
            "path": split.path,
            "query_string": split.query.encode(),
            "headers": [(b"content-type", b"application/json")],
            "path_params": parameters,
        }
        content = msgspec.json.encode(body)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def answered() -> bytes:
            call = Call(Request(scope, receive), self._context, self._by)
            return bytes((await route.handle(call)).body)

        return msgspec.json.decode(self._runner.run(answered()))["data"]


_PATTERNS: Final[Sequence[tuple[re.Pattern[str], ApiRoute]]] = [
    (compile_path(route.path)[0], route) for route in GOVERNING
]


def _route(method: str, path: str) -> tuple[ApiRoute, Mapping[str, str]]:
    for pattern, route in _PATTERNS:
        if route.method == method and (found := pattern.match(path)):
            return route, found.groupdict()
    raise NotFoundError(
        f"{method} {path[:200]} is no call by which rules, plans or the like are changed.",
        hint="What-if tries what decides on events; see the documentation.",
    )


def _documents(said: Iterable[object]) -> tuple[dict[Key, Document], list[str]]:
    """The documents that govern, and the kinds of the others."""
    found: dict[Key, Document] = {}
    passed_over: set[str] = set()
    for number, each in enumerate(said):
        try:
            noun, document = understood(each)
        except ValueError as error:
            raise InvalidError(f"documents[{number}]: {error}", field="documents") from None
        if not noun.governs:
            passed_over.add(noun.kind)
            continue
        if any(references_in(document)):
            raise InvalidError(
                f"documents[{number}]: has a reference to a secret, which only the folder's owner "
                "can look up.",
                field="documents",
            )
        found[noun.kind, noun.key(document)] = document
    return found, sorted(passed_over)


def _is_in(noun: Noun, proposal: Proposal) -> bool:
    kinds = {str(each.get("kind")) for each in proposal.documents}
    return noun.kind in kinds.union(each.kind for each in proposal.removed)


def _steps(
    proposal: Proposal, documents: Mapping[Key, Document], there: Mapping[Key, Remote]
) -> list[Step]:
    steps = carrying_out.steps(
        Folder(documents, {}, ()), there, {}, _ROOT, deletes=proposal.deletes
    )
    for each in proposal.removed:
        held = there.get((each.kind, each.key))
        if held is None or by_kind(each.kind).delete is None:
            raise InvalidError(
                f"removed: there is no {each.kind} {each.key!r} that could go.", field="removed"
            )
        steps.append(Step(Action.DELETE, each.kind, each.key, held, None))
    return steps


def _items(api: Rehearsal) -> Iterator[GoverningItem]:
    for noun in NOUNS_GOVERNING:
        try:
            found = noun.pull(api)
        except (ForbiddenError, NotFoundError):
            continue  # not for the caller, or of routes that are not among GOVERNING
        for remote in found:
            yield GoverningItem(noun.kind, noun.key(remote.document), remote.id, remote.document)


def _names(found: Iterable[GoverningItem]) -> Iterator[tuple[str, str]]:
    return ((each.id, each.key) for each in found)


def _names_of(there: Mapping[Key, Remote]) -> Iterator[tuple[str, str]]:
    return ((remote.id, key) for (_, key), remote in there.items())


@contextmanager
def _told_of(what: str) -> Iterator[None]:
    """Says of what of the proposal an error is."""
    try:
        yield
    except HeadwaterError as error:
        error.message = f"{what}: {error.message}"
        raise


def _shown(step: Step) -> ProposedStep:
    return ProposedStep(step.action.value, step.kind, step.key)


def _shown_call(call: ProposedCall) -> ProposedStep:
    return ProposedStep(call.method, "call", call.path)
