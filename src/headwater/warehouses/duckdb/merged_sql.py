"""The SQL by which one row becomes of all that the sources say of somebody: see syncing.rules.

It reads a relation `_said` of `statements`, one row for each call, and `_nulls`, one for each
source and trait that an explicit null was said of; and has one row for each id.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from headwater.loading.model import Catalog, Column, ColumnType, Origin, TableKey
from headwater.loading.model import events_key as events_of
from headwater.syncing.model import Compare, Complete, Nulls, Policy, Subject
from headwater.syncing.rules import DAY, NUMBER, comparison, days_of, place_of
from headwater.warehouses.duckdb.sql import TYPES, quoted, table_name, text
from headwater.warehouses.duckdb.views import slugs_of, united_types

CALLS: Final[Mapping[Subject, tuple[str, str, str]]] = {
    Subject.PEOPLE: ("identifies", "user_id", "identify"),
    Subject.ORGANIZATIONS: ("groups", "group_id", "group"),
}
"""The table of the calls that tell of a subject, the column that says of whom, and their type:
the one place that says who a person is, until an identity graph does."""

PARTS: Final = ("v", "s", "t", "n", "d", "x")
"""What is kept of a trait: its value, the source and time of it, how many sources say something
that counts, whether they differ, and how many of them are stale."""

_AT: Final = 'epoch_us(least(coalesce("timestamp", received_at), received_at))'
_PLACES: Final = 100_000


class Trait(msgspec.Struct, frozen=True):
    """A trait over all sources: `kind` is the type of its values, `rule` how they are merged."""

    name: str
    kind: ColumnType
    rule: Complete

    @property
    def result(self) -> ColumnType:
        """The type of the merged value: a list is JSON in a text."""
        return ColumnType.TEXT if self.rule.policy is Policy.UNION else self.kind


class Telling(msgspec.Struct, frozen=True):
    """The sources that tell of a subject, in the order of their names, with the columns of their
    traits; and all traits, each with the type that its columns have in common."""

    subject: Subject
    columns: Mapping[str, Mapping[str, Column]]
    types: Mapping[str, ColumnType]

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(self.columns)


def telling(catalog: Catalog, subject: Subject) -> Telling:
    """Who tells of a subject, by the tables that there are."""
    calls = CALLS[subject][0]
    tables = [
        table
        for slug in sorted(slugs_of(catalog))
        if (table := catalog.table(TableKey(slug, calls))) is not None
    ]
    traits = {
        table.key.schema: {
            name: column
            for name, column in table.columns.items()
            if column.origin is Origin.PROPERTIES
        }
        for table in tables
    }
    known = {name for columns in traits.values() for name in columns}
    types = {name: kind for name, kind in united_types(tables).items() if name in known}
    return Telling(subject, traits, types)


def found_rows(told: Telling, slug: str) -> str:
    """The places of a source's calls that tell of the ids in `_ids`."""
    table, of_whom, _ = CALLS[told.subject]
    return (
        f"SELECT rowid AS place FROM {table_name(TableKey(slug, table))}"
        f" WHERE {of_whom} IN (SELECT id FROM _ids)"
    )


def statements(told: Telling, slugs: Sequence[str], traits: Sequence[Trait]) -> str:
    """What these sources said: of each the calls whose places are in `_found_` and its number."""
    table, of_whom, _ = CALLS[told.subject]
    parts = []
    for slug in slugs:
        number = told.slugs.index(slug)
        columns = [
            f"{_as(told.columns[slug].get(each.name), each.kind)} AS c{position}"
            for position, each in enumerate(traits)
        ]
        parts.append(
            f"SELECT {number}::INTEGER AS s, {of_whom} AS id, {_AT} AS said_at, received_at AS r,"
            f" rowid AS place{''.join(f', {each}' for each in columns)}"
            f" FROM {table_name(TableKey(slug, table))}"
            f" WHERE rowid IN (SELECT place FROM _found_{number})"
        )
    union = " UNION ALL ".join(parts)
    return f"SELECT *, row_number() OVER (ORDER BY said_at, r, place) AS seq FROM ({union})"


def nulls(told: Telling, traits: Sequence[Trait]) -> str | None:
    """When each source last said null, of the ids in `_ids`; None where nobody asks for it."""
    _, of_whom, kind = CALLS[told.subject]
    parts = []
    for position, trait in enumerate(traits):
        if trait.rule.nulls is Nulls.IGNORE:
            continue
        # A source may say null of a trait that it never has a value of.
        pointers = {
            "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in path[:end])
            for columns in told.columns.values()
            if trait.name in columns
            for path in columns[trait.name].paths
            for end in range(1, len(path) + 1)
        }
        for slug in told.columns:
            is_null = " OR ".join(
                f"json_type(properties, {text(each)}) = 'NULL'" for each in sorted(pointers)
            )
            parts.append(
                f"SELECT {of_whom} AS id, {told.slugs.index(slug)}::INTEGER AS s,"
                f" {position}::INTEGER AS trait, {_AT} AS said_at"
                f" FROM {table_name(events_of(slug))}"
                f" WHERE \"type\" = '{kind}' AND {of_whom} IN (SELECT id FROM _ids)"
                f" AND ({is_null or 'false'})"
            )
    if not parts:
        return None
    every = " UNION ALL ".join(parts)
    return f"SELECT id, s, trait, max(said_at) AS said_at FROM ({every}) GROUP BY ALL"


