"""Asking DuckDB: the formats of an answer, its limits, its cancelling, its errors."""

import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater.errors import (
    QueryCancelledError,
    QueryError,
    QueryLimitError,
    QueryRefusedError,
)
from headwater.queries.catalog import Catalog
from headwater.queries.model import Format, Question
from headwater.warehouses.duckdb.asking import Asker, Limits
from headwater.warehouses.duckdb.engine import Tuning, connect
from headwater.warehouses.duckdb.lookup import CursorCatalog

LIMITS = Limits(max_rows=1000, timeout_seconds=60, concurrency=2)
FOREVER = "SELECT count(*) FROM range(100000000000) AS t(i) WHERE i % 7 = 3"


class OneWorkspace:
    """A database file that stands for a workspace's warehouse."""

    def __init__(self, path: Path) -> None:
        self.connection = connect(path, Tuning(memory="120MB"))
        self.asked = threading.Event()

    def cursor(self, workspace_id: str) -> duckdb.DuckDBPyConnection:
        assert workspace_id == "w"
        self.asked.set()
        return self.connection.cursor()

    def catalog(self, cursor: duckdb.DuckDBPyConnection, workspace_id: str) -> Catalog:
        return CursorCatalog(cursor, lambda _name: None)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[OneWorkspace]:
    made = OneWorkspace(tmp_path / "w.duckdb")
    made.connection.execute(
        "CREATE TABLE orders (id BIGINT, name VARCHAR, properties JSON); "
        "INSERT INTO orders VALUES (1, '订单 🎉', '{\"a\": \"x\", \"n\": 5}'), (2, NULL, '{}')"
    )
    yield made
    made.connection.close()


@pytest.fixture
def asker(workspace: OneWorkspace) -> Asker:
    return Asker(workspace, LIMITS)


def answer(asker: Asker, sql: str, **rest: Any) -> Any:
    with asker.ask(Question(sql=sql, workspace_id="w", **rest)).body as body:
        return json.loads(body.read())


def test_an_answer_is_as_the_contract_says(asker: Asker) -> None:
    sql = "SELECT id, name FROM orders ORDER BY id"
    assert answer(asker, sql) == {
        "sql": sql,
        "columns": [{"name": "id", "type": "BIGINT"}, {"name": "name", "type": "VARCHAR"}],
        "data": [{"id": 1, "name": "订单 🎉"}, {"id": 2, "name": None}],
        "total": 2,
        "truncated": False,
    }


def test_no_rows_are_an_answer_too(asker: Asker) -> None:
    found = answer(asker, "SELECT id FROM orders WHERE false")
    assert (found["data"], found["total"]) == ([], 0)
    assert found["columns"] == [{"name": "id", "type": "BIGINT"}]


@pytest.mark.parametrize(
    ("expression", "kind", "expected"),
    [
        ("TRUE", "BOOLEAN", True),
        ("9223372036854775807", "BIGINT", 9223372036854775807),
        ("sum(9223372036854775807::BIGINT)", "HUGEINT", 9223372036854775807),
        ("-170141183460469231731687303715884105727::HUGEINT", "HUGEINT", -(2**127) + 1),
        ("1.50::DECIMAL(10, 2)", "DECIMAL(10,2)", 1.5),
        ("0.1::DOUBLE", "DOUBLE", 0.1),
        ("'NaN'::DOUBLE", "DOUBLE", None),
        ("'-Infinity'::DOUBLE", "DOUBLE", None),
        ("TIMESTAMP '2026-11-23 10:00:00'", "TIMESTAMP", "2026-11-23T10:00:00.000Z"),
        ("TIMESTAMP '2026-11-23 10:00:00.123456'", "TIMESTAMP", "2026-11-23T10:00:00.123456Z"),
        (
            "TIMESTAMPTZ '2026-11-23 10:00:00+02'",
            "TIMESTAMP WITH TIME ZONE",
            "2026-11-23T08:00:00.000Z",
        ),
        ("TIMESTAMP 'infinity'", "TIMESTAMP", None),
        ("DATE '2026-11-23'", "DATE", "2026-11-23"),
        ("TIME '10:00:01'", "TIME", "10:00:01"),
        ("INTERVAL '14 months 3 days 1.5 seconds'", "INTERVAL", "P14M3DT1.5S"),
        ('\'{"a": [1, null, "x"]}\'::JSON', "JSON", {"a": [1, None, "x"]}),
        ("'null'::JSON", "JSON", None),
        ("'12345678901234567890123'::JSON", "JSON", 12345678901234567890123),
        ("[1, NULL]", "INTEGER[]", [1, None]),
        (
            "{'a': 1, 'b': DATE '2026-01-01'}",
            "STRUCT(a INTEGER, b DATE)",
            {"a": 1, "b": "2026-01-01"},
        ),
        ("MAP {'k': 1}", "MAP(VARCHAR, INTEGER)", [["k", 1]]),
        ("'\\xAA'::BLOB", "BLOB", "qg=="),
        ("NULL::VARCHAR", "VARCHAR", None),
    ],
)
def test_each_type_has_its_form_in_json(
    asker: Asker, expression: str, kind: str, expected: object
) -> None:
    found = answer(asker, f"SELECT {expression} AS value")
    assert found["columns"] == [{"name": "value", "type": kind}]
    assert found["data"] == [{"value": expected}]


