"""What questions mean: event views by the columns used, JSON paths by their place."""

from typing import Any

import pytest

PEOPLE = (
    {"properties": {"plan": "pro", "seats": 10, "ok": True, "city": "Ulm", "tags": ["a", "b"]}},
    {"properties": {"plan": None, "seats": "9.5", "ok": False, "city": "Aachen", "tags": []}},
    {"properties": {"plan": 5, "seats": "many", "ok": "true", "city": 7}},
    {"properties": {}},
)


@pytest.fixture
def people(warehouse: Any) -> Any:
    warehouse.add(*PEOPLE)
    return warehouse


def ids(warehouse: Any, condition: str) -> list[str]:
    sql = f"SELECT messageId FROM track WHERE {condition} ORDER BY 1"
    return [row[0] for row in warehouse.ask(sql)]


def test_the_users_two_questions_run_as_they_stand(warehouse: Any) -> None:
    warehouse.add(
        {"id": "i1", "type": "identify", "event": None, "properties": {"signedUp": True}},
        {"id": "i2", "type": "identify", "event": None, "properties": {"signedUp": "true"}},
        {"id": "i3", "type": "identify", "event": None, "properties": {"signedUp": False}},
        {"id": "p1", "event": "page_view", "user_id": "a", "timestamp": "2023-10-02"},
        {"id": "p2", "event": "page_view", "user_id": "a", "timestamp": "2023-10-03"},
        {"id": "p3", "event": "page_view", "user_id": "b", "timestamp": "2023-09-30"},
    )
    assert warehouse.ask("SELECT COUNT(*) FROM identify WHERE properties.signedUp = true") == [(1,)]
    assert warehouse.ask(
        "SELECT COUNT(DISTINCT userId) FROM page_view WHERE timestamp > '2023-10-01'"
    ) == [(1,)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("properties.plan = 'pro'", ["m0"]),
        ("'pro' = properties.plan", ["m0"]),
        ("properties.plan <> 'pro'", ["m2"]),
        ("properties.plan = 5", ["m2"]),
        ("properties.plan IN ('pro', 'free')", ["m0"]),
        ("properties.plan LIKE 'p%'", ["m0"]),
        ("properties.plan ILIKE 'P%'", ["m0"]),
        ("lower(properties.city) = 'ulm'", ["m0"]),
        ("properties.city || '!' = 'Ulm!'", ["m0"]),
        ("regexp_matches(properties.city, '^A')", ["m1"]),
        ("properties.plan IS NULL", ["m1", "m3"]),
        ("properties.plan IS NOT NULL", ["m0", "m2"]),
        ("properties.nothing.at.all IS NULL", ["m0", "m1", "m2", "m3"]),
        ("properties.seats > 9", ["m0", "m1"]),
        ("properties.seats BETWEEN 9 AND 9.5", ["m1"]),
        ("properties.seats + 1 = 11", ["m0"]),
        ("-properties.seats < -9.9", ["m0"]),
        ("properties.ok", ["m0"]),
        ("NOT properties.ok", ["m1"]),
        ("properties.ok = true", ["m0"]),
        ("properties.ok IS NOT TRUE", ["m1", "m2", "m3"]),
        ("properties.ok AND properties.seats > 1", ["m0"]),
        ("properties.tags[0] = 'a'", ["m0"]),
        ("properties->>'plan' = 'pro'", ["m0"]),
        ("properties->'tags'->>1 = 'b'", ["m0"]),
        ("properties['plan'] = 'pro'", ["m0"]),
        ("list_contains(properties.tags, 'b')", ["m0"]),
        ("coalesce(properties.plan, 'none') = 'none'", ["m1", "m3"]),
        ("track.properties.plan = 'pro'", ["m0"]),
        ("main.track.properties.plan = 'pro'", ["m0"]),
        ("PROPERTIES.plan = 'pro'", ["m0"]),
        ("properties.Plan = 'pro'", []),
        ("json_array_length(properties.tags) = 2", ["m0"]),
        ("properties LIKE '%Aachen%'", ["m1"]),
        ("properties.city IN (SELECT 'Ulm')", ["m0"]),
        ("'Ulm' IN (SELECT b.properties.city FROM track b)", ["m0", "m1", "m2", "m3"]),
        ("EXISTS (SELECT 1 FROM track b WHERE b.properties.city = track.properties.plan)", []),
    ],
)
def test_a_path_is_compared_as_its_place_wants(
    people: Any, condition: str, expected: list[str]
) -> None:
    assert ids(people, condition) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT sum(properties.seats) FROM track", [(19.5,)]),
        ("SELECT avg(t.properties.seats) FROM track AS t", [(9.75,)]),
        ("SELECT max(properties.seats) - min(properties.seats) FROM track", [(0.5,)]),
        ("SELECT median(properties.seats) FROM track", [(9.75,)]),
        ("SELECT quantile_cont(properties.seats, 0.5) FROM track", [(9.75,)]),
        (
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY properties.seats) FROM track",
            [(9.75,)],
        ),
        ("SELECT count(properties.plan), count(DISTINCT properties.plan) FROM track", [(2, 2)]),
        ("SELECT count(*) FILTER (WHERE properties.ok) FROM track", [(1,)]),
        ("SELECT count_if(properties.ok), bool_or(properties.ok) FROM track", [(1, True)]),
        ("SELECT max_by(messageId, properties.city) FROM track", [("m0",)]),
        (
            "SELECT string_agg(properties.city, ',' ORDER BY properties.city) FROM track",
            [("7,Aachen,Ulm",)],
        ),
        (
            (
                "SELECT CASE WHEN properties.ok THEN properties.city ELSE '-' END FROM track "
                "ORDER BY messageId"
            ),
            [("Ulm",), ("-",), ("-",), ("-",)],
        ),
        ("SELECT properties.plan::INT FROM track WHERE properties.plan = 5", [(5,)]),
        ("SELECT typeof(properties.city) FROM track LIMIT 1", [("JSON",)]),
        ("SELECT (SELECT max(properties.seats) FROM track) AS most", [(10.0,)]),
        ("SELECT unnest(properties.tags) FROM track", [('"a"',), ('"b"',)]),
        (
            "SELECT e.key FROM track, json_each(properties) AS e WHERE e.value = '\"pro\"'",
            [("plan",)],
        ),
    ],
)
def test_a_path_in_an_expression_is_what_the_expression_needs(
    people: Any, sql: str, expected: list[tuple[Any, ...]]
) -> None:
    assert people.ask(sql) == expected


