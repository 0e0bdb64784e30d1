"""/welcome: from nothing to a first event in SQL: make a source, send, see it arrive, ask for it.

Each step is told from what is there already, so it can be left and taken up again at any time.
"""

from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import Access
from headwater.access.permissions import Permission
from headwater.debugger.model import Outcome, Seen
from headwater.errors import BadRequestError, HeadwaterError, UnavailableError
from headwater.naming import table_name
from headwater.queries.model import Format, Question
from headwater.web.frame import Page, Visit
from headwater.web.live_events import recent
from headwater.web.pages.source import ways
from headwater.web.pages.sources import NewSource, made_by
from headwater.workspaces.model import Source

SKIPPED: Final = "headwater_welcome"
_YEAR: Final = 31_536_000
_COLUMNS: Final = "messageId, type, event, userId, anonymousId, timestamp, properties"


class Answer(msgspec.Struct):
    """What the warehouse says when it is asked for the first event."""

    data: list[dict[str, Any]]


def is_skipped(visit: Visit) -> bool:
    """Whether the visitor left the welcome; a browser remembers it for a year."""
    return visit.request.cookies.get(SKIPPED) == "skipped"


async def show(visit: Visit) -> Response:
    """The steps, as far as they are done."""
    found = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    source = _chosen(visit, found)
    if source is None or visit.query("kind"):
        return visit.render("welcome/page.html", source=None, form=NewSource(), others=found)
    first = await first_event(visit, source)
    question = _question(first) if first and first.outcome is Outcome.ACCEPTED else ""
    return visit.render(
        "welcome/page.html",
        source=source,
        others=found,
        first=first,
        question=question,
        rows=await _answer(visit, question) if question else None,
        **ways(visit, source),
    )


async def create(visit: Visit) -> Response:
    """The first step: a source of a kind."""
    form = await visit.form(NewSource)
    try:
        made = await made_by(visit, form)
    except BadRequestError as error:
        problem = visit.problem(error)
        return visit.render(
            "welcome/page.html", problem.status, source=None, form=form, others=[], problem=problem
        )
    return visit.redirect(f"/welcome?source={made.id}")


async def skip(visit: Visit) -> Response:
    response = visit.redirect("/")
    response.set_cookie(
        SKIPPED, "skipped", max_age=_YEAR, path="/", samesite="lax", secure=visit.is_secure
    )
    return response


async def first_event(visit: Visit, source: Source) -> Seen | None:
    """The newest event of the source that became a row, or else the newest of any fate."""
    seen = await recent(visit, [source], count=50)
    accepted = [each for each in seen if each.outcome is Outcome.ACCEPTED]
    return next(iter(accepted or seen), None)


def _chosen(visit: Visit, found: list[Source]) -> Source | None:
    wanted = visit.query("source")
    if wanted:
        return next((each for each in found if each.id == wanted), None)
    return found[-1] if found else None


def _question(first: Seen) -> str:
    """The SELECT that finds the event, in the view of its own kind."""
    view = table_name(first.event) if first.type == "track" else first.type
    quoted = '"group"' if view == "group" else view
    return (
        f"SELECT {_COLUMNS}\nFROM {quoted}\n"
        f"WHERE messageId = '{first.message_id.replace(chr(39), chr(39) * 2)}'"
    )


async def _answer(visit: Visit, sql: str) -> list[dict[str, Any]]:
    """The rows; none while the event is on its way, or may not be seen by the visitor."""
    if not visit.may((Permission.WAREHOUSE_READ, Permission.PII_READ)):
        return []
    question = Question(
        sql=sql, workspace_id=visit.principal.workspace_id, format=Format.JSON, max_rows=1
    )
    try:
        async with visit.context.warehouse.query(question) as response:
            found = msgspec.json.decode(await response.aread(), type=Answer)
    except (UnavailableError, HeadwaterError):
        return []
    visit.context.changes.record_read(visit.principal, "SQL", sql)
    return found.data


PAGES = (
    Page("GET", "/welcome", Permission.SOURCE_ADMIN, show),
    Page("POST", "/welcome", Permission.SOURCE_ADMIN, create),
    Page("POST", "/welcome/skip", Access.MEMBER, skip),
)