def test_times_are_utc_wherever_the_machine_stands(asker: Asker) -> None:
    sql = "SELECT TIMESTAMP '2026-01-01' = TIMESTAMPTZ '2026-01-01 00:00:00+00' AS same"
    assert answer(asker, sql)["data"] == [{"same": True}]
    sql = "SELECT current_timestamp::TIMESTAMP - current_timestamp AT TIME ZONE 'UTC' AS apart"
    assert answer(asker, sql)["data"] == [{"apart": "PT0S"}]


def test_columns_of_the_same_name_are_told_apart(asker: Asker) -> None:
    found = answer(asker, "SELECT 1 AS a, 2 AS A, 3 AS a FROM orders LIMIT 1")
    assert len({name.lower() for name in found["data"][0]}) == 3
    assert list(found["data"][0].values()) == [1, 2, 3]


def test_a_changed_column_keeps_its_written_name(asker: Asker) -> None:
    found = answer(asker, "SELECT sum(properties.n), properties.a FROM orders GROUP BY ALL LIMIT 1")
    assert [column["name"] for column in found["columns"]] == ["sum(properties.n)", "a"]


def test_more_rows_than_the_limit_are_cut_and_said_so(asker: Asker) -> None:
    found = answer(asker, "SELECT * FROM range(100000000000)", max_rows=7)
    assert (found["total"], len(found["data"]), found["truncated"]) == (7, 7, True)
    found = answer(asker, "SELECT * FROM range(7)", max_rows=7)
    assert (found["total"], found["truncated"]) == (7, False)


def test_an_asker_cannot_raise_the_limit(asker: Asker) -> None:
    assert answer(asker, "SELECT * FROM range(5000)", max_rows=5000)["total"] == 1000


def test_order_survives_the_row_limit(asker: Asker) -> None:
    found = answer(asker, "SELECT i FROM range(100000) t(i) ORDER BY i DESC", max_rows=3)
    assert [row["i"] for row in found["data"]] == [99999, 99998, 99997]


def test_csv_has_a_header_empty_nulls_and_plain_texts(asker: Asker) -> None:
    sql = "SELECT id, name, properties.a, properties, true AS t FROM orders ORDER BY id"
    with asker.ask(Question(sql=sql, workspace_id="w", format=Format.CSV)).body as body:
        rows = list(csv.reader(io.StringIO(body.read().decode())))
    assert rows == [
        ["id", "name", "a", "properties", "t"],
        ["1", "订单 🎉", "x", '{"a": "x", "n": 5}', "true"],
        ["2", "", "", "{}", "true"],
    ]


def test_parquet_can_be_read_back(asker: Asker) -> None:
    sql = "SELECT id, properties.n, INTERVAL 1 DAY AS i, 5::HUGEINT AS h FROM orders ORDER BY id"
    with asker.ask(Question(sql=sql, workspace_id="w", format=Format.PARQUET)).body as body:
        table = pq.read_table(io.BytesIO(body.read()))
    assert table.column("id").to_pylist() == [1, 2]
    assert table.column("n").to_pylist() == ["5", None]
    assert table.column("i").to_pylist() == ["P1D", "P1D"]


