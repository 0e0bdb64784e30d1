"""What the pages of the quarantine share: which events are meant, and how they are said."""

from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.errors import NotFoundError
from headwater.quarantine.model import Kept, Selection, State
from headwater.search.masking import MASK, masked_text
from headwater.web.frame import Visit
from headwater.web.live_events import may_see_people
from headwater.workspaces.model import Source


async def seen_sources(visit: Visit) -> list[Source]:
    return await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)


def said(visit: Visit, text: str) -> str:
    """What the backend says of a reason, in the visitor's language."""
    return visit.translator.problem(text)


def selection_of(
    visit: Visit,
    every: Sequence[Source],
    *,
    reason: str = "",
    source: str = "",
    event: str = "",
    state: State = State.OPEN,
    keys: tuple[str, ...] = (),
    to: Permission = Permission.SOURCE_READ,
) -> Selection:
    """What is selected of these sources, on which the visitor has a permission."""
    named = source or visit.query("source")
    ids = tuple(each.id for each in every if not named or named in (each.id, each.slug))
    sees_all = not named and visit.may(to)
    if not ids and not sees_all:
        raise NotFoundError(f"There is no source {named!r}.")
    return Selection(
        reason=reason,
        source_ids=() if sees_all else ids,
        event=event or visit.query("event") or None,
        state=state,
        keys=keys,
    )


def among(every: Sequence[Source], wanted: Selection) -> list[Source]:
    return [each for each in every if not wanted.source_ids or each.id in wanted.source_ids]


def changeable(visit: Visit, every: Sequence[Source]) -> list[Source]:
    """The sources about whose events the visitor may decide."""
    return [
        each
        for each in every
        if visit.principal.may(Permission.SOURCE_ADMIN, sources.resource(each))
    ]


def shown(visit: Visit, every: Sequence[Source], held: Kept) -> tuple[Kept, bool]:
    """An event as the visitor may see it, and whether that is with its values. Those of a deleted
    source are for who may see all."""
    source = next((each for each in every if each.id == held.source_id), None)
    if may_see_people(visit, source) if source else visit.may(Permission.PII_READ):
        return held, True
    detail = MASK if held.detail else ""
    return msgspec.structs.replace(held, raw=masked_text(held.raw), detail=detail), False


def indented(text: str) -> str:
    try:
        return msgspec.json.format(text.encode(), indent=2).decode()
    except (msgspec.DecodeError, RecursionError):
        return text
