"""What may be asked, and what is refused with a reason."""

from contextlib import suppress

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.errors import QueryRefusedError
from headwater.queries.guard import MAX_CHARACTERS, MAX_TOKENS, Prefix, guard
from headwater.queries.tree import check_tree

ALLOWED = [
    "SELECT 1",
    "select 1;",
    "SELECT /* ; */ 1 -- ;",
    "(SELECT 1)",
    "FROM tracks",
    "FROM tracks SELECT count(*) WHERE event = 'x'",
    "VALUES (1), (2)",
    "SELECT 1 UNION ALL BY NAME SELECT 2",
    "SELECT 1 EXCEPT SELECT 2 INTERSECT SELECT 3",
    "WITH a AS (SELECT 1 AS x) SELECT * FROM a",
    "WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x < 3) SELECT * FROM a",
    "SELECT * FROM range(3)",
    "SELECT * FROM generate_series(1, 3) AS t(day)",
    "SELECT unnest([1, 2])",
    "SELECT * FROM unnest([1, 2]) AS t(x)",
    "SELECT key FROM tracks, json_each(context)",
    "SELECT * FROM web.order_completed",
    'SELECT * FROM "group"',
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM information_schema.columns",
    "SELECT * EXCLUDE (id) FROM users",
    "SELECT * FROM users TABLESAMPLE 10%",
    "SELECT count(*) FILTER (WHERE a) OVER (PARTITION BY b ORDER BY c) FROM t QUALIFY true",
    "SELECT date_trunc('week', timestamp) AS week, count(*) FROM tracks GROUP BY ALL ORDER BY ALL",
    "SELECT * FROM a ASOF JOIN b ON a.t >= b.t",
    "SELECT list_transform([1], lambda x: x + 1)",
    "SELECT [x FOR x IN [1, 2] IF x > 1]",
    "SELECT {'a': 1}.a, MAP {'b': 2}['b']",
    "DESCRIBE tracks",
    "DESCRIBE SELECT 1",
    "SUMMARIZE tracks",
    "SHOW TABLES",
    "SELECT 'COPY t TO ''x''' AS text",
    "SELECT 'read_csv(''/etc/passwd'')'",
    'SELECT 1 AS "drop table users"',
]

STATEMENTS = [
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "DROP TABLE t",
    "TRUNCATE t",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW v AS SELECT 1",
    "CREATE MACRO m() AS 1",
    "CREATE SECRET s (TYPE s3)",
    "ALTER TABLE t ADD COLUMN a INT",
    "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
    "COPY t TO 'out.csv'",
    "COPY t FROM 'in.csv'",
    "COPY (SELECT 1) TO '/tmp/x.parquet'",
    "EXPORT DATABASE '/tmp/x'",
    "IMPORT DATABASE '/tmp/x'",
    "ATTACH '/tmp/other.db'",
    "DETACH main",
    "USE other",
    "SET memory_limit = '1TB'",
    "SET VARIABLE a = 1",
    "RESET memory_limit",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL httpfs FROM 'http://x'",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE t",
    "BEGIN TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "SHOW DATABASES",
    "SHOW ALL TABLES",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE t",
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a",
    "SELECT * INTO t FROM u",
    "EXPLAIN INSERT INTO t VALUES (1)",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN EXPLAIN SELECT 1",
    "COMMENT ON TABLE t IS 'x'",
    "KILL 1",
    "",
    "   ",
    ";",
    "-- nothing",
    "EXPLAIN",
    "hello",
    "SELECT 'open",
    "SELECT (1",
]

FILES = [
    "FROM 'file.csv'",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "file.parquet"',
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM 'http://169.254.169.254/latest'",
    "SELECT * FROM 'data/*.csv'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('x')",
    "SELECT * FROM READ_CSV('x')",
    "SELECT * FROM \"read_csv\"('x')",
    "SELECT * FROM main.read_csv('x')",
    "SELECT * FROM system.main.read_csv('x')",
    "SELECT * FROM read_parquet(['a', 'b'])",
    "SELECT * FROM parquet_scan('x')",
    "SELECT * FROM parquet_metadata('x')",
    "SELECT * FROM parquet_schema('x')",
    "SELECT * FROM read_json('x')",
    "SELECT * FROM read_json_auto('x')",
    "SELECT * FROM read_ndjson('x')",
    "SELECT * FROM read_ndjson_objects('x')",
    "SELECT * FROM read_text('x')",
    "SELECT * FROM read_blob('x')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('x')",
    "SELECT * FROM read_duckdb('x')",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "WITH a AS (SELECT * FROM read_csv('x')) SELECT 1",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('/etc/passwd'))",
    "SELECT 1 ORDER BY (SELECT count(*) FROM glob('*'))",
    "SELECT * FROM tracks, LATERAL (SELECT * FROM read_text(tracks.id))",
    "SELECT 1 UNION SELECT content FROM read_text('x')",
    "SELECT * FROM (VALUES ((SELECT content FROM read_text('x'))))",
    "SUMMARIZE 'file.csv'",
    "DESCRIBE SELECT * FROM 'file.csv'",
]