def test_arrow_says_what_each_column_is(asker: Asker) -> None:
    sql = "SELECT id, properties FROM orders ORDER BY id"
    with (
        asker.ask(Question(sql=sql, workspace_id="w", format=Format.ARROW)).body as body,
        pa.ipc.open_stream(body.read()) as reader,
    ):
        table = reader.read_all()
    assert table.schema.field("properties").metadata == {b"headwater.type": b"JSON"}
    assert table.num_rows == 2


def test_a_workbook_has_texts_numbers_and_times(asker: Asker) -> None:
    sql = (
        "SELECT '=1+1' AS f, 1.5 AS n, 9007199254740993 AS big, TIMESTAMP '2026-01-31 12:00:00' AS"
        " at, NULL AS none, repeat('x', 40000) AS long, true AS yes"
    )
    with asker.ask(Question(sql=sql, workspace_id="w", format=Format.XLSX)).body as body:
        sheet = openpyxl.load_workbook(io.BytesIO(body.read())).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("f", "n", "big", "at", "none", "long", "yes")
    noon = datetime.fromisoformat("2026-01-31T12:00:00")
    assert rows[1][:5] == ("=1+1", 1.5, "9007199254740993", noon, None)
    assert sheet["A2"].data_type == "s"
    assert len(str(rows[1][5])) == 32_767


def test_values_of_parameters_are_bound_and_errors_are_at_their_own_place(asker: Asker) -> None:
    sql = "SELECT id FROM orders WHERE properties.a = {{a}} AND properties.n >= {{n:number=1}}"
    asked = Question(sql=sql, workspace_id="w", parameters={"a": "x"})
    with asker.ask(asked).body as body:
        assert json.loads(body.read())["data"] == [{"id": 1}]
    asked = Question(sql=sql, workspace_id="w", parameters={"a": "x' OR true --"})
    with asker.ask(asked).body as body:
        assert json.loads(body.read())["data"] == []
    wrong = "SELECT {{a}}, oops FROM orders"
    with pytest.raises(QueryError) as error:
        asker.ask(Question(sql=wrong, workspace_id="w", parameters={"a": "a long value"}))
    assert error.value.position == wrong.index("oops")


@pytest.mark.parametrize("format_", list(Format))
def test_every_format_writes_an_answer_larger_than_a_batch(
    workspace: OneWorkspace, format_: Format
) -> None:
    asker = Asker(workspace, Limits(max_rows=50_000, timeout_seconds=60, concurrency=1))
    sql = "SELECT i, 'text ' || i AS t FROM range(25000) r(i)"
    spooled = asker.ask(Question(sql=sql, workspace_id="w", format=format_))
    assert spooled.answer.total == 25_000
    with spooled.body as body:
        assert len(body.read()) > 1000


@pytest.mark.parametrize("sql", ["EXPLAIN SELECT id FROM orders", "DESCRIBE orders", "SHOW TABLES"])
def test_what_describes_is_answered_as_rows(asker: Asker, sql: str) -> None:
    assert answer(asker, sql)["total"] >= 1


def test_a_refused_question_does_not_reach_the_database(
    asker: Asker, workspace: OneWorkspace
) -> None:
    with pytest.raises(QueryRefusedError):
        answer(asker, "SELECT * FROM read_csv('/etc/passwd')")
    assert not workspace.asked.is_set()


def test_a_question_cannot_write_whatever_the_guards_say(workspace: OneWorkspace) -> None:
    cursor = workspace.connection.cursor()
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    with pytest.raises(duckdb.Error):
        cursor.execute("INSERT INTO orders VALUES (3, 'x', '{}')")


def test_a_variable_of_this_program_is_no_table(asker: Asker) -> None:
    orders_of_python = pa.table({"a": [1]})
    assert orders_of_python.num_rows == 1
    with pytest.raises(QueryError):
        answer(asker, "SELECT * FROM orders_of_python")


