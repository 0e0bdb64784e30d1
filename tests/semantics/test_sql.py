import pytest

from headwater.analytics.conditions import Filter
from headwater.errors import InvalidError, QueryRefusedError
from headwater.queries.guard import guard
from headwater.semantics.checking import check
from headwater.semantics.model import Definitions, Dimension, Metric, Ratio
from headwater.semantics.sql import expanded

REVENUE = Metric(
    "revenue", "Order Completed", "sum", "revenue", [Filter("status", "is", "it's paid")]
)
ORDERS = Metric("orders", "Order Completed")
BUYERS = Metric("buyers", "Order Completed", "people", where=[Filter("total", "more", 10)])
DEFINED = Definitions(
    [REVENUE, ORDERS, BUYERS, Metric("each_order", ratio=Ratio("revenue", "orders"))],
    [Dimension("channel", "channel"), Dimension("place", "context.locale")],
)


def _said(sql: str) -> str:
    return expanded(sql, DEFINED).sql


def test_a_metric_is_written_out_with_its_event_and_filters() -> None:
    assert _said("SELECT METRIC(revenue) FROM track") == (
        "SELECT sum(TRY_CAST(json_extract_string(properties, '/revenue') AS DOUBLE))"
        " FILTER (WHERE \"event\" = 'Order Completed'"
        " AND json_extract_string(properties, '/status') = 'it''s paid') AS \"revenue\" FROM track"
    )


def test_a_ratio_divides_and_a_dimension_is_a_path_wherever_they_stand() -> None:
    said = _said(
        "SELECT DIMENSION(place), round(metric(each_order), 2) AS r FROM track"
        " GROUP BY DIMENSION(place), 1 ORDER BY METRIC(buyers)"
    )
    assert said.count("json_extract_string(context, '/locale')") == 2
    assert '/locale\') AS "place", round((sum(' in said
    assert "/ nullif(count(*) FILTER" in said
    assert said.endswith(
        'ORDER BY count(DISTINCT coalesce("userId", "anonymousId"))'
        " FILTER (WHERE \"event\" = 'Order Completed' AND"
        " TRY_CAST(json_extract_string(properties, '/total') AS DOUBLE) > 10)"
    )
    guard(said)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'METRIC(revenue)' FROM track",
        "SELECT 1 -- METRIC(revenue)",
        "SELECT metric FROM track",
        "SELECT 'unended",
    ],
)
def test_what_names_none_stays_as_it_is(sql: str) -> None:
    assert _said(sql) == sql


def test_an_unknown_name_is_refused_at_its_place_with_the_nearest() -> None:
    with pytest.raises(QueryRefusedError, match="no metric revenu") as refused:
        _said("SELECT METRIC(revenu) FROM track")
    assert (refused.value.position, refused.value.hint) == (7, "Did you mean revenue?")
    with pytest.raises(QueryRefusedError, match="no dimension revenue"):
        _said("SELECT DIMENSION(revenue) FROM track")


def test_a_place_in_what_runs_is_one_in_what_was_written() -> None:
    sql = "SELECT METRIC(orders), DIMENSION(channel), oops FROM track"
    found = expanded(sql, DEFINED)
    assert found.place(found.sql.index("oops")) == sql.index("oops")
    assert found.place(found.sql.index("count")) == sql.index("METRIC")
    assert found.place(found.sql.index("/channel")) == sql.index("DIMENSION")
    assert found.place(None) is None


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ([ORDERS, ORDERS], "stands twice"),
        ([Metric("x")], "names no event"),
        ([Metric("x", "E", "sum")], "sum of what"),
        ([Metric("x", "E", "people", "p")], "takes no property"),
        ([Metric("x", "E", where=[Filter("p", "more", "ten")])], "compared with no value"),
        ([Metric("x", ratio=Ratio("orders", "y")), ORDERS], "the metric y is not there"),
        (
            [Metric("x", ratio=Ratio("z", "orders")), ORDERS, Metric("z", ratio=Ratio("x", "x"))],
            "the metric z is a ratio itself",
        ),
        ([Metric("x", "E", ratio=Ratio("orders", "orders")), ORDERS], "no event of its own"),
    ],
)
def test_definitions_that_cannot_be_used_are_refused_by_name(
    metrics: list[Metric], says: str
) -> None:
    with pytest.raises(InvalidError, match=says):
        check(Definitions(metrics))
