"""The warehouse role over HTTP, and its client: what is asked arrives, what fails says why."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client import REGISTRY

from headwater.errors import (
    HeadwaterError,
    QueryCancelledError,
    QueryLimitError,
    UnavailableError,
    WarehouseError,
)
from headwater.ports import Outcome, Tally
from headwater.queries.contents import (
    ColumnFacts,
    Contents,
    TableDetail,
    TableFacts,
    TableKind,
)
from headwater.queries.model import (
    TOTAL_HEADER,
    TRUNCATED_HEADER,
    Answer,
    Column,
    Export,
    Format,
    LoaderLedger,
    Question,
    Repair,
    Spooled,
    TableInfo,
)
from headwater.queries.remote import BlockingWarehouse, RemoteWarehouse
from headwater.workers.warehouse import drain
from headwater.workers.warehouse_server import application

LEDGER = LoaderLedger({"accepted": {"0": 7}}, (Tally("s", 1, Outcome.LOADED, "", 3),))
FACTS = TableFacts("web", "users", TableKind.TABLE, 3, None, 1)
CONTENTS = Contents("DuckDB", 9, None, 3, (FACTS,), (), ())
DETAIL = TableDetail(FACTS, (ColumnFacts("id", "VARCHAR", "standard", (), 3),), 9, (), ())
TABLES = [TableInfo("main", "page_view", (Column("userId", "VARCHAR"),))]


class FakeWarehouse:
    """Answers what the test set, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.error: HeadwaterError | None = None
        self.cancelled = threading.Event()
        self.asking = threading.Event()
        self.waits = False

    def ask(self, question: Question) -> Spooled:
        self._heard(question)
        self.asking.set()
        if self.waits and self.cancelled.wait(30):
            raise QueryCancelledError("The question was cancelled.")
        answer = Answer((Column("n", "BIGINT"),), 2, True, question.format)
        return Spooled(answer, io.BytesIO(b"x" * 600_000))

    def cancel(self, query_id: str) -> bool:
        self.asked.append(query_id)
        self.cancelled.set()
        return True

    def ledger(self) -> LoaderLedger:
        self._heard("ledger")
        return LEDGER

    def export(self, wanted: Export) -> Iterator[bytes]:
        self._heard(wanted)
        return iter([b'{"a": 1}\n', b'{"a": 2}\n'])

    def tables(self, workspace_id: str) -> Sequence[TableInfo]:
        self._heard(workspace_id)
        return TABLES

    def contents(self, workspace_id: str) -> Contents:
        self._heard(f"contents of {workspace_id}")
        return CONTENTS

    def table(self, workspace_id: str, schema: str, name: str) -> TableDetail:
        self._heard((workspace_id, schema, name))
        return DETAIL

    def repair(self, wanted: Repair) -> Mapping[str, Any]:
        self._heard(wanted)
        return {"repaired": 5}

    def health(self) -> Mapping[str, Any]:
        self._heard("health")
        return {"bytes": 1}

    def _heard(self, what: object) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error


@pytest.fixture
def fake() -> FakeWarehouse:
    return FakeWarehouse()


def with_remote(
    fake: FakeWarehouse, work: Callable[[RemoteWarehouse], Coroutine[Any, Any, Any]]
) -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(application(fake))
        remote = RemoteWarehouse(Path("unused"), transport=transport)
        try:
            return await work(remote)
        finally:
            await remote.aclose()

    return asyncio.run(run())


def test_an_answer_comes_with_its_total_and_type(fake: FakeWarehouse) -> None:
    question = Question(sql="SELECT 1", workspace_id="w", format=Format.CSV, max_rows=2)

    async def work(remote: RemoteWarehouse) -> tuple[httpx.Headers, bytes]:
        async with remote.query(question) as response:
            return response.headers, await response.aread()

    headers, body = with_remote(fake, work)
    assert len(body) == int(headers["content-length"]) == 600_000
    assert (headers[TOTAL_HEADER], headers[TRUNCATED_HEADER]) == ("2", "true")
    assert headers["content-type"] == "text/csv; charset=utf-8"
    asked = fake.asked[0]
    assert isinstance(asked, Question)
    assert (asked.sql, asked.workspace_id, asked.max_rows) == ("SELECT 1", "w", 2)
    assert asked.query_id


def test_an_error_arrives_as_itself(fake: FakeWarehouse) -> None:
    fake.error = QueryLimitError("Too long.", hint="Ask for less.")

    async def work(remote: RemoteWarehouse) -> None:
        async with remote.query(Question(sql="SELECT 1", workspace_id="w")):
            pass

    with pytest.raises(QueryLimitError) as raised:
        with_remote(fake, work)
    assert (raised.value.message, raised.value.hint) == ("Too long.", "Ask for less.")


