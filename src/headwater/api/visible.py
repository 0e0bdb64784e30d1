"""Which sources a caller may see, and of which of them what their events hold."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.api.frame import Call
from headwater.errors import NotFoundError
from headwater.workspaces.model import Source


async def visible(call: Call, named: Sequence[str] = ()) -> list[Source]:
    """The sources that the caller may see; of those, the ones named by id, slug or name.

    Raises NotFoundError for a name of none.
    """
    found = await run_in_threadpool(sources.listed, call.context.changes, call.principal)
    for name in named:
        if not any(name in _names(source) for source in found):
            raise NotFoundError(
                f"There is no source {name!r}.", hint="Name a source by its id, slug or name."
            )
    if not named:
        return found
    return [source for source in found if any(name in _names(source) for name in named)]


async def one(call: Call) -> Source:
    """The source that the path names. Raises NotFoundError."""
    return await run_in_threadpool(
        sources.one, call.context.changes, call.principal, call.path("source_id")
    )


def sees_people(call: Call, source: Source) -> bool:
    """Whether the caller may see who a source's events are about."""
    return call.principal.may(Permission.PII_READ, sources.resource(source))


def hidden(call: Call, among: Sequence[Source]) -> frozenset[str]:
    """The ids of the sources whose events are masked for the caller."""
    return frozenset(source.id for source in among if not sees_people(call, source))


def _names(source: Source) -> tuple[str, str, str]:
    return source.id, source.slug, source.name