def test_a_selected_path_keeps_its_json_type_and_its_name(people: Any) -> None:
    sql = "SELECT properties.plan, properties.seats FROM track ORDER BY messageId"
    assert people.names(sql) == ["plan", "seats"]
    assert people.ask(sql) == [('"pro"', "10"), (None, '"9.5"'), ("5", '"many"'), (None, None)]


def test_a_changed_expression_keeps_the_name_that_was_written(people: Any) -> None:
    sql = "SELECT count(*), sum(properties.seats), max(properties.seats)*2 AS double FROM track"
    assert people.names(sql) == ["count_star()", "sum(properties.seats)", "double"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT properties.city FROM track ORDER BY properties.city",
        "SELECT properties.city AS c FROM track ORDER BY c",
        "SELECT properties.city FROM track GROUP BY properties.city ORDER BY properties.city",
        "SELECT properties.city AS c FROM track GROUP BY c ORDER BY c",
        "SELECT DISTINCT properties.city FROM track ORDER BY properties.city",
    ],
)
def test_paths_sort_numbers_by_size_then_texts_then_what_is_missing(people: Any, sql: str) -> None:
    people.add({"id": "m9", "properties": {"city": 10}})
    assert people.ask(sql) == [("7",), ("10",), ('"Aachen"',), ('"Ulm"',), (None,)]


def test_a_null_of_json_and_a_missing_value_are_one_group(people: Any) -> None:
    sql = "SELECT properties.plan, count(*) FROM track GROUP BY 1 ORDER BY 2, 1"
    assert people.ask(sql) == [('"pro"', 1), ("5", 1), (None, 2)]


def test_grouping_admits_expressions_over_the_grouped_path(people: Any) -> None:
    sql = (
        "SELECT upper(properties.city), count(*) FROM track WHERE properties.city IS NOT NULL "
        "GROUP BY properties.city HAVING properties.city <> 'Ulm' ORDER BY 1"
    )
    assert people.ask(sql) == [("7", 1), ("AACHEN", 1)]


def test_times_in_json_compare_with_times_by_their_zone(warehouse: Any) -> None:
    warehouse.add(
        {"properties": {"due": "2026-05-01T00:30:00+02:00"}},
        {"properties": {"due": "2026-05-01T00:30:00Z"}},
        {"properties": {"due": "soon"}},
    )
    assert ids(warehouse, "properties.due < TIMESTAMP '2026-05-01'") == ["m0"]
    sql = "SELECT date_trunc('month', properties.due)::DATE::TEXT FROM track ORDER BY messageId"
    assert warehouse.ask(sql) == [("2026-04-01",), ("2026-05-01",), (None,)]


def test_whole_numbers_beyond_doubles_compare_exactly(warehouse: Any) -> None:
    warehouse.add({"properties": {"n": 9007199254740993}}, {"properties": {"n": 9007199254740992}})
    assert ids(warehouse, "properties.n = 9007199254740993") == ["m0"]
    assert ids(warehouse, "properties.n > 9007199254740992") == ["m0"]
    assert ids(warehouse, "properties.n IN (9007199254740992)") == ["m1"]


def test_names_with_odd_characters_are_quoted(warehouse: Any) -> None:
    odd = 'a "b" $.c/~[0]\\ 订单'
    warehouse.add({"properties": {odd: 1, "x": {"Order Id": [{"y": "z"}]}}})
    quoted = odd.replace('"', '""')
    assert ids(warehouse, f'properties."{quoted}" = 1') == ["m0"]
    assert ids(warehouse, "properties.x.\"Order Id\"[0].y = 'z'") == ["m0"]


