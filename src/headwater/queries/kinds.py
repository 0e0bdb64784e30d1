"""Which kind of value a place in a query wants, and which kind an expression has."""

from collections.abc import Callable, Iterable
from typing import Final

from sqlglot import exp

from headwater.queries.paths import Kind

KindOf = Callable[[exp.Expr], Kind | None]
"""The kind of an expression without JSON references, where it can be told."""

_2_53: Final = 2**53


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMERIC: Final = _words(
    "abs avg bit_and bit_or bit_xor cbrt ceil ceiling corr covar_pop covar_samp degrees div "
    "entropy exp favg floor fsum geomean greatest_common_divisor kahan_sum kurtosis ln log log10 "
    "log2 mad max mean median min mod pow power product quantile quantile_cont quantile_disc "
    "radians round sign sin skewness sqrt stddev stddev_pop stddev_samp sum sumkahan tan trunc "
    "var_pop var_samp variance width_bucket to_timestamp approx_quantile percentile_cont "
    "percentile_disc to_seconds to_minutes to_hours to_days to_weeks to_months to_years isfinite "
    "isnan isinf"
)
_TEXTUAL: Final = _words(
    "approx_count_distinct approx_distinct ascii base64 char_length concat concat_ws contains "
    "count count_distinct damerau_levenshtein ends_with group_concat hamming initcap instr "
    "jaccard jaro_similarity jaro_winkler_similarity lcase left len length levenshtein listagg "
    "lower lpad ltrim md5 nfc_normalize ord position prefix regexp_extract regexp_extract_all "
    "regexp_full_match regexp_ilike regexp_like regexp_matches regexp_replace "
    "regexp_split_to_array repeat replace reverse right rpad rtrim sha1 sha256 split split_part "
    "starts_with str_position str_split str_to_time string_agg string_split strip_accents strlen "
    "strpos strptime substr substring suffix translate trim try_strptime ucase unicode upper "
    "url_decode url_encode"
)
_TEMPORAL: Final = _words(
    "age century date_add date_diff date_part date_sub date_trunc datediff datepart datesub "
    "datetrunc day day_of_month day_of_week day_of_year dayname dayofmonth dayofweek dayofyear "
    "decade epoch epoch_ms epoch_us era extract hour isodow isoyear julian last_day millennium "
    "minute month monthname quarter second strftime time_bucket time_to_str time_to_unix "
    "timestamp_trunc week week_of_year weekday weekofyear year yearweek"
)
_LISTS: Final = _words(
    "array_contains array_has array_has_all array_has_any list_contains list_has list_has_all "
    "list_has_any array_position list_position array_to_string array_distinct list_distinct "
    "list_unique array_unique"
)
_BOOLEAN_AGGREGATES: Final = _words("bool_and bool_or count_if countif logical_and")
_FIRST_OF: Final = _words("arg_max arg_min argmax argmin max_by min_by")
_TRANSPARENT = (exp.Paren, exp.Distinct, exp.Order, exp.Filter, exp.Window, exp.WithinGroup)
_EQUAL = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
_COMPARE = (*_EQUAL, exp.LT, exp.LTE, exp.GT, exp.GTE)
_TEXT_OPERATORS = (exp.Like, exp.ILike, exp.SimilarTo, exp.Glob, exp.DPipe, exp.RegexpLike)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Pow)
_CONDITIONS = (exp.And, exp.Or, exp.Not, exp.Where, exp.Having, exp.Qualify, exp.Join, exp.Xor)
_CHOICES = (exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least)


def names_of(function: exp.Expr) -> frozenset[str]:
    """All the lower-case names by which a function is known."""
    if isinstance(function, exp.Anonymous):
        return frozenset({str(function.this).lower()})
    if isinstance(function, exp.Func):
        written = function.meta.get("name")
        names = {name.lower() for name in type(function).sql_names()}
        return frozenset(names | ({str(written).lower()} if written else set()))
    return frozenset()


def wanted(node: exp.Expr, kind_of: KindOf) -> Kind:
    """What the place of a JSON reference wants it to be."""
    parent = node.parent
    if parent is None:
        return Kind.VALUE
    if isinstance(parent, exp.Ordered):
        within = isinstance(parent.parent and parent.parent.parent, exp.WithinGroup)
        return Kind.NUMBER if within else Kind.ORDER
    if isinstance(parent, _TRANSPARENT):
        return _through(parent, node, kind_of)
    if isinstance(parent, _COMPARE):
        default = Kind.TEXT if isinstance(parent, _EQUAL) else Kind.NUMBER
        return _agree(_others(parent, node), kind_of) or default
    if isinstance(parent, exp.In | exp.Between):
        default = Kind.TEXT if isinstance(parent, exp.In) else Kind.NUMBER
        return _agree(_others(parent, node), kind_of) or default
    if isinstance(parent, _TEXT_OPERATORS):
        return Kind.TEXT
    if isinstance(parent, exp.Is):
        return Kind.BOOLEAN if isinstance(parent.expression, exp.Boolean) else Kind.TEXT
    if isinstance(parent, _ARITHMETIC):
        return _in_arithmetic(parent, node, kind_of)
    if isinstance(parent, _CONDITIONS):
        return Kind.BOOLEAN
    return _in_construct(parent, node, kind_of)


