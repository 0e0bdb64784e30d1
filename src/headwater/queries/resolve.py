"""What a question means: event views are given the columns it uses, JSON paths their kinds.

The text stays as it was written but for those places, so that what the database says of it still
fits what was asked.
"""

from collections.abc import Mapping, Sequence

import msgspec
from sqlglot import exp

from headwater.queries.catalog import Catalog, Columns
from headwater.queries.guard import Guarded, Prefix
from headwater.queries.kinds import kind_of_expression, kind_of_type, wanted
from headwater.queries.paths import Kind, identifier, render
from headwater.queries.references import Reference, Text, read_reference
from headwater.queries.scopes import Found, Reading, Scope, Source, find, source_of_table
from headwater.queries.titles import titles

_QUERY = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_AFTER_ALIASES = (exp.Where, exp.Group, exp.Having, exp.Qualify, exp.Order)
Named = Mapping[str, Columns | None]

SHOW_TABLES = (
    'SELECT table_schema AS "schema", table_name AS name FROM information_schema.tables '
    "WHERE table_schema <> '_headwater' ORDER BY table_schema <> 'main', 1, 2"
)


_OPEN_INFORMATION = "(SELECT * FROM information_schema.{} WHERE table_schema <> '_headwater')"


class Resolved(msgspec.Struct, frozen=True):
    """SQL to run. `titles` are names of result columns, by position, that the text would have had.

    `relations` are the SQL of the event views put in, whose internal tables are granted.
    """

    sql: str
    prefix: Prefix
    titles: Mapping[int, str]
    relations: tuple[str, ...]


def resolve(guarded: Guarded, catalog: Catalog) -> Resolved:
    """What a guarded question means in this warehouse."""
    if isinstance(guarded.expression, exp.Show):
        return Resolved(SHOW_TABLES, guarded.prefix, {}, ())
    walk = _Resolution(guarded, catalog)
    walk.statement(guarded.expression)
    sql = walk.text.replaced()
    return Resolved(
        sql,
        guarded.prefix,
        titles(guarded, walk.text.changed_nodes()),
        tuple(walk.relations),
    )


