"""/what-if: changes to what governs, tried together on events before they are made."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.configuration.folder import parsed, text_of
from headwater.errors import BadRequestError, HeadwaterError, InvalidError
from headwater.web.frame import Page, Visit
from headwater.web.governed import sources_by_id
from headwater.web.navigation import N_, WHAT_IF
from headwater.web.trying import COUNTS, EFFECTS
from headwater.whatif.asked import Asked, Events
from headwater.whatif.proposal import GoverningItem, Proposal, RemovedItem
from headwater.whatif.running import Run

KINDS: Final = {
    "cleaning-rule": (N_("Cleaning rule"), "filter", "/rules/"),
    "tracking-plan": (N_("Tracking plan"), "shield", "/tracking-plans/"),
    "transformation": (N_("Transformation"), "edit", "/transformations/"),
    "function": (N_("Function"), "terminal", "/functions/"),
    "schema": (N_("Source schema"), "source", "/sources/"),
}
"""What the page lets one change, its icon, and where its own page is."""

SAMPLES: Final = 50
EVERY: Final = (1, 10, 100)
_WAIT: Final = 8.0
_ACTS: Final = ("on", "off", "removed")


class WhatIfForm(msgspec.Struct, kw_only=True):
    """What is asked: `act` has `ACT|KIND|KEY` for what is switched or removed."""

    act: list[str] = []
    documents: str = ""
    source: str = ""
    count: int = COUNTS[1]
    since: str = ""
    until: str = ""
    every: int = 1
    event: str = ""


async def index(visit: Visit) -> Response:
    """The form: prefilled for one thing (`kind` and `id`, and what to do with it as `act`)."""
    items = await _items(visit)
    form = WhatIfForm(source=visit.query("source"))
    chosen = _chosen(items, visit.query("kind"), visit.query("id"))
    if chosen is not None:
        _prefill(form, chosen, visit.query("act"))
    return await _form_page(visit, items, form, chosen=chosen)


async def ask(visit: Visit) -> Response:
    form = await visit.form(WhatIfForm)
    items = await _items(visit)
    try:
        asked = _asked(form, items)
        context = visit.context
        sources = await sources_by_id(visit)
        supposition = await run_in_threadpool(
            context.rehearsing.suppose, visit.principal, asked.proposal
        )
        what_if = context.backends.what_if
        run = await what_if.begin(visit.principal, list(sources.values()), asked, supposition)
        run = await what_if.runs.wait(run, _WAIT)
    except HeadwaterError as error:
        return await _form_page(visit, items, form, error=error)
    return visit.redirect(f"/what-if/{run.id}")


async def show(visit: Visit) -> Response:
    run = visit.context.backends.what_if.runs.run(
        visit.principal.workspace_id, visit.path("run_id")
    )
    known = await sources_by_id(visit)
    return visit.render(
        "what_if/run.html",
        run=run,
        kinds=KINDS,
        effects=EFFECTS,
        names={key: source.name for key, source in known.items()},
        outcomes=_outcomes(run),
        seconds=((run.ended_at or visit.context.clock.now()) - run.started_at) / 1_000_000,
    )


async def end(visit: Visit) -> Response:
    """Cancel what is under way; forget what is over."""
    visit.context.backends.what_if.runs.end(visit.principal.workspace_id, visit.path("run_id"))
    return visit.redirect("/what-if")


async def _items(visit: Visit) -> list[GoverningItem]:
    found = await run_in_threadpool(visit.context.rehearsing.items, visit.principal)
    return [each for each in found if each.kind in KINDS]


async def _form_page(
    visit: Visit,
    items: Sequence[GoverningItem],
    form: WhatIfForm,
    *,
    chosen: GoverningItem | None = None,
    error: HeadwaterError | None = None,
) -> Response:
    known = await sources_by_id(visit)
    return visit.render(
        "what_if/form.html",
        200 if error is None else error.status,
        items=[each for each in items if each.kind != "schema"],
        schemas=[each for each in items if each.kind == "schema"],
        chosen=chosen,
        form=form,
        kinds=KINDS,
        sources=list(known.values()),
        counts=COUNTS,
        every=EVERY,
        runs=visit.context.backends.what_if.runs.all(visit.principal.workspace_id)[:10],
        effects=EFFECTS,
        problem=None if error is None else visit.problem(error),
    )


def _chosen(items: Sequence[GoverningItem], kind: str, name: str) -> GoverningItem | None:
    for each in items:
        if each.kind == kind and name in (each.id, each.key):
            return each
    return None


def _prefill(form: WhatIfForm, chosen: GoverningItem, act: str) -> None:
    """What is asked of one thing: to be the other way than it is, unless something is said."""
    is_on = chosen.document.get("enabled")
    if act not in (*_ACTS, "edited"):
        act = "edited" if is_on is None else "off" if is_on else "on"
    if act == "edited":
        form.documents = text_of(chosen.kind, chosen.document)
    else:
        form.act.append(f"{act}|{chosen.kind}|{chosen.key}")


def _asked(form: WhatIfForm, items: Sequence[GoverningItem]) -> Asked:
    """Raises BadRequestError, which names the field."""
    documents = list(_documents(form.documents))
    removed: list[RemovedItem] = []
    for each in filter(None, form.act):
        act, kind, key = [*each.split("|", 2), "", ""][:3]
        item = _chosen(items, kind, key)
        if act not in _ACTS or item is None:
            raise InvalidError(f"act: there is no {kind} {key!r} any more.", field="act")
        if act == "removed":
            removed.append(RemovedItem(kind, key))
        else:
            documents.append({"kind": kind, **item.document, "enabled": act == "on"})
    if not documents and not removed:
        raise InvalidError(
            "documents: nothing would be different.",
            field="documents",
            hint="Switch or remove something, or write what is new or changed.",
        )
    return Asked(Proposal(documents, removed), _events(form), SAMPLES)


def _documents(text: str) -> Sequence[dict[str, Any]]:
    if not text.strip():
        return []
    try:
        found = parsed(text)
    except ValueError as error:
        raise InvalidError(f"documents: is not YAML: {error}.", field="documents") from None
    if not all(isinstance(each, dict) for each in found):
        raise InvalidError("documents: each must have members, kind among them.", field="documents")
    return found


def _events(form: WhatIfForm) -> Events:
    count = form.count if form.count in COUNTS else COUNTS[1]
    every = form.every if form.every in EVERY else 1
    if form.event.strip():
        return Events(form.source, given=_given(form.event))
    if form.since or form.until:
        return Events(form.source, since=form.since or None, until=form.until or None, every=every)
    return Events(form.source, last=count)


def _given(text: str) -> list[dict[str, Any]]:
    """One event, or an array of them."""
    try:
        said = msgspec.json.decode(text, type=dict[str, Any] | list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError):
        raise BadRequestError("event: is not a JSON object.") from None
    return said if isinstance(said, list) else [said]


def _outcomes(run: Run) -> list[tuple[str, str, int, int]]:
    """What becomes of events, before and after, with the reason where there is one."""
    if run.result is None:
        return []
    before, after = run.result.summary.before, run.result.summary.after
    rows = [
        ("accepted", "", before.accepted, after.accepted),
        ("duplicates", "", before.duplicates, after.duplicates),
    ]
    rows += _by_reason("quarantined", before.quarantined, after.quarantined)
    rows += _by_reason("dropped", before.dropped, after.dropped)
    return [row for row in rows if row[2] or row[3]]


def _by_reason(
    outcome: str, before: Mapping[str, int], after: Mapping[str, int]
) -> list[tuple[str, str, int, int]]:
    return [
        (outcome, reason, before.get(reason, 0), after.get(reason, 0))
        for reason in sorted({*before, *after})
    ]


PAGES: Final = (
    Page("GET", "/what-if", WHAT_IF, index),
    Page("POST", "/what-if", WHAT_IF, ask),
    Page("GET", "/what-if/{run_id}", WHAT_IF, show),
    Page("POST", "/what-if/{run_id}/end", WHAT_IF, end),
)
