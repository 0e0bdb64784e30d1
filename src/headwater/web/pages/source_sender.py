"""/sources/{id}/sender: who sends to a webhook source, and what its requests are signed by."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, NotFoundError
from headwater.web.frame import Page, Visit
from headwater.web.pages.source import may_change, source_of
from headwater.web.senders import SECRETS
from headwater.webhooks import sending
from headwater.webhooks.presets import PRESETS
from headwater.webhooks.presets.custom import PRESET as CUSTOM
from headwater.workspaces.model import Source, SourceType

_EXAMPLE: Final = """[[events]]
event = "{type}"
userId = "{customer.id}"
timestamp = "{created}"
properties = { total = "{total}" }
"""


class SenderForm(msgspec.Struct):
    """Who sends, and the secret; it is never shown again."""

    preset: str
    secret: str = ""
    mapping: str = ""
    sample: str = ""
    do: str = ""


async def show(visit: Visit) -> Response:
    return await _page(visit, await _source(visit))


async def put(visit: Visit) -> Response:
    source = await _source(visit)
    form = await visit.form(SenderForm)
    if form.do == "try":
        return await _tried(visit, source, form)
    context = visit.context
    try:
        await run_in_threadpool(
            sending.put,
            context.changes,
            visit.principal,
            context.vault,
            source.id,
            form.preset,
            form.secret,
            form.mapping if form.preset == CUSTOM.name else "",
        )
    except BadRequestError as error:
        problem = visit.problem(error)
        return await _page(
            visit, source, status=problem.status, problem=problem, wanted=form.preset, form=form
        )
    notice = visit._("From now on a request that is not signed with this secret is refused.")
    return visit.redirect(f"/sources/{source.id}/sender", notice=notice)


async def _tried(visit: Visit, source: Source, form: SenderForm) -> Response:
    """The page with the events that the sample would become."""
    kind = "application/xml" if form.sample.lstrip().startswith("<") else "application/json"
    if "=" in form.sample.partition("\n")[0] and form.sample.lstrip()[:1] not in ("{", "[", "<"):
        kind = "application/x-www-form-urlencoded"
    try:
        events = await run_in_threadpool(
            sending.try_mapping,
            visit.context.changes,
            visit.principal,
            source.id,
            form.mapping,
            kind,
            form.sample,
        )
    except BadRequestError as error:
        problem = visit.problem(error)
        return await _page(
            visit, source, status=problem.status, problem=problem, wanted=CUSTOM.name, form=form
        )
    return await _page(visit, source, wanted=CUSTOM.name, form=form, events=events)


async def remove(visit: Visit) -> Response:
    source = await _source(visit)
    await run_in_threadpool(sending.remove, visit.context.changes, visit.principal, source.id)
    return visit.redirect(f"/sources/{source.id}/sender", notice=visit._("No sender is set."))


async def _source(visit: Visit) -> Source:
    """The source of the path. Raises NotFoundError, also for one that is no webhook's."""
    source = await source_of(visit)
    if source.type is not SourceType.WEBHOOK:
        raise NotFoundError(f"The source {source.name!r} takes no webhooks.")
    return source


async def _page(
    visit: Visit,
    source: Source,
    *,
    status: int = 200,
    wanted: str = "",
    form: SenderForm | None = None,
    **values: object,
) -> Response:
    sender = await run_in_threadpool(
        sending.show, visit.context.changes, visit.principal, source.id
    )
    return visit.render(
        "source/sender.html",
        status,
        source=source,
        may_change=may_change(visit, source),
        sender=sender and PRESETS.get(sender.preset),
        wanted=wanted or (sender.preset if sender else ""),
        mapping=(form.mapping if form else sender.mapping if sender else "") or _EXAMPLE,
        sample=form.sample if form else "",
        presets=[(each, visit._(SECRETS[each.name])) for each in PRESETS.values()],
        **values,
    )


PAGES = (
    Page("GET", "/sources/{source_id}/sender", OnSome(Permission.SOURCE_READ), show),
    Page("POST", "/sources/{source_id}/sender", OnSome(Permission.SOURCE_ADMIN), put),
    Page("POST", "/sources/{source_id}/sender/remove", OnSome(Permission.SOURCE_ADMIN), remove),
)