def _through(parent: exp.Expr, node: exp.Expr, kind_of: KindOf) -> Kind:
    """Parentheses and what surrounds an aggregate pass their own place on."""
    if isinstance(parent, exp.Window) and node.arg_key == "partition_by":
        return Kind.VALUE
    return wanted(parent, kind_of)


def _in_construct(parent: exp.Expr, node: exp.Expr, kind_of: KindOf) -> Kind:
    if isinstance(parent, exp.Cast):
        return _in_cast(parent)
    if isinstance(parent, exp.If | exp.Case):
        return _in_case(parent, node, kind_of)
    if isinstance(parent, _CHOICES):
        return _agree(_others(parent, node), kind_of) or wanted(parent, kind_of)
    if isinstance(parent, exp.Select | exp.Subquery | exp.Alias):
        return _in_subquery(parent, kind_of)
    if isinstance(parent, exp.Explode | exp.Unnest):
        return Kind.VALUES
    if isinstance(parent, exp.Dot) and isinstance(parent.expression, exp.Anonymous):
        return _in_function(parent.expression, node)
    if isinstance(parent, exp.Bracket):
        return Kind.RAW
    return _in_function(parent, node)


def _in_function(function: exp.Expr, node: exp.Expr) -> Kind:
    names = names_of(function)
    found = Kind.VALUE
    if any(name.startswith("json") or name == "typeof" for name in names):
        found = Kind.RAW
    elif names & _FIRST_OF:
        found = Kind.VALUE if node.arg_key == "this" else Kind.ORDER
    elif names & _BOOLEAN_AGGREGATES:
        found = Kind.BOOLEAN
    elif names & _LISTS:
        found = Kind.TEXTS if node.arg_key == "this" or node.index == 0 else Kind.TEXT
    elif names & _TEXTUAL:
        found = Kind.TEXT
    elif names & _TEMPORAL:
        found = Kind.TIME
    elif names & _NUMERIC:
        found = Kind.NUMBER
    return found


def _in_arithmetic(parent: exp.Expr, node: exp.Expr, kind_of: KindOf) -> Kind:
    for other in _others(parent, node):
        if isinstance(other, exp.Interval) or kind_of(other) is Kind.TIME:
            return Kind.TIME
    return Kind.NUMBER


def _in_cast(cast: exp.Cast) -> Kind:
    kind = cast.to
    if kind.is_type(*_TIMES):
        return Kind.TIME
    if kind.is_type("JSON"):
        return Kind.VALUE
    if kind.args.get("nested"):
        return Kind.RAW
    return Kind.TEXT


def _in_case(parent: exp.Expr, node: exp.Expr, kind_of: KindOf) -> Kind:
    if isinstance(parent, exp.If) and node.arg_key == "this":
        case = parent.parent
        if not isinstance(case, exp.Case) or case.this is None:
            return Kind.BOOLEAN
        return _agree([case.this], kind_of) or Kind.TEXT
    case = parent.parent if isinstance(parent.parent, exp.Case) else parent
    if not isinstance(case, exp.Case):
        return _agree(_others(parent, node), kind_of) or wanted(parent, kind_of)
    if case.this is node:
        return _agree([branch.this for branch in case.args["ifs"]], kind_of) or Kind.TEXT
    results = [branch.args.get("true") for branch in case.args["ifs"]] + [case.args.get("default")]
    found = _agree([r for r in results if r is not None and r is not node], kind_of)
    return found or wanted(case, kind_of)


def _in_subquery(parent: exp.Expr, kind_of: KindOf) -> Kind:
    """The single column of a subquery that is compared is wanted as what it is compared with."""
    while isinstance(parent, exp.Alias):
        if not isinstance(parent.parent, exp.Expr):
            return Kind.VALUE
        parent = parent.parent
    outer = parent.parent
    if isinstance(parent, exp.Select) and isinstance(outer, exp.Subquery):
        parent, outer = outer, outer.parent
    if isinstance(outer, exp.In) and outer.args.get("query") is parent:
        return _agree([outer.this], kind_of) or Kind.TEXT
    if isinstance(parent, exp.Subquery) and isinstance(outer, (*_COMPARE, *_ARITHMETIC)):
        return wanted(parent, kind_of)
    return Kind.VALUE


def _others(parent: exp.Expr, node: exp.Expr) -> list[exp.Expr]:
    return [child for child in parent.iter_expressions() if child is not node]


def _agree(others: Iterable[exp.Expr], kind_of: KindOf) -> Kind | None:
    """The kind that the first telling one has; exact as soon as one is."""
    kinds = [kind for kind in map(kind_of, others) if kind is not None]
    if Kind.EXACT in kinds:
        return Kind.EXACT
    return kinds[0] if kinds else None


