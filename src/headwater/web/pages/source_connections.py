"""/sources/{id}/connections: what the server reads for a source; connecting something more."""

from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.connections import changing
from headwater.connections.model import Connection, Form, Schedule
from headwater.errors import HeadwaterError, NotFoundError
from headwater.pulls.rest import ready
from headwater.web import connection_starts
from headwater.web.connection_forms import (
    KAFKA_PASSWORD,
    PASSWORD,
    DatabaseForm,
    KafkaForm,
    database_definition,
    kafka_definition,
)
from headwater.web.connection_looks import EVERY, looks
from headwater.web.frame import Page, Visit
from headwater.web.pages.source import may_change, source_of

_READ: Final = OnSome(Permission.SOURCE_READ)
_CHANGE: Final = OnSome(Permission.SOURCE_ADMIN)


class DefinitionForm(msgspec.Struct):
    """A definition, its secrets by name, and when it runs."""

    name: str = ""
    definition: str = ""
    form: Form = Form.TOML
    secret_name: list[str] = []
    secret_value: list[str] = []
    every: str = "3600"
    cron: str = ""
    zone: str = "UTC"
    do: str = ""

    @property
    def secrets(self) -> dict[str, str]:
        pairs = zip(self.secret_name, self.secret_value, strict=False)
        return {name: value for name, value in pairs if value}

    @property
    def schedule(self) -> Schedule:
        if self.every == "cron":
            return Schedule(cron=self.cron.strip(), zone=self.zone.strip() or "UTC")
        return Schedule(every_seconds=int(self.every) if self.every.isdecimal() else 0)

    @property
    def wanted(self) -> changing.Wanted:
        return changing.Wanted(self.name, self.definition, self.form, self.secrets, self.schedule)


async def index(visit: Visit) -> Response:
    source = await source_of(visit)
    found = await run_in_threadpool(
        changing.listed, visit.context.changes, visit.principal, source.id
    )
    shown = await run_in_threadpool(looks, visit.context.changes, found)
    return visit.render(
        "source/connections.html",
        source=source,
        may_change=may_change(visit, source),
        shown=shown,
        is_running=any(each.is_running for each in shown),
        applications=[(each.name, connection_starts.TITLES[each.name]) for each in ready.listed()],
    )


async def begin(visit: Visit) -> Response:
    """The form that begins with what is to be connected."""
    source = await source_of(visit)
    what = visit.path("what")
    if what == "database":
        return _asked(visit, source, "database", DatabaseForm())
    if what == "kafka":
        return _asked(visit, source, "kafka", KafkaForm())
    form = DefinitionForm(name=_named(what, source.name), form=Form.TOML)
    if what in connection_starts.TITLES:
        form.definition, form.form = ready.text_of(what), Form.YAML
    elif what in connection_starts.TEXTS:
        form.definition = connection_starts.TEXTS[what]
    else:
        raise NotFoundError(f"There is nothing called {what!r} to connect.")
    return await edited(visit, source, form)


def _asked(visit: Visit, source: Any, what: str, form: Any, **values: Any) -> Response:
    problem = values.get("problem")
    status = problem.status if problem else 200
    return visit.render(f"source/connect_{what}.html", status, source=source, form=form, **values)


async def fill(visit: Visit) -> Response:
    """From the form of a database or stream to its definition, for a last look."""
    source = await source_of(visit)
    what = visit.path("what")
    try:
        if what == "database":
            database = await visit.form(DatabaseForm)
            asked: Any = database
            text, secret = database_definition(database), (PASSWORD, database.password)
        elif what == "kafka":
            kafka = await visit.form(KafkaForm)
            asked = kafka
            text, secret = kafka_definition(kafka), (KAFKA_PASSWORD, kafka.password)
        else:
            raise NotFoundError(f"There is no form for {what!r}.")
    except HeadwaterError as error:
        if isinstance(error, NotFoundError):
            raise
        return _asked(visit, source, what, asked, problem=visit.problem(error))
    form = DefinitionForm(
        name=_named(what, source.name),
        definition=text,
        secret_name=[secret[0]],
        secret_value=[secret[1]],
    )
    return await edited(visit, source, form)


async def create(visit: Visit) -> Response:
    source = await source_of(visit)
    form = await visit.form(DefinitionForm)
    if form.do != "save":
        return await edited(visit, source, form, tries=form.do == "try")
    try:
        made = await run_in_threadpool(
            changing.create,
            visit.context.changes,
            visit.principal,
            visit.context.vault,
            source.id,
            form.wanted,
        )
    except HeadwaterError as error:
        return await edited(visit, source, form, problem=visit.problem(error))
    visit.context.backends.connections.wake()
    return visit.redirect(
        f"/sources/{source.id}/connections/{made.id}",
        notice=visit._("Connected. The first run has begun."),
    )


async def edited(
    visit: Visit,
    source: Any,
    form: DefinitionForm,
    *,
    kept: Connection | None = None,
    problem: Any = None,
    tries: bool = False,
) -> Response:
    """The page of a definition: with fields for the secrets that it names, and, where it was
    tried, the events of the first rows."""
    kind, names, events = kept.kind if kept else "", list[str](), None
    try:
        kind, found = changing.checked(form.definition, form.form)
        names = list(found)
        if tries:
            events = await _tried(visit, source.id, form, kept)
    except HeadwaterError as error:
        if problem is None:
            problem = visit.problem(error)
    return visit.render(
        "source/connection_edit.html",
        problem.status if problem else 200,
        source=source,
        connection=kept,
        form=form,
        kind=kind,
        secrets=[(name, form.secrets.get(name, ""), _is_kept(kept, name)) for name in names],
        every=EVERY,
        zone_now=str(visit.zone),
        events=events,
        problem=problem,
    )


def _is_kept(kept: Connection | None, name: str) -> bool:
    return kept is not None and name in kept.secret_names


async def _tried(
    visit: Visit, source_id: str, form: DefinitionForm, kept: Connection | None
) -> list[Any]:
    secrets = form.secrets
    if kept is not None:
        secrets = {**changing.secrets_of(visit.context.vault, kept), **secrets}
    connections = visit.context.backends.connections
    task = connections.trial(source_id, form.definition, form.form, secrets)
    events = await connections.try_out(task)
    visit.context.changes.record_read(visit.principal, "connection preview", source_id)
    return [msgspec.json.decode(each) for each in events]


def _named(what: str, source: str) -> str:
    title = connection_starts.TITLES.get(what) or connection_starts.KINDS.get(what, what)
    return f"{source}: {title}"[:200]


PAGES = (
    Page("GET", "/sources/{source_id}/connections", _READ, index),
    Page("POST", "/sources/{source_id}/connections/new", _CHANGE, create),
    Page("GET", "/sources/{source_id}/connections/new/{what}", _CHANGE, begin),
    Page("POST", "/sources/{source_id}/connections/new/{what}", _CHANGE, fill),
)
