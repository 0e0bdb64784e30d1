"""`headwater query` and `headwater export`: of a data folder at rest, and of a server."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow.parquet as pq
import pytest

from headwater.app.resting import open_warehouses
from headwater.cli import application
from headwater.errors import (
    BadRequestError,
    NotFoundError,
    QueryRefusedError,
    UnavailableError,
    WarehouseError,
)
from headwater.loading.model import Limits, SourceBatch
from headwater.loading.prepare import prepare
from headwater.loading.raw import accepted
from headwater.settings import Settings
from headwater.workspaces.model import Configuration, Source, SourceType, Workspace
from headwater.workspaces.snapshot import publish

SQL = "SELECT userId, properties.city, properties.total FROM order_completed"
EVENT = {
    "messageId": "m1",
    "type": "track",
    "event": "Order Completed",
    "userId": "u1",
    "properties": {"city": "Köln \u001b[31m", "total": 5},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder at rest with one event."""
    data_dir = tmp_path_factory.mktemp("data")
    source = Source("s1", "w1", "My Shop", "shop", SourceType.SERVER, ("k",), True, 0)
    publish(data_dir, Configuration(1, (Workspace("w1", "Own", "own"),), (source,)))
    warehouses = open_warehouses(Settings(data_dir=data_dir, warehouse_threads=1))
    batch = SourceBatch("s1", "shop", 1, accepted(EVENT, now=1_700_000_000_000_000))
    prepared = prepare([batch], warehouses.workspace("w1").catalog, Limits(100, 100))
    warehouses.commit("w1", prepared, [], {"s1": "shop"}, {"accepted": {"0": 1}})
    warehouses.close()
    return data_dir


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("URL", "TOKEN", "DATA_DIR", "ADMIN_TOKEN", "CONFIG"):
        monkeypatch.delenv(f"HEADWATER_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> None:
    application()(list(arguments), exit_on_error=False, result_action="return_value")


def output(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> bytes:
    run(*arguments)
    return capsysbinary.readouterr().out


def test_a_table_is_aligned_and_plain_in_a_pipe(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    found = output(capsysbinary, "query", SQL, "--data-dir", str(folder)).decode()
    assert found.splitlines() == [
        "userId  city           total",
        "u1      Köln \\x1b[31m  5",
    ]


def test_json_csv_and_parquet_are_what_they_are_called(
    folder: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    at = ("--data-dir", str(folder))
    found = json.loads(output(capsysbinary, "query", SQL, "--format", "json", *at))
    assert found["data"] == [{"userId": "u1", "city": "Köln \u001b[31m", "total": 5}]
    lines = output(capsysbinary, "query", "SELECT 1 AS a", "--format", "csv", *at)
    assert lines.splitlines() == [b"a", b"1"]
    file = tmp_path / "out.parquet"
    run("query", SQL, "--format", "parquet", "--output", str(file), *at)
    assert pq.read_table(file).column("userId").to_pylist() == ["u1"]


def test_sql_comes_from_a_file_or_standard_input_too(
    folder: Path,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = ("--data-dir", str(folder), "--format", "csv")
    file = tmp_path / "question.sql"
    file.write_text("SELECT 2 AS b", "utf-8")
    assert output(capsysbinary, "query", "--file", str(file), *at).splitlines() == [b"b", b"2"]
    monkeypatch.setattr(sys, "stdin", io.StringIO("SELECT 3 AS c"))
    assert output(capsysbinary, "query", *at).splitlines() == [b"c", b"3"]
    with pytest.raises(BadRequestError):
        run("query", "SELECT 1", "--file", str(file), *at)
    with pytest.raises(BadRequestError):
        run("query", "--file", str(tmp_path / "none.sql"), *at)


def test_what_is_refused_is_raised_for_the_exit_status(folder: Path) -> None:
    with pytest.raises(QueryRefusedError):
        run("query", "DROP TABLE users", "--data-dir", str(folder))


def test_a_cut_answer_is_said_on_standard_error(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for format_ in ("table", "csv"):
        sql = "SELECT * FROM range(9)"
        run("query", sql, "--max-rows", "2", "--format", format_, "--data-dir", str(folder))
        captured = capsysbinary.readouterr()
        assert len(captured.out.splitlines()) == 3
        assert b"more rows" in captured.err


def test_events_are_exported_at_rest(
    folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    at = ("--data-dir", str(folder))
    found = output(capsysbinary, "export", "events", "--source", "My Shop", *at)
    event = json.loads(found)
    assert (event["messageId"], event["event"]) == ("m1", "Order Completed")
    assert event["properties"] == EVENT["properties"]
    assert not output(capsysbinary, "export", "events", "--since", "2026-01-01", *at)
    with pytest.raises(NotFoundError):
        run("export", "events", "--source", "nothing", *at)
    with pytest.raises(BadRequestError):
        run("export", "events", "--since", "yesterday", *at)


def test_a_folder_without_headwater_says_so(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="no Headwater"):
        run("query", "SELECT 1", "--data-dir", str(tmp_path / "nothing"))


@contextmanager
def server(answer: bytes, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """A server that answers with one constant, and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            asked.append((self.path, self.headers["authorization"], self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", asked
        finally:
            http.shutdown()
            thread.join()


def test_a_running_server_is_asked_with_the_token(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    with server(b"a\r\n1\r\n") as (url, asked):
        found = output(
            capsysbinary, "query", "SELECT 1", "--format", "csv", "--url", url, "--token", "t"
        )
    assert found == b"a\r\n1\r\n"
    path, token, body = asked[0]
    assert (path, token) == ("/api/query", "Bearer t")
    assert json.loads(body) == {"sql": "SELECT 1", "format": "csv"}


def test_events_of_a_running_server_are_streamed(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    with server(b'{"a": 1}\n') as (url, asked):
        found = output(
            capsysbinary, "export", "events", "--since", "2026-01-01", "--url", url, "--token", "t"
        )
    assert found == b'{"a": 1}\n'
    assert asked[0][0] == "/api/export/events?since=2026-01-01"


def test_a_servers_refusal_is_raised_as_its_error() -> None:
    refusal = b'{"success": false, "code": "query_refused", "message": "No.", "hint": "Ask."}'
    with server(refusal, 400) as (url, _), pytest.raises(QueryRefusedError, match=r"No\."):
        run("query", "DROP TABLE x", "--url", url, "--token", "t")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        run("query", "SELECT 1", "--url", "http://127.0.0.1:1", "--token", "t")


def test_parameters_are_given_by_name(
    folder: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    at = ("--data-dir", str(folder))
    sql = "SELECT {{n:number}} + 1 AS n, {{t='x=y'}} AS t"
    given = ("--parameter", "n=41", "--format", "csv", "--timeout-seconds", "9")
    assert output(capsysbinary, "query", sql, *given, *at).splitlines() == [b"n,t", b"42,x=y"]
    book = tmp_path / "out.xlsx"
    run("query", sql, "--parameter", "n=1", "--format", "xlsx", "--output", str(book), *at)
    assert book.read_bytes()[:2] == b"PK"
    with pytest.raises(QueryRefusedError, match="not a number"):
        run("query", sql, "--parameter", "n=1; DROP TABLE users", *at)
    with pytest.raises(BadRequestError, match="is not name=value"):
        run("query", sql, "--parameter", "n", *at)