INSIDES = [
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_logs",
    "SELECT * FROM pragma_database_size()",
    "SELECT * FROM pragma_table_info('t')",
    "SELECT * FROM pragma_show('t')",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM information_schema.schemata",
    "SELECT * FROM _headwater.positions",
    'SELECT * FROM "_HEADWATER".positions',
    "SELECT * FROM other.main.t",
    "SELECT * FROM system.information_schema.tables",
    "SELECT * FROM temp.t",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('t')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT * FROM seq_scan('t')",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    "SELECT * FROM python_map_function()",
    "SELECT * FROM which_secret('x', 's3')",
    "SELECT * FROM repeat_row(1, num_rows = 10)",
    "SELECT * FROM test_all_types()",
    "SELECT * FROM checkpoint()",
    "SELECT * FROM force_checkpoint()",
    "SELECT getenv('HOME')",
    "SELECT GETENV('HOME')",
    "SELECT \"getenv\"('HOME')",
    "SELECT main.getenv('HOME')",
    "SELECT 'HOME'.getenv()",
    "SELECT list_transform(['HOME'], lambda x: getenv(x))",
    "SELECT current_setting('temp_directory')",
    "SELECT getvariable('a')",
    "SELECT nextval('s')",
    "SELECT setval('s', 1)",
    "SELECT currval('s')",
    "SELECT setseed(0.5)",
    "SELECT write_log('x')",
    "SELECT sleep_ms(1000)",
    "SELECT pg_sleep(10)",
    "SELECT json_serialize_sql('SELECT 1')",
    "SELECT json_serialize_plan('SELECT * FROM t')",
    "SELECT json_deserialize_sql('{}')",
    "SELECT parse_duckdb_log_message('a', 'b')",
    "SELECT in_search_path('a', 'b')",
    "SELECT $1",
    "SELECT ?",
    "SELECT $name",
    "SELECT new_function_of_a_later_release()",
]


@pytest.mark.parametrize("sql", ALLOWED)
def test_a_select_inside_the_warehouse_is_allowed(sql: str) -> None:
    assert guard(sql).prefix is Prefix.NONE


@pytest.mark.parametrize("sql", STATEMENTS)
def test_what_is_not_exactly_one_select_is_refused(sql: str) -> None:
    with pytest.raises(QueryRefusedError):
        guard(sql)


@pytest.mark.parametrize("sql", [*FILES, *INSIDES])
def test_what_reaches_outside_the_tables_is_refused_by_one_of_the_two_looks(sql: str) -> None:
    with pytest.raises(QueryRefusedError) as refused:
        look_twice(sql)
    assert refused.value.hint


@pytest.mark.parametrize("sql", [*FILES, *INSIDES, *STATEMENTS])
def test_the_second_look_alone_refuses_it_too(sql: str) -> None:
    if sql.upper().startswith("EXPLAIN") or sql.strip() in ("", ";", "-- nothing"):
        return
    with pytest.raises(QueryRefusedError):
        check_tree(_serialized(sql))


@pytest.mark.parametrize("sql", [s for s in ALLOWED if s != "SHOW TABLES"])
def test_the_second_look_allows_what_the_first_does(sql: str) -> None:
    check_tree(_serialized(sql.rstrip(";")))


def test_explain_is_allowed_of_a_select() -> None:
    assert guard("EXPLAIN SELECT 1").prefix is Prefix.EXPLAIN
    assert guard("explain analyze select 1").prefix is Prefix.ANALYZE
    assert guard("explain analyze select 1").sql.strip() == "select 1"


def test_a_refusal_names_what_and_says_what_to_do() -> None:
    with pytest.raises(QueryRefusedError) as refused:
        guard("SELECT * FROM read_csv('customers.csv')")
    assert "read_csv" in refused.value.message
    assert "headwater import" in refused.value.hint


def test_a_misspelt_function_is_answered_with_the_near_one() -> None:
    with pytest.raises(QueryRefusedError) as refused:
        guard("SELECT date_trunk('day', timestamp) FROM tracks")
    assert "date_trunc" in refused.value.hint


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "1 + " * MAX_TOKENS + "1",
        "SELECT '" + "x" * MAX_CHARACTERS + "'",
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + "[" * 101 + "1" + "]" * 101,
        "SELECT " + "(SELECT " * 90 + "1" + ")" * 90,
        "SELECT " + "NOT " * 15_000 + "true",
        "SELECT " + "- " * 15_000 + "1",
        "SELECT " + "CASE WHEN true THEN " * 2000 + "1" + " END" * 2000,
        "SELECT 1\0",
    ],
    ids=["words", "length", "parentheses", "lists", "selects", "nots", "signs", "cases", "nul"],
)
def test_a_question_beyond_bounds_is_refused_and_not_a_crash(sql: str) -> None:
    try:
        look_twice(sql)
    except QueryRefusedError as refused:
        hint = refused.hint
    else:
        with duckdb.connect() as connection:
            hint = str(connection.execute(sql).fetchall())
    assert hint


FRAGMENTS = """
SELECT FROM WHERE ( ) [ ] { } , . ; * ' " $$ -- /* */ -> ->> :: : = == ?? ? $1 @ # \\ AND
OR NOT NULL IN AS WITH UNION ALL CASE WHEN END properties.a tracks 'x' 1 1.5 1e9 lambda x
EXPLAIN PIVOT VALUES INTERVAL CAST ORDER BY GROUP LIMIT 你好 🎉 é
"""
WORDS = st.sampled_from(FRAGMENTS.split())


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join)))
def test_any_text_is_either_guarded_or_refused(sql: str) -> None:
    with suppress(QueryRefusedError):
        guard(sql)


def look_twice(sql: str) -> None:
    guard(sql)
    check_tree(_serialized(sql))


def _serialized(sql: str) -> str:
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    return str(rows[0][0])