def merged(told: Telling, traits: Sequence[Trait]) -> str:
    """One row for each id: `id`, `received_at`, and the PARTS of each trait by its position."""
    joins, conditions = _null_joins(told, traits)
    candidates = ["said.id", "said.s", "max(r) AS r"]
    for i, trait in enumerate(traits):
        counts = [f"c{i} IS NOT NULL", *conditions[i]]
        if trait.rule.skip_empty and trait.kind is ColumnType.TEXT:
            counts.append(f"trim(c{i}) <> ''")
        if excluded := [told.slugs.index(e) for e in trait.rule.exclude if e in told.slugs]:
            counts.append(f"said.s NOT IN ({', '.join(map(str, excluded))})")
        pick = "arg_min" if trait.rule.policy is Policy.OLDEST else "arg_max"
        where = f"FILTER ({' AND '.join(counts)})"
        candidates.append(f"{pick}(c{i}, seq) {where} AS v{i}")
        candidates.append(f"{pick}(said.said_at, seq) {where} AS a{i}")
    return (
        f"WITH candidates AS (SELECT {', '.join(candidates)} FROM _said said{joins}"
        f" GROUP BY said.id, said.s), aged AS (SELECT *{_aged(told, traits)} FROM candidates),"
        f" counted AS (SELECT *{_counted(traits)} FROM aged),"
        f" won AS (SELECT id, max(r) AS received_at{_won(told, traits)} FROM counted GROUP BY id)"
        f" SELECT id, received_at{_told(told, traits)} FROM won"
    )


def _null_joins(told: Telling, traits: Sequence[Trait]) -> tuple[str, list[list[str]]]:
    """Joins with the explicit nulls, and what each trait's values are to be beside."""
    joins = ""
    conditions: list[list[str]] = []
    for i, trait in enumerate(traits):
        if trait.rule.nulls is Nulls.IGNORE:
            conditions.append([])
            continue
        own = f"SELECT id, s, said_at FROM _nulls WHERE trait = {i}"
        if trait.rule.nulls is Nulls.WITHDRAW:
            joins += f" LEFT JOIN ({own}) z{i} ON z{i}.id = said.id AND z{i}.s = said.s"
        else:
            out = [told.slugs.index(each) for each in trait.rule.exclude if each in told.slugs]
            among = f" AND s NOT IN ({', '.join(map(str, out))})" if out else ""
            newest = (
                f"SELECT id, max(said_at) AS said_at FROM _nulls WHERE trait = {i}{among}"
                " GROUP BY id"
            )
            joins += f" LEFT JOIN ({newest}) z{i} ON z{i}.id = said.id"
        conditions.append([f"(z{i}.said_at IS NULL OR said.said_at > z{i}.said_at)"])
    return joins, conditions


def _aged(told: Telling, traits: Sequence[Trait]) -> str:
    """Normal forms, and which candidates are stale."""
    columns = ""
    for i, trait in enumerate(traits):
        columns += f", {_normal(f'v{i}', trait)} AS n{i}"
        days = [days_of(trait.rule, slug) for slug in told.slugs]
        if any(days):
            allowed = f"list_extract([{', '.join(map(str, days))}], s + 1)::BIGINT"
            age = f"max(a{i}) OVER (PARTITION BY id) - a{i}"
            columns += f", coalesce({allowed} > 0 AND {age} > {allowed} * {DAY}, false) AS x{i}"
        else:
            columns += f", false AS x{i}"
    return columns


def _counted(traits: Sequence[Trait]) -> str:
    """How many candidates that are not stale say the same, where that matters."""
    return "".join(
        f", count(v{i}) FILTER (NOT x{i}) OVER (PARTITION BY id, n{i}) AS f{i}"
        for i, trait in enumerate(traits)
        if trait.rule.policy is Policy.MOST_FREQUENT
    )


def _won(told: Telling, traits: Sequence[Trait]) -> str:
    columns = ""
    for i, trait in enumerate(traits):
        counts = f"FILTER (v{i} IS NOT NULL AND NOT x{i})"
        if trait.rule.policy is Policy.UNION:
            columns += (
                f", list_sort(list_distinct(flatten(list({_elements(f'v{i}', trait)}) {counts})))"
                f" AS u{i}, max(a{i}) {counts} AS a{i}, list(s ORDER BY s) {counts} AS s{i}"
            )
        else:
            pick, key = _key(told, trait, i)
            packed = ", ".join(f"k{number} := {part}" for number, part in enumerate(key))
            packed += f", v := v{i}, said_at := a{i}, s := s"
            columns += f", {pick}(struct_pack({packed})) {counts} AS w{i}"
        columns += (
            f", count(v{i}) AS c{i}, coalesce(min(n{i}) <> max(n{i}), false) AS d{i},"
            f" count_if(x{i}) AS x{i}"
        )
    return columns


