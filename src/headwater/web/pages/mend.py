"""/quarantine/mend: all events of a reason mended at once, previewed, and sent on again."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, HeadwaterError
from headwater.quarantine.meanings import meaning_of
from headwater.quarantine.model import Preview, Selection
from headwater.search.masking import MASK
from headwater.web.frame import Page, Visit
from headwater.web.kept_aside import among, changeable, indented, said, seen_sources, selection_of
from headwater.web.live_events import may_see_people
from headwater.web.mending import FixForm, Row, fixes_of, rows_of, suggested
from headwater.workspaces.model import Source

_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)
_MOST_LINES: Final = 200


async def ask_mend(visit: Visit) -> Response:
    """The fixes that are worth a try, and what they would do."""
    every = changeable(visit, await seen_sources(visit))
    form = FixForm(
        reason=visit.query("reason"), source=visit.query("source"), event=visit.query("event")
    )
    wanted = _selected(visit, every, form)
    page = await visit.context.backends.quarantine.events(
        visit.principal.workspace_id, wanted, "", 1
    )
    field = page.events[0].field if page.events else None
    return await _mend_page(visit, every, form, suggested(form.reason, field))


async def mend(visit: Visit) -> Response:
    """Show what the fixes would do, or do it."""
    every = changeable(visit, await seen_sources(visit))
    form = await visit.form(FixForm)
    rows = rows_of(form)
    if form.act == "add":
        return await _mend_page(visit, every, form, [*rows, Row()])
    if form.act.startswith("drop-"):
        number = form.act.removeprefix("drop-")
        kept = [row for at, row in enumerate(rows) if str(at) != number]
        return await _mend_page(visit, every, form, kept or [Row()])
    if form.act != "replay":
        return await _mend_page(visit, every, form, rows)
    wanted = _selected(visit, every, form)
    try:
        await visit.context.backends.quarantine.replay(visit.principal, wanted, fixes_of(rows))
    except HeadwaterError as error:
        return await _mend_page(visit, every, form, rows, error)
    return visit.redirect(
        "/quarantine/runs", notice=visit._("The events are being sent on. You may leave this page.")
    )


def _selected(visit: Visit, every: Sequence[Source], form: FixForm) -> Selection:
    return selection_of(
        visit,
        every,
        reason=form.reason,
        source=form.source,
        event=form.event,
        to=Permission.SOURCE_ADMIN,
    )


async def _mend_page(
    visit: Visit,
    every: Sequence[Source],
    form: FixForm,
    rows: Sequence[Row],
    error: HeadwaterError | None = None,
) -> Response:
    wanted = _selected(visit, every, form)
    preview: Preview | None = None
    if error is None:
        try:
            preview = await visit.context.backends.quarantine.preview(
                visit.principal.workspace_id, wanted, fixes_of(rows), 10
            )
        except BadRequestError as refused:
            error = refused
    sees = all(may_see_people(visit, each) for each in among(every, wanted))
    return visit.render(
        "quarantine/mend.html",
        error.status if error else 200,
        form=form,
        rows=rows,
        preview=preview,
        examples=_examples(preview, sees=sees),
        meaning=said(visit, meaning_of(form.reason)),
        said=visit.translator.problem,
        source=next((each for each in every if form.source in (each.id, each.slug)), None),
        problem=visit.problem(error) if error else None,
    )


def _examples(preview: Preview | None, *, sees: bool) -> list[dict[str, Any]]:
    """The previewed events line by line, before and after, where they differ."""
    if preview is None:
        return []
    return [
        {
            "key": each.key,
            "verdict": each.verdict,
            "detail": each.detail if sees or not each.detail else MASK,
            "lines": _difference(each.before, each.after) if sees else [],
        }
        for each in preview.examples
    ]


def _difference(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of two JSON texts: ` ` in both, `-` only before, `+` only after. The comma that a
    line gets because another follows it is no difference."""
    old, new = indented(before).splitlines(), indented(after).splitlines()
    matcher = SequenceMatcher(None, _plain(old), _plain(new), autojunk=False)
    lines: list[tuple[str, str]] = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            lines += [(" ", line) for line in new[j1:j2]]
        else:
            lines += [("-", line) for line in old[i1:i2]]
            lines += [("+", line) for line in new[j1:j2]]
    return lines[:_MOST_LINES]


def _plain(lines: Sequence[str]) -> list[str]:
    return [line.rstrip(",") for line in lines[: 10 * _MOST_LINES]]


PAGES = (
    Page("GET", "/quarantine/mend", _CHANGE, ask_mend),
    Page("POST", "/quarantine/mend", _CHANGE, mend),
)
