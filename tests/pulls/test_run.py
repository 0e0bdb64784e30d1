"""Runs against real databases: inserts, updates and deletes are seen once, also over a crash."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from headwater.errors import PullError
from headwater.pulls.definition import Definition, read_definition
from headwater.pulls.preview import preview
from headwater.pulls.run import Job, Pulled, run
from tests.imports.conftest import TrackingServer
from tests.pulls.servers import engine, mariadb, mysql, postgres

MAPPING = """
[[events]]
type = "identify"
userId = "{id}"
when = { "$change" = ["inserted", "updated"] }
traits = { name = "{name}", plan = "{plan}", spent = "{spent}" }

[[events]]
event = "Customer {$change}"
userId = "{id}"
properties.change = "{$change}"
"""
TABLE = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40), plan VARCHAR(10), "
    "spent DECIMAL(9, 2), changed TIMESTAMP NULL)"
)


class Database:
    """A table of customers somewhere, and pulls of it."""

    def __init__(self, url: str, folder: Path, execute: Callable[..., None]) -> None:
        self.url = url
        self.folder = folder
        self.execute = execute
        self.server = TrackingServer()

    def definition(self, more: str = "", mapping: str = MAPPING) -> Definition:
        path = self.folder / "customers.toml"
        query = "SELECT id, name, plan, spent, changed FROM customers"
        head = f'[pull]\nurl = "{self.url}"\nquery = "{query}"\nkey = ["id"]\n{more}\n'
        path.write_text(head + mapping, "utf-8")
        return read_definition(path)

    def pull(self, more: str = "", mapping: str = MAPPING, **changes: object) -> Pulled:
        job = Job(
            definition=self.definition(more, mapping),
            source_id="s1",
            write_key="k1",
            data_dir=self.folder / "data",
            rejected=self.folder / "rejected.jsonl",
        )
        return run(job, self.server.client(), **changes)

    def events(self) -> list[tuple[str, str]]:
        """What arrived since the last look: who, and what happened; each messageId once."""
        ids = [event["messageId"] for event in self.server.events]
        assert len(ids) == len(set(ids))
        found = [
            (event["userId"], event["properties"]["change"])
            for event in self.server.events
            if event["type"] == "track"
        ]
        self.server.events.clear()
        return sorted(found)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    with postgres() as first, mariadb() as second, mysql() as third:
        yield {"postgresql": first, "mariadb": second, "mysql": third}


@pytest.fixture(params=["postgresql", "mariadb", "mysql", "sqlite", "duckdb"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, servers: dict[str, str]
) -> Iterator[Database]:
    if request.param in servers:
        url = servers[request.param]
        writing = engine(url)

        def execute(*statements: str) -> None:
            with writing.begin() as connection:
                for statement in statements:
                    connection.execute(text(statement.replace(":", r"\:")))

        execute("DROP TABLE IF EXISTS customers", TABLE)
        yield Database(url, tmp_path, execute)
        writing.dispose()
        return
    path = tmp_path / "shop.db"
    if request.param == "sqlite":

        def execute(*statements: str) -> None:
            with sqlite3.connect(path) as connection:
                for statement in statements:
                    connection.execute(statement)
            connection.close()
    else:
        import duckdb

        def execute(*statements: str) -> None:
            with duckdb.connect(str(path)) as connection:
                for statement in statements:
                    connection.execute(statement)

    execute(TABLE)
    yield Database(f"{request.param}:///{path}", tmp_path, execute)


def add(number: int, name: str = "Ada 王", plan: str = "free", at: str = "10:00:00") -> str:
    values = f"{number}, '{name}', '{plan}', 12.50, '2026-01-01 {at}'"
    return f"INSERT INTO customers VALUES ({values})"


def test_inserts_updates_and_deletes_are_seen_once(database: Database) -> None:
    database.execute(add(1), add(2), add(3))
    assert database.pull().changes == {"inserted": 3}
    assert database.server.events[0]["traits"] == {"name": "Ada 王", "plan": "free", "spent": 12.5}
    assert database.events() == [("1", "inserted"), ("2", "inserted"), ("3", "inserted")]

    assert database.pull().changes == {}
    assert database.events() == []

    database.execute(
        "UPDATE customers SET plan = 'pro' WHERE id = 2",
        "DELETE FROM customers WHERE id = 3",
        add(4),
    )
    database.pull()
    assert database.events() == [("2", "updated"), ("3", "deleted"), ("4", "inserted")]

    # A value that comes back is a change of its own.
    database.execute("UPDATE customers SET plan = 'free' WHERE id = 2", add(3))
    database.pull()
    assert database.events() == [("2", "updated"), ("3", "inserted")]


def test_with_a_cursor_only_what_is_new_is_read(database: Database) -> None:
    cursor = 'cursor = "changed"'
    database.execute(add(1, at="10:00:00"), add(2, at="10:00:01"))
    assert database.pull(cursor).rows == 2
    database.events()

    database.execute(
        add(3, at="10:00:01"),  # of the same second as the last one seen
        "UPDATE customers SET plan = 'pro', changed = '2026-01-01 10:00:02' WHERE id = 1",
    )
    assert database.pull(cursor).rows == 3
    assert database.events() == [("1", "updated"), ("3", "inserted")]

    database.execute(add(4, at="10:00:00"))  # committed late
    assert database.pull(cursor).changes == {}
    assert database.pull(f"{cursor}\noverlap_seconds = 5").changes == {"inserted": 1}


@pytest.mark.parametrize("cursor", ["", 'cursor = "changed"'])
def test_what_was_sent_before_its_answer_was_seen_has_the_same_ids_again(
    database: Database, cursor: str
) -> None:
    database.execute(add(1), add(2), add(3))
    database.pull(cursor)
    first = set(database.server.ids())
    database.server.events.clear()

    shutil.rmtree(database.folder / "data")  # as if the process had died before it took note
    database.execute(
        "UPDATE customers SET plan = 'pro', changed = '2026-01-02 00:00:00' WHERE id = 3"
    )
    database.pull(cursor)

    assert len(first) == 6
    assert len(first & set(database.server.ids())) == 4
    assert database.events() == [("1", "inserted"), ("2", "inserted"), ("3", "inserted")]


def test_a_run_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE)
        connection.executemany(
            "INSERT INTO customers VALUES (?, 'n', 'free', 1, ?)",
            [(n, f"2026-01-01 {n:06d}") for n in range(5000)],
        )
    connection.close()
    for cursor in ("", 'cursor = "changed"'):
        database = Database(f"sqlite:///{path}", tmp_path, lambda *_: None)
        pieces = 0

        def breaks(_: Pulled) -> None:
            nonlocal pieces
            pieces += 1
            if pieces == 3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            database.pull(cursor, report=breaks)
        assert 2000 <= len({event["userId"] for event in database.server.events}) < 5000
        database.pull(cursor)
        assert len(database.events()) == 5000


def test_a_row_that_makes_no_event_is_kept_with_its_reason_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customers (id TEXT, name, plan, spent, changed)")
        connection.execute("INSERT INTO customers VALUES ('', 'n', 'p', 1, 2)")
        connection.execute("INSERT INTO customers VALUES (NULL, 'n', 'p', 1, 2)")
    connection.close()
    database = Database(f"sqlite:///{path}", tmp_path, lambda *_: None)
    for _ in range(2):
        assert database.pull().rejected == 2
    lines = (tmp_path / "rejected.jsonl").read_text().splitlines()
    reasons = {json.loads(line)["reason"].partition(":")[0] for line in lines}
    assert reasons == {"its key (id) is missing", "no_user_anon_id"}


def test_a_row_whose_change_is_rejected_is_not_taken_for_gone_nor_asked_for_for_ever(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shop.db"

    def execute(*statements: str) -> None:
        with sqlite3.connect(path) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    execute("CREATE TABLE customers (id INTEGER, name, plan, spent, changed)")
    execute(*(f"INSERT INTO customers VALUES ({n}, 'n', 'free', 1, 1)" for n in range(5)))
    database = Database(f"sqlite:///{path}", tmp_path, execute)
    mapping = (
        '[[reject]]\nreason = "no such plan"\nwhen = { plan = "wrong" }\n'
        '[[reject]]\nreason = "not gone"\nwhen = { "$change" = "deleted" }\n' + MAPPING
    )
    database.pull(mapping=mapping)
    database.events()

    execute(
        "UPDATE customers SET plan = 'wrong' WHERE id = 1", "DELETE FROM customers WHERE id = 2"
    )
    done = database.pull(mapping=mapping)

    assert (done.rejected, done.changes) == (2, {})
    assert database.events() == []
    execute("UPDATE customers SET plan = 'pro' WHERE id = 1")
    database.pull()
    assert database.events() == [("1", "updated"), ("2", "deleted")]


def test_two_runs_of_one_pull_do_not_run_at_once(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE)
    connection.close()
    database = Database(f"sqlite:///{path}", tmp_path, lambda *_: None)

    def again(_: Pulled) -> None:
        with pytest.raises(PullError, match="cannot be opened"):
            database.pull()

    database.pull(report=again)


def test_a_preview_shows_the_first_rows_and_sends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE)
        connection.execute(add(1))
    connection.close()
    database = Database(f"sqlite:///{path}", tmp_path, lambda *_: None)
    shown = [json.loads(event) for event in preview(database.definition())]
    assert [event["type"] for event in shown] == ["identify", "track"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("SELECT id, name, plan, spent, changed FROM customers", "DELETE FROM customers", "SELECT"),
        (
            "SELECT id, name, plan, spent, changed FROM customers",
            "SELECT 1; SELECT 2",
            "one SELECT",
        ),
        ("sqlite:///", "oracle:///", "no database that is known"),
        ('key = ["id"]', "key = []", "key"),
        ('key = ["id"]', 'key = ["id"]\nwrong = 1', "wrong"),
        ("shop.db", "${NO_SUCH_NAME}", "NO_SUCH_NAME"),
        ("shop.db", "none.db", "no database file"),
        ("spent, changed FROM", "nonsense FROM", "database says"),
    ],
)
def test_what_cannot_be_pulled_is_refused_with_the_reason(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE)
    connection.close()
    database = Database(f"sqlite:///{path}", tmp_path, lambda *_: None)
    database.definition()
    file = tmp_path / "customers.toml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(PullError, match=problem):
        list(preview(read_definition(file)))


def test_the_password_of_an_address_is_not_in_what_is_said(tmp_path: Path) -> None:
    database = Database("postgresql://u:secret@127.0.0.1:1/x", tmp_path, lambda *_: None)
    with pytest.raises(PullError) as caught:
        list(preview(database.definition()))
    assert "secret" not in str(caught.value)


def test_a_cursor_that_the_query_does_not_give_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(TABLE)
        connection.execute(add(1))
    connection.close()
    database = Database(f"sqlite:///{path}", tmp_path, lambda *_: None)
    with pytest.raises(PullError, match="'chnged', which the query does not give"):
        database.pull('cursor = "chnged"')