def _key(told: Telling, trait: Trait, i: int) -> tuple[str, Sequence[str]]:
    """Whether the least or the greatest wins, and what is compared."""
    places = [place_of(trait.rule, slug) * _PLACES + n for n, slug in enumerate(told.slugs)]
    place = f"list_extract([{', '.join(map(str, places))}], s + 1)::BIGINT"
    value, newer = f"v{i}", (f"-a{i}", place)
    match trait.rule.policy:
        case Policy.OLDEST:
            return "min", (f"a{i}", place)
        case Policy.SOURCE_ORDER:
            return "min", (f"{place} // {_PLACES}", *newer)
        case Policy.MOST_FREQUENT:
            return "min", (f"-f{i}", *newer)
        case Policy.LONGEST if trait.kind is ColumnType.TEXT:
            return "min", (f"-length({value})", *newer)
        case Policy.LARGEST:
            return "max", (*_size(value, trait, 1), f"a{i}", f"-{place}")
        case Policy.SMALLEST:
            return "min", (*_size(value, trait, 0), *newer)
        case _:
            return "min", newer


def _size(value: str, trait: Trait, rank_of_numbers: int) -> Sequence[str]:
    if trait.kind is not ColumnType.TEXT:
        return (value,)
    is_number = f"regexp_full_match({value}, {text(NUMBER)})"
    rank = f"CASE WHEN {is_number} THEN {rank_of_numbers} ELSE {1 - rank_of_numbers} END"
    number = f"CASE WHEN {is_number} THEN CAST({value} AS DOUBLE) ELSE 0.0 END"
    return rank, number, value


def _told(told: Telling, traits: Sequence[Trait]) -> str:
    """The PARTS of each trait."""
    slugs = f"[{', '.join(map(text, told.slugs))}]::VARCHAR[]"
    columns = ""
    for i, trait in enumerate(traits):
        if trait.rule.policy is Policy.UNION:
            columns += (
                f", CASE WHEN s{i} IS NOT NULL"
                f" THEN '[' || array_to_string(u{i}, ',') || ']' END AS v{i},"
                f" array_to_string(list_select({slugs},"
                f" list_transform(s{i}, lambda n: n + 1)), ', ') AS s{i},"
                f" make_timestamp(a{i}) AS t{i}"
            )
        else:
            columns += (
                f", w{i}.v AS v{i}, list_extract({slugs}, w{i}.s + 1) AS s{i},"
                f" make_timestamp(w{i}.said_at) AS t{i}"
            )
        columns += f", c{i}::USMALLINT AS n{i}, d{i}, x{i}::USMALLINT AS x{i}"
    return columns


def _as(column: Column | None, kind: ColumnType) -> str:
    """A source's column in the type that all sources have in common."""
    if column is None:
        return f"NULL::{TYPES[kind]}"
    name = quoted(column.name)
    if column.type is kind:
        return name
    if column.type is ColumnType.FLOAT and kind is ColumnType.TEXT:
        is_whole = f"{name} = trunc({name}) AND abs({name}) < 1e15"
        whole = f"CAST(CAST({name} AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN {is_whole} THEN {whole} ELSE CAST({name} AS VARCHAR) END"
    return f"CAST({name} AS {TYPES[kind]})"


def _normal(value: str, trait: Trait) -> str:
    compare = comparison(trait.rule.compare, trait.name)
    if trait.kind is not ColumnType.TEXT or compare is Compare.EXACT:
        return value
    plain = rf"lower(trim(regexp_replace({value}, '[\t\n\f\r ]+', ' ', 'g')))"
    if compare is Compare.EMAIL:
        return f"replace({plain}, ' ', '')"
    if compare is Compare.PHONE:
        digits = f"regexp_replace(replace({value}, '(0)', ''), '[^0-9+]', '', 'g')"
        return f"coalesce(nullif(regexp_replace({digits}, '^00', '+'), ''), {plain})"
    return plain


def _elements(value: str, trait: Trait) -> str:
    """The JSON texts of a list's elements, or of the value itself."""
    whole = f"[to_json({value})::VARCHAR]"
    if trait.kind is not ColumnType.TEXT:
        return whole
    is_list = f"{value} LIKE '[%' AND json_valid({value})"
    elements = (
        f"list_filter(CAST(json_extract(CAST({value} AS JSON), '$[*]') AS VARCHAR[]),"
        " lambda e: e <> 'null')"
    )
    return f"CASE WHEN {is_list} THEN {elements} ELSE {whole} END"


def kept_columns(traits: Sequence[Trait]) -> Iterator[tuple[str, str]]:
    """The names and types of the columns that are kept of traits, in the order of `merged`."""
    others = ("VARCHAR", "TIMESTAMP", "USMALLINT", "BOOLEAN", "USMALLINT")
    for trait in traits:
        for part, kind in zip(PARTS, (TYPES[trait.result], *others), strict=True):
            yield f"{part}:{trait.name}", kind
