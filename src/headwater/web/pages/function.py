"""/functions/{id}: a function's code with its trial, connections, versions, runs and settings."""

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, HeadwaterError
from headwater.functions import changing, connecting, runs
from headwater.functions.changing import Wanted
from headwater.functions.checking import check
from headwater.functions.model import Function, Setting, SettingType
from headwater.web.frame import Page, Visit
from headwater.web.function_looks import LOOKS, state_of
from headwater.web.navigation import WHAT_IF
from headwater.workspaces.model import Source, SourceType

_READ: Final = OnSome(Permission.FUNCTION_READ)
_ADMIN: Final = OnSome(Permission.FUNCTION_ADMIN)
_DAY: Final = 86_400_000_000
_SHOWN: Final = 50


class Saved(msgspec.Struct):
    """The code of the editor, and whether it is to run at once."""

    code: str = ""
    then: str = ""


class Described(msgspec.Struct):
    """What a function is called and what it asks for, a setting a row."""

    name: str = ""
    description: str = ""
    setting_name: list[str] = []
    setting_label: list[str] = []
    setting_type: list[str] = []
    setting_required: list[str] = []
    setting_sensitive: list[str] = []


class Restored(msgspec.Struct):
    version: str = ""


async def editor(visit: Visit) -> Response:
    return await _editor(visit, await _function(visit))


async def _editor(
    visit: Visit, found: Function, code: str | None = None, error: HeadwaterError | None = None
) -> Response:
    changes, by = visit.context.changes, visit.principal
    known = await run_in_threadpool(sources.listed, changes, by)
    connected = await run_in_threadpool(connecting.listed, changes, by, found.id)
    words = {
        "unchanged": visit._("Unchanged"),
        "changed": visit._("Changed"),
        "made": visit._("Made"),
        "dropped": visit._("Dropped"),
        "failed": visit._("Failed"),
        "loads": visit._("The code does not load"),
        "line": visit._("line {line}"),
        "none": visit._("The source has sent nothing lately."),
        "running": visit._("Running…"),
        "json": visit._("This is not JSON."),
        "logged": visit._("Logged"),
        "before": visit._("Given"),
        "after": visit._("Result"),
    }
    return visit.render(
        "functions/editor.html",
        200 if error is None else error.status,
        code=found.code if code is None else code,
        problem=None if error is None else visit.problem(error),
        sources=known,
        connections=connected,
        slugs={each.id: each.name for each in known},
        sample=LOOKS[found.resource_type].sample,
        words=words,
        **_common(visit, found),
    )


async def save(visit: Visit) -> Response:
    form = await visit.form(Saved)
    found = await _function(visit)
    code = form.code.replace("\r\n", "\n")
    try:
        after = await run_in_threadpool(
            changing.change,
            visit.context.changes,
            visit.principal,
            found.id,
            Wanted(code=code),
            check,
        )
        if form.then == "deploy":
            await run_in_threadpool(
                changing.deploy, visit.context.changes, visit.principal, found.id, check
            )
    except HeadwaterError as error:
        return await _editor(visit, found, code, error)
    if form.then == "deploy":
        notice = visit._("The newest version runs from now on.")
    elif after.version_id == found.version_id:
        notice = visit._("Nothing was changed.")
    else:
        notice = visit._("A new version is kept. It runs once it is deployed.")
    return visit.redirect(f"/functions/{found.id}", notice=notice)


async def connections(visit: Visit) -> Response:
    return await _connections(visit, await _function(visit))


async def _connections(
    visit: Visit,
    found: Function,
    error: HeadwaterError | None = None,
    given: Mapping[str, Any] | None = None,
) -> Response:
    changes, by = visit.context.changes, visit.principal
    held = await run_in_threadpool(connecting.listed, changes, by, found.id)
    known = await run_in_threadpool(sources.listed, changes, by)
    vault = visit.context.vault
    taken = {each.source_id for each in held}
    return visit.render(
        "functions/connections.html",
        200 if error is None else error.status,
        instances=held,
        values={each.id: {**each.settings, **connecting.masked(each, vault)} for each in held},
        sources={each.id: each for each in known},
        free=[each for each in known if each.id not in taken and _fits(found, each)],
        needs_destination=found.resource_type.needs_destination,
        is_source=found.resource_type.value == "SOURCE",
        given=given or {},
        problem=None if error is None else visit.problem(error),
        text_of=_text_of,
        **_common(visit, found),
    )


def _fits(function: Function, source: Source) -> bool:
    is_webhook = source.type is SourceType.WEBHOOK
    return is_webhook if function.resource_type.value == "SOURCE" else True


async def connect(visit: Visit) -> Response:
    """Make a connection, or change the one that the form names."""
    found = await _function(visit)
    async with visit.request.form(max_fields=500) as sent:
        given = {name: str(value) for name, value in sent.items()}
    try:
        settings = {
            each.name: _value_of(each, given.get(f"setting-{each.name}", ""))
            for each in found.settings
        }
        wanted = connecting.Wanted(enabled="enabled" in given, settings=settings)
        changes, by, vault = visit.context.changes, visit.principal, visit.context.vault
        if instance := given.get("instance"):
            await run_in_threadpool(connecting.change, changes, by, vault, instance, wanted)
        else:
            source = given.get("source", "")
            await run_in_threadpool(connecting.create, changes, by, vault, found.id, source, wanted)
    except HeadwaterError as error:
        return await _connections(visit, found, error, given)
    return visit.redirect(
        f"/functions/{found.id}/connections", notice=visit._("The connection is kept.")
    )


async def disconnect(visit: Visit) -> Response:
    found, instance = await _function(visit), visit.path("instance_id")
    await run_in_threadpool(connecting.remove, visit.context.changes, visit.principal, instance)
    return visit.redirect(
        f"/functions/{found.id}/connections", notice=visit._("It is disconnected.")
    )