def test_paths_deeper_than_a_qualified_name_can_be(warehouse: Any) -> None:
    warehouse.add({"properties": {"a": {"b": {"c": {"d": {"e": {"f": "g"}}}}}}})
    assert ids(warehouse, "properties.a.b.c.d.e.f = 'g'") == ["m0"]
    assert ids(warehouse, "track.properties.a.b.c.d.e.f = 'g'") == ["m0"]


def test_paths_go_on_through_common_table_expressions(people: Any) -> None:
    named = "WITH t AS (SELECT userId, properties.plan AS plan, properties FROM track) "
    assert people.ask(named + "SELECT count(*) FROM t WHERE plan = 'pro'") == [(1,)]
    assert people.ask(named + "SELECT count(*) FROM t WHERE t.plan IS NULL") == [(2,)]
    assert people.ask(named + "SELECT count(*) FROM t WHERE properties.seats > 9") == [(2,)]
    sub = "SELECT sum(s) FROM (SELECT properties.seats AS s FROM track) WHERE s < 10"
    assert people.ask(sub) == [(9.5,)]


def test_an_alias_of_a_path_can_be_filtered_by(people: Any) -> None:
    sql = "SELECT messageId, properties.plan AS plan FROM track WHERE plan = 'pro'"
    assert people.ask(sql) == [("m0", '"pro"')]


def test_paths_join_by_their_text(people: Any) -> None:
    sql = (
        "SELECT count(*) FROM track a JOIN track b ON a.properties.city = b.properties.city "
        "AND a.messageId <= b.messageId"
    )
    assert people.ask(sql) == [(3,)]


@pytest.fixture
def orders(warehouse: Any) -> Any:
    warehouse.add(
        {"id": "o1", "event": "order_completed", "user_id": "u1", "properties": {"note": "x"}},
        {"id": "o2", "event": "order_completed", "user_id": "u2", "properties": {"note": "y"}},
    )
    warehouse.connection.execute(
        "INSERT INTO web.order_completed SELECT id, event, user_id, anonymous_id, timestamp, "
        "received_at, 10, 'ten', 3 FROM _headwater.events_web; "
        "INSERT INTO web.users VALUES ('u1', 'e')"
    )
    return warehouse


def test_an_event_view_has_exactly_the_events_shape(orders: Any) -> None:
    assert orders.names("SELECT * FROM order_completed") == [
        "messageId",
        "type",
        "event",
        "userId",
        "anonymousId",
        "timestamp",
        "receivedAt",
        "properties",
        "context",
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT sum(revenue) FROM order_completed", [(20.0,)]),
        ("SELECT sum(o.revenue) FROM order_completed o WHERE o.userId = 'u1'", [(10.0,)]),
        ("SELECT sum(order_completed.revenue) FROM main.order_completed", [(20.0,)]),
        (
            "SELECT revenue, properties.note FROM order_completed ORDER BY messageId",
            [(10.0, '"x"'), (10.0, '"y"')],
        ),
        ("SELECT count(*) FROM order_completed WHERE coupon = 'ten' AND type = 'track'", [(2,)]),
        ("SELECT id FROM order_completed o JOIN users ON users.id = o.userId", [("u1",)]),
        (
            (
                "SELECT a.revenue, b.properties.note FROM order_completed a "
                "JOIN order_completed b USING (messageId) ORDER BY 2"
            ),
            [(10.0, '"x"'), (10.0, '"y"')],
        ),
        (
            "SELECT properties.note AS revenue FROM order_completed GROUP BY revenue ORDER BY 1",
            [('"x"',), ('"y"',)],
        ),
        ("SELECT sum(revenue) FROM web.order_completed", [(20.0,)]),
        ("WITH order_completed AS (SELECT 7 AS revenue) SELECT * FROM order_completed", [(7,)]),
        (
            (
                "SELECT (SELECT sum(revenue) FROM order_completed o WHERE o.userId = users.id) "
                "FROM users"
            ),
            [(10.0,)],
        ),
    ],
)
def test_an_event_view_has_the_columns_that_the_question_uses(
    orders: Any, sql: str, expected: list[tuple[Any, ...]]
) -> None:
    assert orders.ask(sql) == expected


def test_describing_an_event_view_shows_its_typed_columns_too(orders: Any) -> None:
    columns = {row[0] for row in orders.ask("DESCRIBE order_completed")}
    assert {"messageId", "properties", "revenue", "coupon"} <= columns


def test_what_is_internal_is_not_listed(orders: Any) -> None:
    listed = orders.ask("SHOW TABLES")
    assert ("main", "order_completed") in listed
    assert not [row for row in listed if row[0] == "_headwater"]
    schemas = orders.ask("SELECT DISTINCT table_schema FROM information_schema.columns")
    assert ("_headwater",) not in schemas


def test_a_question_without_paths_or_event_columns_is_left_as_it_is(orders: Any) -> None:
    sql = "select  /* odd   spacing */ COUNT( * )  from  users u where u.email like '%e%' -- end"
    assert orders.resolved(sql) == sql
