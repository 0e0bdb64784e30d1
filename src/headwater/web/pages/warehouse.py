"""/warehouse: what the warehouse holds, its type conflicts and their repair, ways to its data."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError, NotFoundError
from headwater.queries.contents import ConflictFacts, Contents, TableDetail, TableFacts, TableKind
from headwater.queries.model import Repair
from headwater.queries.repairs import repair as carry_out
from headwater.questions import saved
from headwater.web.frame import Page, Visit
from headwater.web.moments import micros
from headwater.web.navigation import N_

_KINDS: Final = {
    TableKind.EVENTS: N_("In the event's own shape"),
    TableKind.UNION: N_("Over all sources"),
    TableKind.KEPT: N_("Kept aside"),
}
REASONS: Final = {
    "type": N_("The value does not fit the column's type."),
    "name_collision": N_("Two keys of one event have the same column."),
    "column_limit": N_("The table has as many columns as it may."),
    "table_limit": N_("The source has as many event tables as it may."),
}
_TYPES: Final = ("text", "integer", "float", "boolean", "time")


class Group(msgspec.Struct, frozen=True):
    """Tables that are shown together: those of a source have its name."""

    title: str
    schema: str
    tables: Sequence[TableFacts]
    rows: int


class RepairForm(msgspec.Struct):
    table: str = ""
    column: str = ""
    type: str = "text"


async def index(visit: Visit) -> Response:
    found = await _contents(visit)
    names = await _source_names(visit)
    wanted = visit.query("q").strip().lower()
    is_full = visit.query("show") != "all"
    tables = [
        each
        for each in found.tables
        if (wanted in each.path.lower() if wanted else not is_full or each.rows)
    ]
    return visit.render(
        "warehouse/tables.html",
        found=found,
        groups=_groups(visit, tables, names),
        wanted=visit.query("q").strip(),
        empty=sum(not each.rows for each in found.tables),
        is_full=is_full,
        conflicts=sum(each.events for each in found.conflicts),
        newest=micros(found.newest),
        micros=micros,
    )


async def table(visit: Visit) -> Response:
    found = await _table(visit)
    return visit.render(
        "warehouse/table.html",
        found=found,
        facts=found.facts,
        newest=micros(found.facts.newest),
        sql=_select(found),
        reasons={name: visit._(text) for name, text in REASONS.items()},
        kind=_kind(visit, found.facts, await _source_names(visit)),
        micros=micros,
        may_repair=visit.may(Permission.WAREHOUSE_ADMIN),
        may_ask=visit.may((Permission.WAREHOUSE_READ, Permission.PII_READ)),
    )


async def conflicts(visit: Visit) -> Response:
    found = await _contents(visit)
    return visit.render(
        "warehouse/conflicts.html",
        found=found,
        reasons={name: visit._(text) for name, text in REASONS.items()},
        micros=micros,
        may_repair=visit.may(Permission.WAREHOUSE_ADMIN),
    )


async def ask_repair(visit: Visit) -> Response:
    """What a repair would do, before it is done."""
    asked = RepairForm(visit.query("table"), visit.query("column"), visit.query("type", "text"))
    return await _repair_page(visit, asked)


async def repair(visit: Visit) -> Response:
    form = await visit.form(RepairForm)
    by = visit.principal
    wanted = Repair(
        workspace_id=by.workspace_id, table=form.table, column=form.column, type=form.type
    )
    try:
        done = await carry_out(visit.context.warehouse, visit.context.changes, by, wanted)
    except HeadwaterError as error:
        return await _repair_page(visit, form, error)
    said = visit._(
        "%(column)s is %(type)s now; %(filled)s values more stand in it.",
        column=form.column,
        type=form.type,
        filled=done["filled"],
    )
    return visit.redirect(f"/warehouse/tables/{form.table.replace('.', '/', 1)}", notice=said)


async def names(visit: Visit) -> Response:
    found = await _contents(visit)
    wanted = visit.query("q").strip().lower()
    shown = [
        each
        for each in found.names
        if not wanted or wanted in each.event.lower() or wanted in each.table.lower()
    ]
    shared = {
        key: count
        for key, count in _counted([(each.schema, each.table) for each in found.names]).items()
        if count > 1
    }
    rows = {(each.schema, each.name): each for each in found.tables}
    return visit.render(
        "warehouse/names.html",
        found=found,
        shown=sorted(shown, key=lambda each: (each.schema, each.event.lower()))[:1000],
        total=len(shown),
        shared=shared,
        rows=rows,
        wanted=visit.query("q").strip(),
        sources=await _source_names(visit),
    )


async def connect(visit: Visit) -> Response:
    found = await _contents(visit)
    kept = await run_in_threadpool(saved.listed, visit.context.changes, visit.principal)
    example = next(
        (each.path for each in found.tables if each.kind is TableKind.EVENTS and each.rows), "track"
    )
    return visit.render(
        "warehouse/connect.html",
        found=found,
        example=example,
        kept=kept,
        folder=visit.context.settings.data_dir,
    )


async def _repair_page(
    visit: Visit, asked: RepairForm, error: HeadwaterError | None = None
) -> Response:
    schema, _, name = asked.table.partition(".")
    by = visit.principal
    found = await visit.context.warehouse.table(by.workspace_id, schema, name)
    column = next((each for each in found.columns if each.name == asked.column), None)
    if column is None:
        raise NotFoundError(f"{asked.table} has no column {asked.column!r}.")
    misfits = [
        each
        for each in found.conflicts
        if each.column == asked.column and each.reason == "type" and each.schema == schema
    ]
    return visit.render(
        "warehouse/repair.html",
        error.status if error else 200,
        asked=asked,
        found=found,
        column=column,
        misfits=misfits,
        events=sum(each.events for each in misfits),
        types=_TYPES,
        problem=visit.problem(error) if error else None,
    )


async def _contents(visit: Visit) -> Contents:
    found = await visit.context.warehouse.contents(visit.principal.workspace_id)
    return msgspec.structs.replace(found, conflicts=_shown(visit, found.conflicts))


async def _table(visit: Visit) -> TableDetail:
    found = await visit.context.warehouse.table(
        visit.principal.workspace_id, visit.path("schema"), visit.path("name")
    )
    return msgspec.structs.replace(found, conflicts=_shown(visit, found.conflicts))


def _shown(visit: Visit, found: Sequence[ConflictFacts]) -> tuple[ConflictFacts, ...]:
    """The conflicts, without their values for those who may not see personal data."""
    if visit.may(Permission.PII_READ):
        return tuple(found)
    return tuple(msgspec.structs.replace(each, examples=()) for each in found)


async def _source_names(visit: Visit) -> dict[str, str]:
    """The sources' names by their slugs, of those that the visitor may see."""
    listed = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    return {each.slug: each.name for each in listed}