async def versions(visit: Visit) -> Response:
    found = await _function(visit)
    held = await run_in_threadpool(
        changing.versions, visit.context.changes, visit.principal, found.id
    )
    return visit.render("functions/versions.html", versions=held, **_common(visit, found))


async def restore(visit: Visit) -> Response:
    found, form = await _function(visit), await visit.form(Restored)
    await run_in_threadpool(
        changing.restore, visit.context.changes, visit.principal, found.id, form.version
    )
    return visit.redirect(
        f"/functions/{found.id}", notice=visit._("The older code is the newest version now.")
    )


async def history(visit: Visit) -> Response:
    found, folder = await _function(visit), visit.context.settings.data_dir
    noted = visit.query("noted") == "1"
    before = visit.query("before")
    number = int(before) if before.isdecimal() and len(before) < 18 else 0
    done = await run_in_threadpool(
        lambda: runs.runs(folder, found.id, count=_SHOWN, before=number, noted=noted)
    )
    since = visit.context.clock.now() - _DAY
    spans = await run_in_threadpool(runs.spans, folder, found.id, since)
    known = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    return visit.render(
        "functions/runs.html",
        runs=done,
        spans=spans,
        noted=noted,
        older=done[-1].id if len(done) == _SHOWN else 0,
        sees_people=visit.may(Permission.PII_READ),
        names={each.id: each.name for each in known},
        **_common(visit, found),
    )


async def about(visit: Visit) -> Response:
    return _about(visit, await _function(visit))


def _about(visit: Visit, found: Function, error: HeadwaterError | None = None) -> Response:
    return visit.render(
        "functions/settings.html",
        200 if error is None else error.status,
        types=[each.value for each in SettingType],
        rows=[*found.settings, *([Setting("a", "")] * 2)],
        problem=None if error is None else visit.problem(error),
        **_common(visit, found),
    )


async def describe(visit: Visit) -> Response:
    found, form = await _function(visit), await visit.form(Described)
    try:
        wanted = Wanted(form.name, None, form.description, None, _declared(form))
        await run_in_threadpool(
            changing.change, visit.context.changes, visit.principal, found.id, wanted, check
        )
    except HeadwaterError as error:
        return _about(visit, found, error)
    return visit.redirect(
        f"/functions/{found.id}/settings", notice=visit._("The changes are kept.")
    )


def _declared(form: Described) -> tuple[Setting, ...]:
    """The rows that have a name. Raises BadRequestError."""
    rows = zip(form.setting_name, form.setting_label, form.setting_type, strict=False)
    declared = [
        {
            "name": name.strip(),
            "label": label.strip(),
            "type": kind,
            "required": str(number) in form.setting_required,
            "sensitive": str(number) in form.setting_sensitive,
        }
        for number, (name, label, kind) in enumerate(rows)
        if name.strip()
    ]
    try:
        return msgspec.convert(declared, tuple[Setting, ...])
    except msgspec.ValidationError as error:
        raise BadRequestError(f"settings: {error}.") from None


async def remove(visit: Visit) -> Response:
    found = await _function(visit)
    try:
        await run_in_threadpool(changing.remove, visit.context.changes, visit.principal, found.id)
    except HeadwaterError as error:
        return _about(visit, found, error)
    return visit.redirect(
        "/functions", notice=visit._("%(name)s is removed.", name=found.display_name)
    )


async def _function(visit: Visit) -> Function:
    return await run_in_threadpool(
        changing.one, visit.context.changes, visit.principal, visit.path("function_id")
    )


def _common(visit: Visit, found: Function) -> dict[str, Any]:
    one = f"/functions/{found.id}"
    return {
        "function": found,
        "look": LOOKS[found.resource_type],
        "state": state_of(found),
        "may_change": visit.may(Permission.FUNCTION_ADMIN, changing.resource(found.id)),
        "one": one,
        "what_if": WHAT_IF,
        "tabs_of": [
            (one, visit._("Code")),
            (f"{one}/connections", visit._("Connections")),
            (f"{one}/versions", visit._("Versions")),
            (f"{one}/runs", visit._("Runs and logs")),
            (f"{one}/settings", visit._("Settings")),
        ],
    }


def _value_of(setting: Setting, text: str) -> Any:
    """The value that a field says; None for an empty one. Raises BadRequestError."""
    if setting.type is SettingType.BOOLEAN:
        return bool(text)
    if not text.strip():
        return None
    if setting.type is SettingType.STRING or "•" in text:
        return text
    if setting.type is SettingType.ARRAY:
        return [line.strip() for line in text.splitlines() if line.strip()]
    pairs = (line.partition("=") for line in text.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _text_of(value: Any) -> str:
    """A value as its field shows it: a line for each of several."""
    if isinstance(value, dict):
        return "\n".join(f"{name}={each}" for name, each in value.items())
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


_ONE: Final = "/functions/{function_id}"

PAGES = (
    Page("GET", _ONE, _READ, editor),
    Page("POST", f"{_ONE}/code", _ADMIN, save),
    Page("GET", f"{_ONE}/connections", _READ, connections),
    Page("POST", f"{_ONE}/connections", _ADMIN, connect),
    Page("POST", f"{_ONE}/connections/{{instance_id}}/remove", _ADMIN, disconnect),
    Page("GET", f"{_ONE}/versions", _READ, versions),
    Page("POST", f"{_ONE}/versions", _ADMIN, restore),
    Page("GET", f"{_ONE}/runs", _READ, history),
    Page("GET", f"{_ONE}/settings", _READ, about),
    Page("POST", f"{_ONE}/settings", _ADMIN, describe),
    Page("POST", f"{_ONE}/remove", _ADMIN, remove),
)
