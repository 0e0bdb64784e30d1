"""Connections of a running Headwater: what is read elsewhere, by itself."""

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.children import child

pytestmark = pytest.mark.whole

DEFINITION = """
[pull]
url = "sqlite:///${FILE}"
query = "SELECT * FROM customers"
key = ["id"]

[[events]]
type = "identify"
userId = "{id}"
when = { "$change" = ["inserted", "updated"] }
traits = { plan = "{plan}" }

[[events]]
event = "Account Closed"
userId = "{id}"
when = { "$change" = "deleted" }

[[reject]]
when = { plan = "broken" }
reason = "no such plan"
"""


class Shop:
    """A database, and the connection of a source to it."""

    def __init__(self, whole: Whole, http: httpx.Client, path: Path, slug: str) -> None:
        self.whole, self.http, self.path, self.slug = whole, http, path, slug
        self.source_id = whole.create_source(slug.replace("_", " "), "database")[0]
        self.id = ""
        self.sql("CREATE TABLE customers (id INTEGER PRIMARY KEY, plan TEXT)")

    def sql(self, statement: str, rows: Any = ((),)) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executemany(statement, rows)

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.http.request(method, path.format(id=self.id), json=body)
        assert answer.status_code == status, answer.text
        return answer.json().get("data", answer.json())

    def connect(self, **given: Any) -> None:
        body = {"name": self.slug, "definition": DEFINITION, "secrets": {"FILE": str(self.path)}}
        made = self.call("POST", f"/sources/{self.source_id}/connections", body | given, 201)
        self.id = made["connection"]["id"]
        self.wait_for_runs(1)

    def run(self, **given: Any) -> Any:
        before = len(self.ended())
        self.call("POST", "/connections/{id}/run", given)
        return self.wait_for_runs(before + 1)[0]

    def ended(self) -> list[Any]:
        try:
            runs: list[Any] = self.call("GET", "/connections/{id}/runs")["runs"]
        except (httpx.TransportError, AssertionError):  # a role is just being started again
            return []
        return [each for each in runs if each["outcome"] != "running"]

    def wait_for_runs(self, count: int) -> list[Any]:
        self.whole.wait_until(lambda: len(self.ended()) >= count)
        return self.ended()

    def rows(self, sql: str) -> Any:
        self.whole.wait_until_loaded()
        return self.whole.query(sql.replace("shop.", f"{self.slug}."))


@pytest.fixture
def shop(whole: Whole, http: httpx.Client, tmp_path: Path) -> Iterator[Callable[[str], Shop]]:
    made: list[Shop] = []

    def make(slug: str) -> Shop:
        made.append(Shop(whole, http, tmp_path / f"{slug}.db", slug))
        return made[-1]

    yield make
    for each in made:
        if each.id:
            each.call("DELETE", "/connections/{id}")


def test_what_changes_in_a_database_comes_by_itself_each_once(shop: Callable[[str], Shop]) -> None:
    one = shop("connected_shop")
    one.sql("INSERT INTO customers VALUES (?, ?)", [(1, "free"), (2, "pro"), (3, "broken")])
    body = {"definition": DEFINITION, "secrets": {"FILE": str(one.path)}}
    body["definition"] = DEFINITION.partition("[[reject]]")[0]
    tried = one.call("POST", f"/sources/{one.source_id}/connections/preview", body)
    assert [each["userId"] for each in tried["events"]] == ["1", "2", "3"]

    one.connect()
    first = one.ended()[0]
    assert (first["outcome"], first["rows"], first["events"]) == ("done", 3, 2)
    assert first["changes"] == {"inserted": 2}
    assert "no such plan" in first["samples"][0]["reason"]

    one.sql("UPDATE customers SET plan = 'team' WHERE id = 1")
    one.sql("DELETE FROM customers WHERE id = 2")
    assert one.run()["changes"] == {"updated": 1, "deleted": 1}
    assert one.run()["events"] == 0
    assert one.run(backfill="missing")["events"] == 0
    assert one.rows("SELECT user_id AS who, plan FROM shop.identifies ORDER BY received_at") == [
        {"who": "1", "plan": "free"},
        {"who": "2", "plan": "pro"},
        {"who": "1", "plan": "team"},
    ]
    assert one.rows("SELECT user_id FROM shop.account_closed") == [{"user_id": "2"}]
    shown = one.call("GET", "/connections/{id}")["connection"]
    assert (shown["secretNames"], shown["nextRunAt"], shown["failures"]) == (["FILE"], None, 0)
    assert str(one.path) not in one.http.get(f"/connections/{one.id}").text
    assert "no such plan" in one.http.get(f"/connections/{one.id}/rejected").text