_TIMES: Final = ("TIMESTAMP", "TIMESTAMPTZ", "DATE", "DATETIME", "TIMESTAMPNTZ", "TIMESTAMP_S")
_BY_TYPE: Final = {
    "VARCHAR": Kind.TEXT,
    "BOOLEAN": Kind.BOOLEAN,
    "DOUBLE": Kind.NUMBER,
    "FLOAT": Kind.NUMBER,
    "INTEGER": Kind.NUMBER,
    "BIGINT": Kind.EXACT,
    "HUGEINT": Kind.EXACT,
    "TIMESTAMP": Kind.TIME,
    "DATE": Kind.TIME,
    "TIMESTAMP WITH TIME ZONE": Kind.TIME,
}


def kind_of_type(name: str) -> Kind | None:
    """The kind of a column's type as DuckDB names it; None for JSON and what has no kind here."""
    return _BY_TYPE.get(name.upper())


def kind_of_expression(node: exp.Expr, column: KindOf) -> Kind | None:
    """The kind of an expression; `column` tells it of columns. None where it cannot be told."""

    def inner(child: exp.Expr) -> Kind | None:
        return kind_of_expression(child, column)

    if isinstance(node, exp.Column):
        return column(node)
    if isinstance(node, exp.Literal | exp.Boolean | exp.Neg):
        return _of_literal(node, inner)
    if isinstance(node, exp.Cast):
        return _of_cast(node)
    if isinstance(node, exp.Paren | exp.Alias | exp.Window | exp.Filter):
        return inner(node.this)
    if isinstance(node, exp.Subquery | exp.Select):
        projections = node.selects
        return inner(projections[0]) if projections else None
    if isinstance(node, _ARITHMETIC):
        times = (inner(child) is Kind.TIME for child in node.iter_expressions())
        return Kind.TIME if any(times) else Kind.NUMBER
    if isinstance(node, (*_COMPARE, *_CONDITIONS, exp.Is, exp.In, exp.Between, exp.Exists)):
        return Kind.BOOLEAN
    if isinstance(node, exp.Case):
        return _agree([branch.args["true"] for branch in node.args["ifs"]], inner)
    if isinstance(node, (*_CHOICES, exp.Tuple, exp.Array)):
        return _agree(node.iter_expressions(), inner)
    return _of_function(node, inner)


def _of_literal(node: exp.Expr, inner: KindOf) -> Kind | None:
    if isinstance(node, exp.Neg):
        return inner(node.this)
    if isinstance(node, exp.Boolean):
        return Kind.BOOLEAN
    if node.args.get("is_string"):
        return Kind.TEXT
    text = str(node.this)
    return Kind.EXACT if text.isdigit() and int(text) >= _2_53 else Kind.NUMBER


def _of_cast(cast: exp.Cast) -> Kind | None:
    if cast.to.is_type(*_TIMES):
        return Kind.TIME
    if cast.to.is_type(*exp.DataType.TEXT_TYPES):
        return Kind.TEXT
    if cast.to.is_type("BIGINT", "HUGEINT", "UBIGINT"):
        return Kind.EXACT
    if cast.to.is_type(*exp.DataType.NUMERIC_TYPES):
        return Kind.NUMBER
    return Kind.BOOLEAN if cast.to.is_type("BOOLEAN") else None


_NOW = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentDatetime, exp.TsOrDsAdd, exp.DateAdd)
_TRUNCATED = (exp.DateTrunc, exp.TimestampTrunc, exp.DateSub, exp.StrToTime)
_SAME_AS_ARGUMENT: Final = _words("any_value first last max min lag lead first_value")
_TEXT_RESULTS: Final = _words(
    "concat concat_ws group_concat initcap lcase left lower lpad ltrim md5 regexp_extract "
    "regexp_replace replace reverse right rpad rtrim split_part strftime string_agg substr "
    "substring time_to_str trim ucase upper"
)
_NUMBER_RESULTS: Final = _words(
    "approx_count_distinct count date_diff datediff date_part day dayofweek epoch epoch_ms "
    "extract hour instr json_array_length len length minute month quarter random row_number "
    "second strlen strpos week year"
)
_TIME_RESULTS: Final = _words(
    "current_date current_timestamp date_add date_sub date_trunc get_current_timestamp last_day "
    "make_date make_timestamp now strptime time_bucket to_timestamp today try_strptime"
)


def _of_function(node: exp.Expr, inner: KindOf) -> Kind | None:
    names = names_of(node)
    found: Kind | None = None
    if isinstance(node, (*_NOW, *_TRUNCATED)) or names & _TIME_RESULTS:
        found = Kind.TIME
    elif names & _SAME_AS_ARGUMENT and isinstance(node.this, exp.Expr):
        found = inner(node.this)
        if found is None and names & _NUMERIC:
            found = Kind.NUMBER
    elif names & _TEXT_RESULTS:
        found = Kind.TEXT
    elif names & (_NUMERIC | _NUMBER_RESULTS):
        found = Kind.NUMBER
    return found
