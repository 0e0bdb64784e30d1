"""/sql: asking the warehouse, with what was asked before and what is kept.

With script the page asks the API and stays; without, its forms do the same by reloading it.
"""

import math
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import httpx
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, HeadwaterError, NotFoundError, QueryError
from headwater.queries.model import CONTENT_TYPES, Column, Format, Question
from headwater.queries.parameters import Kind, declared
from headwater.queries.rewritten import Rewritten
from headwater.questions import history, saved
from headwater.questions.model import Asked, Chart, Saved
from headwater.semantics import keeping
from headwater.web.frame import Page, Visit
from headwater.web.navigation import N_
from headwater.web.problems import Problem

ACCESS: Final = (Permission.WAREHOUSE_READ, Permission.PII_READ)
_SHOWN_ROWS: Final = 200
_SHOWN_ASKED: Final = 50
_IS_EXPLAIN: Final = re.compile(r"\s*EXPLAIN\b", re.IGNORECASE)

EXAMPLES: Final = (
    (
        N_("Events by name"),
        """SELECT event, count(*) AS events, count(DISTINCT userId) AS people
FROM track
GROUP BY event
ORDER BY events DESC""",
    ),
    (
        N_("Events by day"),
        """SELECT date_trunc('day', timestamp) AS day, count(*) AS events
FROM track
GROUP BY day
ORDER BY day""",
    ),
    (
        N_("The newest events"),
        """SELECT receivedAt, event, userId, properties
FROM track
ORDER BY receivedAt DESC
LIMIT 100""",
    ),
    (
        N_("The newest people"),
        """SELECT *
FROM users
ORDER BY received_at DESC
LIMIT 100""",
    ),
    (
        N_("What was kept aside"),
        """SELECT reason, source, count(*) AS events, max(received_at) AS newest
FROM quarantine
GROUP BY ALL
ORDER BY events DESC""",
    ),
)


class Rows(msgspec.Struct, frozen=True):
    """An answer in JSON."""

    columns: list[Column]
    data: list[dict[str, Any]]
    total: int
    truncated: bool


class Kept(msgspec.Struct, frozen=True):
    """A saved query as the page lists it."""

    id: str
    name: str
    description: str
    sql: str
    updated_at: int
    updated_by_name: str
    mine: bool
    chart: Chart | None = None


class AskForm(msgspec.Struct):
    """`parameter` has the values of those that `parameter_name` names, in the same order."""

    sql: str = ""
    explain: str = ""
    parameter: list[str] = []
    parameter_name: list[str] = []
    max_rows: str = ""
    seconds: str = ""

    @property
    def values(self) -> dict[str, str]:
        return dict(zip(self.parameter_name, self.parameter, strict=False))

    def question(self, sql: str, workspace_id: str, format_: Format, most: int | None) -> Question:
        """As it is asked: what is empty has its default, or is an empty text."""
        given = self.values
        rows = int(self.max_rows) if self.max_rows.isascii() and self.max_rows.isdigit() else None
        wanted = [each for each in (rows, most) if each]
        return Question(
            sql=sql,
            workspace_id=workspace_id,
            format=format_,
            max_rows=min(wanted) if wanted else None,
            timeout_seconds=_seconds(self.seconds),
            parameters={
                each.name: given.get(each.name, "")
                for each in declared(sql)
                if given.get(each.name) or (each.type is Kind.TEXT and each.default is None)
            },
        )


class DownloadForm(AskForm):
    format: Format = Format.CSV


class SaveForm(msgspec.Struct):
    """With `saved` it changes that one."""

    name: str
    sql: str
    description: str = ""
    saved: str = ""


class RemoveForm(msgspec.Struct):
    saved: str = ""


async def show(visit: Visit) -> Response:
    held = None
    sql = visit.query("q")
    if saved_id := visit.query("saved"):
        held = _kept(visit, await _run(visit, saved.one, saved_id))
        sql = held.sql
    elif asked_id := visit.query("asked"):
        sql = await _asked(visit, asked_id)
    return await _page(visit, sql, held=held)


async def ask(visit: Visit) -> Response:
    """Without script: the page again, with the answer's first rows, or with the plan."""
    form = await visit.form(AskForm)
    visit.context.changes.record_read(visit.principal, "SQL", form.sql)
    try:
        answer = await _answer(visit, form)
    except QueryError as error:
        problem = _with_place(visit, error, form.sql)
        return await _page(visit, form.sql, form=form, problem=problem, status=error.status)
    if form.explain:
        plan = "\n".join(str([*row.values()][-1]) for row in answer.data if row)
        return await _page(visit, form.sql, form=form, plan=plan)
    return await _page(visit, form.sql, form=form, answer=answer)