def _groups(visit: Visit, tables: Sequence[TableFacts], names: dict[str, str]) -> list[Group]:
    groups: dict[tuple[str, str], list[TableFacts]] = {}
    for each in tables:
        title = _kind(visit, each, names)
        groups.setdefault((title, each.schema), []).append(each)
    return [
        Group(title, schema, sorted(of, key=lambda t: (-t.rows, t.name)), sum(t.rows for t in of))
        for (title, schema), of in groups.items()
    ]


def _kind(visit: Visit, facts: TableFacts, names: dict[str, str]) -> str:
    if facts.kind is TableKind.TABLE:
        return names.get(facts.schema, facts.schema)
    return visit._(_KINDS[facts.kind])


def _select(found: TableDetail) -> str:
    """A SELECT of the table's newest rows."""
    facts = found.facts
    columns = {each.name for each in found.columns}
    order = next((c for c in ("received_at", "receivedAt") if c in columns), "")
    by = f"\nORDER BY {order} DESC" if order else ""
    return f"SELECT *\nFROM {_named(facts.schema, facts.name)}{by}\nLIMIT 100"


def _named(schema: str, name: str) -> str:
    quoted = f'"{name}"' if name == "group" else name
    return quoted if schema == "main" else f"{schema}.{quoted}"


def _counted(values: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for each in values:
        counts[each] = counts.get(each, 0) + 1
    return counts


_READ: Final = Permission.WAREHOUSE_READ

PAGES = (
    Page("GET", "/warehouse", _READ, index),
    Page("GET", "/warehouse/conflicts", _READ, conflicts),
    Page("GET", "/warehouse/names", _READ, names),
    Page("GET", "/warehouse/connect", _READ, connect),
    Page("GET", "/warehouse/repair", Permission.WAREHOUSE_ADMIN, ask_repair),
    Page("POST", "/warehouse/repair", Permission.WAREHOUSE_ADMIN, repair),
    Page("GET", "/warehouse/tables/{schema}/{name}", _READ, table),
)
