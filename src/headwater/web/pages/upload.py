"""/sources/{id}/uploads/{id}: an uploaded file: what it is, what its rows are to be, its import."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, get_args
from zoneinfo import available_timezones

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import BadRequestError, HeadwaterError
from headwater.imports.model import FORMATS, FileRules
from headwater.uploads.choices import mapping_of
from headwater.uploads.model import Choices, ColumnChoice, Found, Kind, State, Tried, Upload
from headwater.web.frame import Page, Visit
from headwater.web.live_events import may_see_people
from headwater.web.navigation import N_
from headwater.web.pages.source import source_of
from headwater.workspaces.model import Source

_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)
MOST_COLUMNS: Final = 300
"""Columns that the form has; those after them stay as they are proposed."""

ROLES: Final = (
    ("property", N_("Property")),
    ("trait", N_("Trait of the user")),
    ("userId", N_("User id")),
    ("anonymousId", N_("Anonymous id")),
    ("event", N_("Name of the event")),
    ("timestamp", N_("Time of the event")),
    ("groupId", N_("Group id")),
    ("messageId", N_("Message id")),
    ("name", N_("Name of the page")),
    ("skip", N_("Left out")),
)
KINDS: Final = (
    ("text", N_("Text")),
    ("integer", N_("Whole number")),
    ("number", N_("Number")),
    ("comma", N_("Number, 1.234,5")),
    ("boolean", N_("Yes or no")),
    ("time", N_("Time")),
    ("seconds", N_("Seconds since 1970")),
    ("milliseconds", N_("Milliseconds since 1970")),
    ("json", N_("JSON")),
)
TYPES: Final = (
    ("track", N_("Something that was done (track)")),
    ("identify", N_("Who somebody is (identify)")),
    ("page", N_("A page that was seen (page)")),
    ("screen", N_("A screen that was seen (screen)")),
    ("group", N_("What an organization is (group)")),
)
ENCODINGS: Final = (
    *("utf-8", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be", "shift_jis", "euc_kr"),
    *("cp1252", "cp1251", "latin-1"),
)


class ReadingForm(msgspec.Struct):
    """How the file is to be read; what is empty is found out."""

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    member: str = ""
    sheet: str = ""
    rows: str = ""


class MappingForm(msgspec.Struct):
    """What the rows are to be: of each column, in the file's order, its part."""

    as_sent: bool = False
    type: str = "track"
    event: str = ""
    anonymous: str = ""
    role: list[str] = []
    name: list[str] = []
    kind: list[str] = []
    format: list[str] = []
    zone: list[str] = []
    do: str = ""


async def show(visit: Visit) -> Response:
    upload = await _upload(visit)
    return await _page(visit, upload)


async def read(visit: Visit) -> Response:
    """Look at the file anew, as the form says that it is written."""
    upload = await _upload(visit)
    form = await visit.form(ReadingForm)
    try:
        rules = _rules(form)
        await visit.context.backends.uploads.found(upload, rules)
    except HeadwaterError as error:
        problem = visit.problem(error)
        return await _page(visit, upload, status=problem.status, problem=problem, reading=form)
    return visit.redirect(_here(upload))


async def choose(visit: Visit) -> Response:
    """Keep what the form says; then show the events, or import."""
    upload = await _upload(visit)
    form = await visit.form(MappingForm)
    uploads = visit.context.backends.uploads
    try:
        upload = await uploads.choose(upload, _choices(form, upload.choices or Choices()))
        if form.do == "import":
            mapping = mapping_of(upload.choices or Choices(), upload.file_rules)
            await uploads.begin(visit.principal, upload, mapping)
            return visit.redirect(_here(upload))
    except HeadwaterError as error:
        problem = visit.problem(error)
        return await _page(visit, upload, status=problem.status, problem=problem)
    return visit.redirect(f"{_here(upload)}#events")


async def cancel(visit: Visit) -> Response:
    upload = await _upload(visit)
    await visit.context.backends.uploads.cancel(visit.principal, upload)
    return visit.redirect(_here(upload), notice=visit._("Stopped. What was accepted stays."))


async def delete(visit: Visit) -> Response:
    upload = await _upload(visit)
    await visit.context.backends.uploads.delete(visit.principal, upload)
    return visit.redirect(
        f"/sources/{upload.source_id}/imports", notice=visit._("The file is deleted.")
    )


async def _upload(visit: Visit) -> Upload:
    return await visit.context.backends.uploads.one(
        visit.principal, visit.path("source_id"), visit.path("upload_id")
    )


def _here(upload: Upload) -> str:
    return f"/sources/{upload.source_id}/uploads/{upload.id}"