class _Resolution:
    """One walk over a question; collects what to replace in its text."""

    def __init__(self, guarded: Guarded, catalog: Catalog) -> None:
        self.text = Text(guarded.sql, guarded.tokens)
        self.catalog = catalog
        self.relations: list[str] = []
        self._json_results: dict[int, Columns] = {}

    def statement(self, expression: exp.Expr) -> None:
        if isinstance(expression, exp.Describe | exp.Summarize):
            if isinstance(expression.this, exp.Table):
                self._describe(expression.this)
                return
            expression = expression.this
        if isinstance(expression, exp.Table):
            self._put_table(source_of_table(expression, self.catalog, {}))
        else:
            self.query(expression, {}, None)

    def _describe(self, table: exp.Table) -> None:
        source = source_of_table(table, self.catalog, {})
        source.uses_typed = source.uses_shape = source.event is not None
        self._put_table(source)

    def query(self, node: exp.Expr, named: Named, outer: Scope | None) -> Columns | None:
        """Resolve a query and say its columns; None where they cannot be told."""
        named = self._with(node, named, outer)
        if isinstance(node, exp.Subquery):
            columns = self.query(node.this, named, outer)
            self._rest_of(node, Scope([Source("", columns)], {}, outer), named)
            return columns
        if isinstance(node, exp.SetOperation):
            columns = self.query(node.left, named, outer)
            self.query(node.right, named, outer)
            self._rest_of(node, Scope([Source("", columns)], {}, outer), named)
            return columns
        if isinstance(node, exp.Select):
            return self._select(node, named, outer)
        if isinstance(node, exp.Table):
            source = source_of_table(node, self.catalog, named)
            self._put_table(source)
            return source.columns
        self._expressions(node, Scope([], {}, outer), named)
        return None

    def _rest_of(self, node: exp.Expr, scope: Scope, named: Named) -> None:
        """ORDER BY, LIMIT and the like of a query around queries."""
        for key in ("order", "limit", "offset"):
            if isinstance(part := node.args.get(key), exp.Expr):
                self._expressions(part, scope, named)

    def _with(self, node: exp.Expr, named: Named, outer: Scope | None) -> Named:
        with_ = node.args.get("with_")
        if with_ is None:
            return named
        known = dict(named)
        for cte in with_.expressions:
            name = cte.alias.lower()
            if with_.args.get("recursive"):
                known[name] = None
            columns = self.query(cte.this, known, outer)
            known[name] = _renamed(columns, [c.name.lower() for c in cte.args["alias"].columns])
        return known

    def _select(self, select: exp.Select, named: Named, outer: Scope | None) -> Columns | None:
        scope = Scope([], _aliases(select), outer)
        items = [select.args.get("from_"), *(select.args.get("joins") or ())]
        items += select.args.get("laterals") or ()
        for item in items:
            if item is not None:
                self._source(item.this if not isinstance(item, exp.Lateral) else item, scope, named)
        for item in items:
            if isinstance(item, exp.Join):
                for key in ("on", "match_condition"):
                    if isinstance(part := item.args.get(key), exp.Expr):
                        self._expressions(part, scope, named)
        for key, value in select.args.items():
            if key not in ("from_", "joins", "laterals", "with_"):
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, exp.Expr):
                        self._expressions(part, scope, named)
        columns = self._columns(select, scope)
        for source in scope.sources:
            self._put_table(source)
        return columns

    def _source(self, item: exp.Expr, scope: Scope, named: Named) -> None:
        if isinstance(item, exp.Table):
            scope.sources.append(source_of_table(item, self.catalog, named))
            self._inside(item, scope, named)
        elif isinstance(item, exp.Subquery) and isinstance(item.this, exp.Table):
            self._source(item.this, scope, named)
        elif isinstance(item, exp.Subquery):
            columns = self.query(item, named, scope)
            alias = item.args.get("alias")
            renamed = [c.name.lower() for c in alias.columns] if alias else []
            scope.sources.append(Source(item.alias.lower(), _renamed(columns, renamed)))
        else:
            scope.sources.append(Source(item.alias_or_name.lower(), None))
            self._expressions(item, scope, named)
        for join in item.args.get("joins") or ():
            self._source(join.this, scope, named)
            if isinstance(on := join.args.get("on"), exp.Expr):
                self._expressions(on, scope, named)

    def _inside(self, table: exp.Table, scope: Scope, named: Named) -> None:
        """The arguments of a table function, and the expressions of a PIVOT."""
        if isinstance(table.this, exp.Func):
            self._expressions(table.this, scope, named)
        for pivot in table.args.get("pivots") or ():
            self._expressions(pivot, scope, named)

    def _expressions(self, node: exp.Expr, scope: Scope, named: Named) -> None:
        waiting = [node]
        while waiting:
            at = waiting.pop()
            if isinstance(at, _QUERY) and not _is_tuple(at):
                self.query(at, named, scope)
            elif isinstance(at, exp.Column):
                self._column(at, scope)
            else:
                waiting.extend(at.iter_expressions())

    def _column(self, column: exp.Column, scope: Scope) -> None:
        reference = read_reference(column, self.text)
        if reference is None:
            return
        found = self._find(reference, column, scope)
        if found.source is not None:
            found.source.use(reference.parts[found.length - 1].lower())
        if found.type == "JSON":
            self._put_json(reference, found, scope)

    def _find(self, reference: Reference, column: exp.Column, scope: Scope) -> Found:
        place = column.find_ancestor(*_AFTER_ALIASES, exp.Select)
        clause = None if place is None or isinstance(place, exp.Select) else place
        in_order = isinstance(clause, exp.Order) and isinstance(clause.parent, exp.Select)
        found = find(
            scope,
            [part.lower() for part in reference.parts],
            sees_aliases=clause is not None,
            prefers_aliases=in_order,
        )
        if found.alias:
            aliased = scope.aliases[reference.parts[0].lower()]
            if self._type(aliased, scope) == "JSON":
                return Found("JSON", 1, alias=True)
        return found

    def _put_json(self, reference: Reference, found: Found, scope: Scope) -> None:
        node = reference.node
        if isinstance(node.parent, exp.Group) and found.alias:
            return
        kind = Kind.TEXT if reference.as_text else wanted(node, lambda e: self._kind(e, scope))
        value = reference.value(found.length)
        if kind in (Kind.VALUE, Kind.RAW) and not value.paths:
            return
        sql = render(value, kind, grouped=_is_grouped(node))
        if isinstance(node.parent, exp.Select) and node.arg_key == "expressions":
            sql = f"{sql} AS {identifier(reference.title(found.length))}"
        self.text.replace(reference.start, reference.end, sql, node)

    def _kind(self, node: exp.Expr, scope: Scope) -> Kind | None:
        def column(at: exp.Expr) -> Kind | None:
            name = self._type(at, scope)
            return kind_of_type(name) if name else None

        return kind_of_expression(node, column)

    def _type(self, node: exp.Expr, scope: Scope) -> str:
        """The type of an expression as far as it matters: a column's, or JSON of a path."""
        if isinstance(node, exp.Alias | exp.Paren):
            return self._type(node.this, scope)
        first = node.find(exp.Column)
        if first is None:
            return ""
        reference = read_reference(first, self.text)
        if reference is None or reference.node is not node or reference.as_text:
            return ""
        found = self._find(reference, first, scope)
        return found.type if found.type == "JSON" or found.length == len(reference.parts) else ""

    def _columns(self, select: exp.Select, scope: Scope) -> Columns | None:
        columns: dict[str, str] = {}
        for projection in select.expressions:
            if isinstance(projection, exp.Star) or projection.is_star:
                for source in scope.sources:
                    if source.columns is None:
                        return None
                    columns.update(source.columns)
            else:
                name = projection.alias_or_name.lower()
                columns[name] = self._type(projection, scope) or _type_of(
                    self._kind(projection, scope)
                )
        return columns

    def _put_table(self, source: Source) -> None:
        table = source.table
        if table is None:
            return
        start, end = self.text.span(table.this)
        if table.db.lower() == "information_schema":
            start, _ = self.text.span(table.args["db"])
            sql = _OPEN_INFORMATION.format(table.name.lower())
        elif source.event is not None and source.reading is not Reading.SHAPE:
            sql = source.event.typed if source.reading is Reading.TYPED else source.event.full
            self.relations.append(sql)
            if table.args.get("db") is not None:
                start, _ = self.text.span(table.args["db"])
        else:
            return
        if not table.alias and not isinstance(table.parent, exp.Describe | exp.Summarize):
            sql = f"{sql} AS {identifier(table.name)}"
        if isinstance(table.parent, exp.Describe | exp.Summarize):
            sql = f"(SELECT * FROM {sql})" if not sql.startswith("(") else sql
        self.text.replace(start, end, sql, table)


def _is_tuple(node: exp.Expr) -> bool:
    return isinstance(node, exp.Values) and isinstance(node.parent, exp.From)


def _aliases(select: exp.Select) -> Mapping[str, exp.Expr]:
    return {p.alias.lower(): p for p in select.expressions if isinstance(p, exp.Alias)}


def _renamed(columns: Columns | None, names: Sequence[str]) -> Columns | None:
    if columns is None or not names:
        return columns
    return dict(zip(names, columns.values(), strict=False))


def _is_grouped(node: exp.Expr) -> bool:
    select = node.find_ancestor(exp.Select)
    return select is not None and bool(select.args.get("group") or select.args.get("distinct"))


def _type_of(kind: Kind | None) -> str:
    names = {
        Kind.TEXT: "VARCHAR",
        Kind.NUMBER: "DOUBLE",
        Kind.EXACT: "BIGINT",
        Kind.BOOLEAN: "BOOLEAN",
        Kind.TIME: "TIMESTAMP",
    }
    return names.get(kind, "") if kind else ""