def test_an_error_keeps_what_the_database_suggests(asker: Asker) -> None:
    with pytest.raises(QueryError) as failed:
        answer(asker, "SELECT id FROM ordrs")
    assert "ordrs" in failed.value.message
    assert "orders" in failed.value.hint
    assert "LINE 1" not in str(failed.value)
    with pytest.raises(QueryError) as failed:
        answer(asker, "SELECT 1 FROM settings")
    assert failed.value.hint == "SHOW TABLES lists what can be asked."
    with pytest.raises(QueryError) as failed:
        answer(asker, "SELECT nam FROM orders")
    assert "name" in failed.value.hint or "name" in failed.value.message


def test_an_error_while_rows_are_read_is_no_half_answer(asker: Asker) -> None:
    with pytest.raises(QueryError) as failed:
        answer(asker, "SELECT (CASE WHEN i = 900 THEN 'x' ELSE '1' END)::INT FROM range(1000) t(i)")
    assert "'x'" in failed.value.message


def test_a_question_over_its_time_is_interrupted(asker: Asker) -> None:
    with pytest.raises(QueryLimitError) as over:
        answer(asker, FOREVER, timeout_seconds=0.2)
    assert "0.2 s" in over.value.message
    assert answer(asker, "SELECT 1 AS one")["data"] == [{"one": 1}]


def test_a_question_over_its_memory_says_so(asker: Asker) -> None:
    with pytest.raises(QueryLimitError) as over:
        answer(asker, "SELECT list(i) FROM range(100000000) t(i)")
    assert "memory" in over.value.message


def test_a_question_can_be_cancelled(asker: Asker, workspace: OneWorkspace) -> None:
    raised = in_thread(lambda: answer(asker, FOREVER, query_id="q1"))
    assert workspace.asked.wait(30)
    assert asker.cancel("q1")
    assert isinstance(raised(), QueryCancelledError)
    assert not asker.cancel("q1")


def test_two_questions_cannot_have_one_id(asker: Asker, workspace: OneWorkspace) -> None:
    raised = in_thread(lambda: answer(asker, FOREVER, query_id="q1"))
    assert workspace.asked.wait(30)
    with pytest.raises(QueryError, match="q1"):
        answer(asker, "SELECT 1", query_id="q1")
    asker.cancel("q1")
    raised()


def test_a_question_waits_for_its_turn_and_gives_up_in_time(workspace: OneWorkspace) -> None:
    asker = Asker(workspace, Limits(max_rows=10, timeout_seconds=60, concurrency=1))
    raised = in_thread(lambda: answer(asker, FOREVER, query_id="q1"))
    assert workspace.asked.wait(30)
    with pytest.raises(QueryLimitError, match="running"):
        answer(asker, "SELECT 1", timeout_seconds=0.1)
    waiting = in_thread(lambda: answer(asker, "SELECT 1"))
    asker.cancel("q1")
    assert isinstance(raised(), QueryCancelledError)
    assert waiting() is None


def test_loading_goes_on_beside_a_long_question(asker: Asker, workspace: OneWorkspace) -> None:
    raised = in_thread(lambda: answer(asker, FOREVER, query_id="q1"))
    assert workspace.asked.wait(30)
    workspace.connection.execute("INSERT INTO orders VALUES (3, 'new', '{}')")
    assert answer(asker, "SELECT count(*) AS n FROM orders")["data"] == [{"n": 3}]
    asker.cancel("q1")
    raised()


def in_thread(work: Callable[[], object]) -> Callable[[], Exception | None]:
    """Start work in a thread; the result waits for it and returns what it raised."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def wait() -> Exception | None:
        thread.join(60)
        return raised[0] if raised else None

    return wait


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SELECT id,\n  nmae FROM orders", "nmae"),
        ("SELECT id FROM ordrs", "ordrs"),
        ("SELECT id FROM orders WHERE id = 'five'", "'five'"),
        ("EXPLAIN SELECT nmae FROM orders", "nmae"),
        ("SELECT lower(id, id, id) FROM orders", ")"),
        ("SELECT name, count(*) FROM orders", "name"),
    ],
)
def test_an_error_points_at_its_place_in_the_text(asker: Asker, sql: str, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        asker.ask(Question(sql=sql, workspace_id="w"))
    assert caught.value.position == sql.index(word)