async def download(visit: Visit) -> Response:
    """All rows as a file, as far as the settings allow."""
    form = await visit.form(DownloadForm)
    visit.context.changes.record_read(visit.principal, "SQL", form.sql)
    by = visit.principal
    stack = AsyncExitStack()
    try:
        meant = await _meant(visit, form.sql)
        question = form.question(meant.sql, by.workspace_id, form.format, None)
        response = await stack.enter_async_context(visit.context.warehouse.query(question))
    except QueryError as error:
        problem = _with_place(visit, error, form.sql)
        return await _page(visit, form.sql, form=form, problem=problem, status=error.status)
    name = f"headwater.{form.format.value}"
    return StreamingResponse(
        _passed_on(stack, response),
        media_type=CONTENT_TYPES[form.format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def save(visit: Visit) -> Response:
    form = await visit.form(SaveForm)
    changed = {"name": form.name, "sql": form.sql, "description": form.description}
    try:
        if form.saved:
            held = await _run(visit, saved.change, form.saved, **changed)
        else:
            held = await _run(visit, saved.create, **changed)
    except HeadwaterError as error:
        return await _page(visit, form.sql, problem=visit.problem(error), status=error.status)
    return visit.redirect(
        f"/sql?saved={held.id}", notice=visit._("%(name)s was saved.", name=held.name)
    )


async def remove(visit: Visit) -> Response:
    form = await visit.form(RemoveForm)
    gone = await _run(visit, saved.remove, form.saved)
    return visit.redirect("/sql", notice=visit._("%(name)s was removed.", name=gone.name))


async def translate(visit: Visit) -> Response:
    """What the API said of a question, in the visitor's language: for the page's script."""
    said = visit.translator.problem
    return visit.json({name: said(visit.query(name)[:5000]) for name in ("message", "hint")})


async def forget(visit: Visit) -> Response:
    await run_in_threadpool(history.forget, visit.context.changes, visit.principal)
    return visit.redirect("/sql", notice=visit._("Your history was cleared."))


async def _page(
    visit: Visit,
    sql: str,
    *,
    held: Kept | None = None,
    form: AskForm | None = None,
    answer: Rows | None = None,
    plan: str = "",
    problem: Problem | None = None,
    status: int = 200,
) -> Response:
    kept, asked = await run_in_threadpool(_lists, visit)
    return visit.render(
        "sql/page.html",
        status,
        sql=sql,
        held=held,
        answer=answer,
        plan=plan,
        parameters=declared(sql),
        values=form.values if form else {},
        chosen=form or AskForm(),
        most=visit.context.settings,
        problem=problem,
        kept=[_kept(visit, each) for each in kept],
        asked=asked,
        examples=[(visit._(name), text) for name, text in EXAMPLES],
    )


def _lists(visit: Visit) -> tuple[Sequence[Saved], Sequence[Asked]]:
    changes, by = visit.context.changes, visit.principal
    return saved.listed(changes, by), history.asked(changes, by, count=_SHOWN_ASKED)


async def _run(visit: Visit, work: Any, *arguments: Any, **named: Any) -> Saved:
    done: Saved = await run_in_threadpool(
        work, visit.context.changes, visit.principal, *arguments, **named
    )
    return done


async def _asked(visit: Visit, asked_id: str) -> str:
    found = await run_in_threadpool(
        history.asked, visit.context.changes, visit.principal, count=1000
    )
    for each in found:
        if each.id == asked_id:
            return each.sql
    raise NotFoundError("This question is no longer in your history.")


async def _answer(visit: Visit, form: AskForm) -> Rows:
    if not form.sql.strip():
        raise QueryError(visit._("Write a SELECT first."))
    meant = await _meant(visit, form.sql)
    put = "" if not form.explain or _IS_EXPLAIN.match(meant.sql) else "EXPLAIN "
    asked = form.question(put + meant.sql, visit.principal.workspace_id, Format.JSON, _SHOWN_ROWS)
    try:
        async with visit.context.warehouse.query(asked) as response:
            return msgspec.json.decode(await response.aread(), type=Rows)
    except msgspec.DecodeError as error:
        raise BadRequestError("The answer cannot be shown.") from error
    except QueryError as error:
        if error.position is not None:
            error.position = meant.place(max(0, error.position - len(put)))
        raise


async def _meant(visit: Visit, sql: str) -> Rewritten:
    """A question with the workspace's metrics and dimensions put in."""
    return await run_in_threadpool(keeping.question, visit.context.changes, visit.principal, sql)


def _with_place(visit: Visit, error: QueryError, sql: str) -> Problem:
    """The problem, saying where in the text it is."""
    problem = visit.problem(error)
    if error.position is None:
        return problem
    before = sql[: error.position]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    place = visit._("Line %(line)s, column %(column)s", line=line, column=column)
    return msgspec.structs.replace(problem, hint=f"{place}. {problem.hint}".strip())


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text or 0)
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None


def _kept(visit: Visit, held: Saved) -> Kept:
    return Kept(
        held.id,
        held.name,
        held.description,
        held.sql,
        held.updated_at,
        held.updated_by_name,
        saved.may_change(visit.principal, held),
        held.chart,
    )


async def _passed_on(stack: AsyncExitStack, response: httpx.Response) -> AsyncIterator[bytes]:
    async with stack:
        async for piece in response.aiter_raw():
            yield piece


PAGES = (
    Page("GET", "/sql", ACCESS, show),
    Page("POST", "/sql", ACCESS, ask),
    Page("GET", "/sql/problem", ACCESS, translate),
    Page("POST", "/sql/download", ACCESS, download),
    Page("POST", "/sql/save", ACCESS, save),
    Page("POST", "/sql/remove", ACCESS, remove),
    Page("POST", "/sql/forget", ACCESS, forget),
)