def test_a_run_whose_process_is_killed_goes_on_and_doubles_nothing(
    whole: Whole, shop: Callable[[str], Shop]
) -> None:
    one = shop("killed_shop")
    count = 40_000
    one.sql("INSERT INTO customers VALUES (?, ?)", [(n, f"plan {n}") for n in range(count)])
    body = {"name": one.slug, "definition": DEFINITION, "secrets": {"FILE": str(one.path)}}
    body["schedule"] = {"everySeconds": 3600}
    path = f"/sources/{one.source_id}/connections"
    one.id = one.call("POST", path, body, 201)["connection"]["id"]
    whole.wait_until(lambda: child(whole, "headwater.connections.child") is not None)
    os.kill(child(whole, "headwater.connections.child") or 0, signal.SIGKILL)
    assert one.wait_for_runs(1)[0]["outcome"] == "failed"
    one.call("POST", "/connections/{id}/run", {})
    whole.wait_until(lambda: child(whole, "headwater.connections.child") is not None)
    os.kill(whole.roles()["control"], signal.SIGKILL)
    whole.wait_until(lambda: any(each["outcome"] == "done" for each in one.ended()))
    assert {each["outcome"] for each in one.ended()} >= {"failed", "done"}
    assert one.rows(
        "SELECT count(*) AS n, count(DISTINCT user_id) AS users FROM shop.identifies"
    ) == [{"n": count, "users": count}]


def test_what_it_reads_is_looked_at_for_members_that_come_and_go(
    shop: Callable[[str], Shop],
) -> None:
    one = shop("drifting_shop")
    one.sql("INSERT INTO customers VALUES (?, ?)", [(n, "free") for n in range(30)])
    one.connect()
    one.sql("ALTER TABLE customers ADD COLUMN city TEXT DEFAULT 'Wuhan'")
    one.sql("ALTER TABLE customers DROP COLUMN plan")
    one.run()
    noticed = one.call("GET", "/connections/{id}/notices")["notices"]
    assert [(each["member"], each["drift"]) for each in noticed] == [
        ("city", "appeared"),
        ("plan", "vanished"),
    ]
    assert one.call("GET", "/connections/{id}")["connection"]["notices"] == 2
    one.call("POST", "/connections/{id}/notices/acknowledge")
    assert one.call("GET", "/connections/{id}")["connection"]["notices"] == 0


def test_a_connection_that_fails_says_why_and_is_paused_and_resumed(
    shop: Callable[[str], Shop],
) -> None:
    one = shop("failing_shop")
    elsewhere = {"FILE": "/etc/passwd"}
    one.connect(secrets=elsewhere, schedule={"cron": "0 6 * * *", "zone": "Asia/Shanghai"})
    failed = one.ended()[0]
    assert (failed["outcome"], "outside" in failed["problem"]) == ("failed", True)
    shown = one.call("GET", "/connections/{id}")["connection"]
    assert (shown["failures"], shown["nextRunAt"] is not None) == (1, True)
    paused = one.call("POST", "/connections/{id}/pause")["connection"]
    assert (paused["state"], paused["nextRunAt"]) == ("paused", None)
    one.call("POST", "/connections/{id}/run", {}, 409)
    one.call("PATCH", "/connections/{id}", {"secrets": {"FILE": str(one.path)}})
    one.call("POST", "/connections/{id}/resume")
    assert one.run()["outcome"] == "done"
    one.call("PATCH", "/connections/{id}", {"secrets": {"FILE": ""}}, 422)
    one.call("PATCH", "/connections/{id}", {"definition": "[kafka"}, 400)
