"""/sources/{id}: one source: how it does, its keys and origins, its settings, its end."""

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import labels, sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, ConflictError, UnavailableError
from headwater.schemas.model import EventSeen
from headwater.web.figures import volumes_of
from headwater.web.frame import Page, Visit
from headwater.web.install import Place, filled, languages_for
from headwater.web.periods import PERIODS, bars, period_named
from headwater.web.source_health import health
from headwater.workspaces import key_use
from headwater.workspaces.model import Label, Source

_READ = OnSome(Permission.SOURCE_READ)
_CHANGE = OnSome(Permission.SOURCE_ADMIN)
_MOST_EVENTS = 8


class Origins(msgspec.Struct):
    """The form of the allowed origins, one a line."""

    origins: str = ""


class Key(msgspec.Struct):
    """A write key to take away."""

    key: str


class SourceSettings(msgspec.Struct):
    """The form of a source's settings. A box that is not ticked is not sent."""

    name: str
    enabled: bool = False


class Labels(msgspec.Struct):
    """The labels that are ticked, each as `key:value`."""

    labels: list[str] = []


class Deletion(msgspec.Struct):
    """What is typed to confirm that a source is to go: its name."""

    typed: str = ""


async def source_of(visit: Visit) -> Source:
    """The source of the page's path. Raises NotFoundError."""
    return await run_in_threadpool(
        sources.one, visit.context.changes, visit.principal, visit.path("source_id")
    )


def may_change(visit: Visit, source: Source) -> bool:
    return visit.principal.may(Permission.SOURCE_ADMIN, sources.resource(source))


def ways(visit: Visit, source: Source) -> dict[str, Any]:
    """What the template of the installation takes: each language's code, and the one chosen."""
    shows_keys = sources.may_see_keys(visit.principal, source)
    key = source.write_keys[-1] if shows_keys else "WRITE_KEY"
    place = Place(visit.url, source, key)
    found = [filled(each, place) for each in languages_for(source.type)]
    wanted = visit.query("language")
    chosen = next((each.id for each in found if each.id == wanted), found[0].id)
    return {
        "offers": found,
        "offer": chosen,
        "shows_keys": shows_keys,
        "write_key": key,
        "speaks_https": visit.url.startswith("https:"),
    }


async def show(visit: Visit) -> Response:
    """How the source does, what it sent, and how to send more."""
    source = await source_of(visit)
    period = period_named(visit.query("period"))
    figures = await volumes_of(visit, [source], hours=period.hours)
    volume = figures.by_id.get(source.id)
    now = visit.context.clock.now()
    return visit.render(
        "source/overview.html",
        source=source,
        may_change=may_change(visit, source),
        may_be_welcomed=visit.may(Permission.SOURCE_ADMIN),
        volume=volume,
        figures=figures,
        health=health(source, volume),
        period=period,
        periods=PERIODS,
        bars=bars(volume.sparkline, period, now, visit.zone) if volume else [],
        events=(await _events(visit, source))[:_MOST_EVENTS] if volume and volume.total else [],
        **ways(visit, source),
    )


async def _events(visit: Visit, source: Source) -> list[EventSeen]:
    try:
        schemas = visit.context.backends.schemas
        return list(await schemas.events(visit.principal.workspace_id, source.slug))
    except UnavailableError:
        return []


async def keys(visit: Visit) -> Response:
    return await _keys(visit, await source_of(visit))


async def _keys(visit: Visit, source: Source, *, status: int = 200, **values: object) -> Response:
    used = await run_in_threadpool(key_use.read, visit.context.settings.data_dir)
    return visit.render(
        "source/keys.html",
        status,
        source=source,
        may_change=may_change(visit, source),
        used=used,
        figures=await volumes_of(visit, [source]),
        origins=values.pop("origins", "\n".join(source.allowed_origins)),
        **ways(visit, source),
        **values,
    )


async def add_key(visit: Visit) -> Response:
    source_id = visit.path("source_id")
    await run_in_threadpool(
        sources.add_write_key, visit.context.changes, visit.principal, source_id
    )
    return visit.redirect(
        f"/sources/{source_id}/keys",
        notice=visit._("The new key works. The others do too, until you revoke them."),
    )