async def _page(visit: Visit, upload: Upload, *, status: int = 200, **values: Any) -> Response:
    source = await source_of(visit)
    uploads = visit.context.backends.uploads
    may_look = upload.by == visit.principal.actor or _sees(visit, source, upload)
    found: Found | None = None
    tried: Tried | None = None
    is_open = upload.state in (State.READY, State.CANCELLED, State.FAILED)
    if is_open and may_look:
        found, tried, problem = await _looked(visit, upload)
        upload = await run_in_threadpool(uploads.folder.one, upload.id)
        if problem is not None and values.get("problem") is None:
            values["problem"] = visit.problem(problem)
    choices = upload.choices or Choices()
    return visit.render(
        "source/upload.html",
        status,
        source=source,
        upload=await run_in_threadpool(uploads.shown, visit.principal, upload),
        is_open=is_open,
        may_look=may_look,
        found=found,
        tried=tried,
        rules=upload.file_rules,
        choices=choices,
        shown_columns=choices.columns[:MOST_COLUMNS],
        columns={each.name: each for each in found.columns} if found else {},
        formats=[(each, each.upper()) for each in FORMATS],
        encodings=[(each, each.upper()) for each in ENCODINGS],
        members=[(each, each) for each in found.members] if found else [],
        sheets=[(each, each) for each in found.sheets] if found else [],
        roles=[(value, visit._(text)) for value, text in ROLES],
        kinds=[(value, visit._(text)) for value, text in KINDS],
        types=[(value, visit._(text)) for value, text in TYPES],
        zones=_zones(),
        **{"reading": None, **values},
    )


def _sees(visit: Visit, source: Source, upload: Upload) -> bool:
    """Whether somebody else's file is shown; that it was is put down."""
    sees = may_see_people(visit, source)
    if sees:
        visit.context.changes.record_read(visit.principal, "upload", upload.id)
    return sees


async def _looked(
    visit: Visit, upload: Upload
) -> tuple[Found | None, Tried | None, HeadwaterError | None]:
    """What the file is and what it becomes, and why one of both cannot be told."""
    uploads = visit.context.backends.uploads
    found: Found | None = None
    try:
        found = await uploads.found(upload)
        if not found.format:
            return found, None, None
        now = await run_in_threadpool(uploads.folder.one, upload.id)
        mapping = mapping_of(now.choices or found.choices, now.file_rules)
        return found, await uploads.tried(now, mapping), None
    except HeadwaterError as error:
        return found, None, error


def _rules(form: ReadingForm) -> FileRules:
    given = {name: value.strip() for name, value in msgspec.structs.asdict(form).items()}
    given["delimiter"] = {"tab": "\t", "\\t": "\t"}.get(given["delimiter"], given["delimiter"])
    try:
        return msgspec.convert({n: v for n, v in given.items() if v}, FileRules)
    except msgspec.ValidationError as error:
        raise BadRequestError(f"The file cannot be read so: {error}.") from None


def _choices(form: MappingForm, known: Choices) -> Choices:
    """The form's choices over the known ones. Raises BadRequestError."""
    if form.as_sent:
        return msgspec.structs.replace(known, as_sent=True)
    lists = (form.role, form.name, form.kind, form.format, form.zone)
    count = min(len(known.columns), MOST_COLUMNS)
    if any(len(each) != count for each in lists):
        raise BadRequestError("The form is of another file.", hint="Open the page anew.")
    changed = [
        ColumnChoice(
            column=column.column,
            role=role,
            name=name.strip()[:1000],
            kind=_kind(kind),
            format=pattern.strip()[:100],
            zone=zone.strip()[:100] or "UTC",
        )
        for column, role, name, kind, pattern, zone in zip(known.columns, *lists, strict=False)
    ]
    if form.type not in dict(TYPES):
        raise BadRequestError(f"type: there is no type of event {form.type!r}.")
    return Choices(
        type=form.type,  # type: ignore[arg-type]
        event=form.event[:500],
        anonymous=form.anonymous[:500],
        columns=[*changed, *known.columns[count:]],
    )


def _kind(text: str) -> Kind:
    if text not in get_args(Kind):
        raise BadRequestError(f"There is no type {text!r}.")
    return text  # type: ignore[return-value]


@lru_cache(1)
def _zones() -> Sequence[str]:
    return sorted(each for each in available_timezones() if "/" in each or each == "UTC")


_ONE: Final = "/sources/{source_id}/uploads/{upload_id}"

PAGES = (
    Page("GET", _ONE, _CHANGE, show),
    Page("POST", _ONE + "/read", _CHANGE, read),
    Page("POST", _ONE + "/map", _CHANGE, choose),
    Page("POST", _ONE + "/cancel", _CHANGE, cancel),
    Page("POST", _ONE + "/delete", _CHANGE, delete),
)