def test_an_error_with_a_code_of_its_own_keeps_it(fake: FakeWarehouse) -> None:
    fake.error = WarehouseError("Broken.", code="column_unknown")
    with pytest.raises(HeadwaterError) as raised:
        with_remote(fake, lambda remote: remote.tables("w"))
    assert raised.value.code == "column_unknown"


def test_every_other_call_arrives_and_is_answered(fake: FakeWarehouse) -> None:
    repair = Repair(workspace_id="w", table="web.users", column="age", type="DOUBLE")
    wanted = Export(workspace_id="w", since=5, source="web")

    async def work(remote: RemoteWarehouse) -> list[Any]:
        async with remote.export(wanted) as response:
            lines = await response.aread()
        return [
            await remote.ledger(),
            await remote.tables("w"),
            await remote.contents("w"),
            await remote.table("w", "web", "users"),
            await remote.repair(repair),
            await remote.health(),
            await remote.cancel("q"),
            lines,
        ]

    found = with_remote(fake, work)
    assert found == [
        LEDGER,
        TABLES,
        CONTENTS,
        DETAIL,
        {"repaired": 5},
        {"bytes": 1},
        True,
        b'{"a": 1}\n{"a": 2}\n',
    ]
    rest = ["contents of w", ("w", "web", "users"), repair, "health", "q"]
    assert fake.asked == [wanted, "ledger", "w", *rest]


def test_a_warehouse_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async def work() -> None:
        remote = RemoteWarehouse(tmp_path / "none.sock")
        try:
            await remote.ledger()
        finally:
            await remote.aclose()

    with pytest.raises(UnavailableError):
        asyncio.run(work())
    blocking = BlockingWarehouse(tmp_path / "none.sock")
    with pytest.raises(UnavailableError):
        blocking.ledger()
    blocking.close()


def test_the_blocking_client_asks_the_same() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/ledger":
            return httpx.Response(200, content=msgspec.json.encode(LEDGER))
        return httpx.Response(400, json={"code": "query_limit", "message": "Too long."})

    blocking = BlockingWarehouse(Path("unused"), transport=httpx.MockTransport(handle))
    assert blocking.ledger() == LEDGER
    with pytest.raises(QueryLimitError):
        blocking.query(Question(sql="SELECT 1", workspace_id="w"))
    blocking.close()


def test_a_body_that_cannot_be_read_is_refused(fake: FakeWarehouse) -> None:
    async def work() -> httpx.Response:
        transport = httpx.ASGITransport(application(fake))
        async with httpx.AsyncClient(transport=transport, base_url="http://w") as client:
            return await client.post("/query", content=b'{"sql": 1}')

    response = asyncio.run(work())
    assert response.status_code == 400
    assert response.json()["success"] is False
    assert not fake.asked


def test_a_question_whose_asker_goes_away_is_cancelled(fake: FakeWarehouse) -> None:
    fake.waits = True
    body = msgspec.json.encode(Question(sql="SELECT 1", workspace_id="w", query_id="q7"))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/query",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
    }
    sent: list[Any] = []

    async def messages() -> AsyncIterator[Mapping[str, object]]:
        yield {"type": "http.request", "body": body, "more_body": False}
        await asyncio.to_thread(fake.asking.wait, 30)
        yield {"type": "http.disconnect"}

    async def work() -> None:
        incoming = messages()

        async def send(message: Any) -> None:
            sent.append(message)

        await application(fake)(scope, lambda: anext(incoming), send)  # type: ignore[arg-type]

    asyncio.run(work())
    assert fake.asked[-1] == "q7"
    assert sent[0]["status"] == 400


class Counting:
    """A loader with so many bits of work left."""

    name = "loader"

    def __init__(self, left: int) -> None:
        self.left = left

    def run_once(self) -> int:
        if self.left < 0:
            raise WarehouseError("Broken.")
        self.left -= 1
        return max(self.left, 0)


def test_a_stop_loads_what_remains() -> None:
    loader = Counting(5)
    drain(loader, seconds=60)
    assert loader.left == 0


def test_a_loader_that_fails_does_not_hold_up_a_stop() -> None:
    drain(Counting(-1), seconds=60)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "answered"),
        (QueryLimitError("It took too long."), "query_limit"),
        (WarehouseError("It failed."), "warehouse_error"),
    ],
)
def test_questions_are_counted_by_how_they_came_out(
    fake: FakeWarehouse, error: HeadwaterError | None, outcome: str
) -> None:
    fake.error = error
    question = Question(sql="SELECT 1", workspace_id="w")

    async def work(remote: RemoteWarehouse) -> None:
        with suppress(HeadwaterError):
            async with remote.query(question) as response:
                await response.aread()

    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = counted("headwater_queries_total", outcome=outcome)
    timed = counted("headwater_query_seconds_count")
    with_remote(fake, work)
    assert counted("headwater_queries_total", outcome=outcome) == before + 1
    assert counted("headwater_query_seconds_count") == timed + 1