async def revoke_key(visit: Visit) -> Response:
    source_id = visit.path("source_id")
    form = await visit.form(Key)
    try:
        await run_in_threadpool(
            sources.remove_write_key, visit.context.changes, visit.principal, source_id, form.key
        )
    except ConflictError as error:
        problem = visit.problem(error)
        source = await source_of(visit)
        return await _keys(visit, source, status=problem.status, problem=problem)
    return visit.redirect(
        f"/sources/{source_id}/keys",
        notice=visit._("The key is revoked: calls with it are refused from now on."),
    )


async def change_origins(visit: Visit) -> Response:
    source = await source_of(visit)
    form = await visit.form(Origins)
    listed = [line for line in form.origins.splitlines() if line.strip()]
    try:
        await run_in_threadpool(
            lambda: sources.update(
                visit.context.changes, visit.principal, source.id, allowed_origins=listed
            )
        )
    except BadRequestError as error:
        problem = msgspec.structs.replace(visit.problem(error), field="origins")
        return await _keys(
            visit, source, status=problem.status, problem=problem, origins=form.origins
        )
    notice = (
        visit._("Pages of these origins may send.") if listed else visit._("Every page may send.")
    )
    return visit.redirect(f"/sources/{source.id}/keys#allowed-origins", notice=notice)


async def settings(visit: Visit) -> Response:
    return await _settings(visit, await source_of(visit))


async def _settings(
    visit: Visit, source: Source, *, status: int = 200, **values: object
) -> Response:
    return visit.render(
        "source/settings.html",
        status,
        source=source,
        may_change=may_change(visit, source),
        volume=(await volumes_of(visit, [source])).by_id.get(source.id),
        labels=await _labels(visit),
        **values,
    )


async def _labels(visit: Visit) -> list[Label]:
    """The workspace's labels, for those who may put them on sources."""
    if not visit.may(Permission.WORKSPACE_ADMIN):
        return []
    found = await run_in_threadpool(labels.listed, visit.context.changes, visit.principal)
    return [each.label for each in found]


async def change_labels(visit: Visit) -> Response:
    form = await visit.form(Labels)
    wanted = [Label(key, value) for key, _, value in (each.partition(":") for each in form.labels)]
    source_id = visit.path("source_id")
    await run_in_threadpool(
        labels.replace_in_source, visit.context.changes, visit.principal, source_id, wanted
    )
    return visit.redirect(f"/sources/{source_id}/settings", notice=visit._("Saved."))


async def change_settings(visit: Visit) -> Response:
    source = await source_of(visit)
    form = await visit.form(SourceSettings)
    try:
        await run_in_threadpool(
            lambda: sources.update(
                visit.context.changes,
                visit.principal,
                source.id,
                name=form.name,
                enabled=form.enabled,
            )
        )
    except BadRequestError as error:
        problem = visit.problem(error)
        return await _settings(visit, source, status=problem.status, problem=problem)
    return visit.redirect(f"/sources/{source.id}/settings", notice=visit._("Saved."))


async def delete(visit: Visit) -> Response:
    """Remove the source; whoever does it has typed its name."""
    source = await source_of(visit)
    form = await visit.form(Deletion)
    if form.typed != source.name:
        error = BadRequestError("The name that was typed is not the source's name.")
        problem = visit.problem(error)
        return await _settings(visit, source, status=problem.status, problem=problem)
    await run_in_threadpool(sources.delete, visit.context.changes, visit.principal, source.id)
    return visit.redirect(
        "/sources",
        notice=visit._("%(name)s is deleted. Its events stay.", name=source.name),
    )


PAGES = (
    Page("GET", "/sources/{source_id}", _READ, show),
    Page("GET", "/sources/{source_id}/keys", _READ, keys),
    Page("POST", "/sources/{source_id}/keys", _CHANGE, add_key),
    Page("POST", "/sources/{source_id}/keys/revoke", _CHANGE, revoke_key),
    Page("POST", "/sources/{source_id}/keys/origins", _CHANGE, change_origins),
    Page("GET", "/sources/{source_id}/settings", _READ, settings),
    Page("POST", "/sources/{source_id}/settings", _CHANGE, change_settings),
    Page("POST", "/sources/{source_id}/labels", Permission.WORKSPACE_ADMIN, change_labels),
    Page("POST", "/sources/{source_id}/delete", _CHANGE, delete),
)
