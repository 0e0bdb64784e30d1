"""The Python client: what it sends, and what becomes of the answers."""

import base64
import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from headwater.client import Client
from headwater.errors import (
    BadRequestError,
    MappingError,
    QueryRefusedError,
    UnauthorizedError,
    UnavailableError,
)

Handler = Callable[[httpx.Request], httpx.Response]


def client_of(handle: Handler, **rest: Any) -> Client:
    options = {"token": "hw_t", "write_key": "cKEY"} | rest
    return Client("http://server/", transport=httpx.MockTransport(handle), **options)


def arrow(table: pa.Table, **headers: str) -> Handler:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return lambda _request: httpx.Response(200, content=sink.getvalue(), headers=headers)


def typed(name: str, kind: str, values: pa.Array) -> tuple[pa.Field, pa.Array]:
    return pa.field(name, values.type, metadata={"headwater.type": kind}), values


def table_of(*columns: tuple[pa.Field, pa.Array]) -> pa.Table:
    fields, arrays = zip(*columns, strict=True)
    return pa.Table.from_arrays(list(arrays), schema=pa.schema(list(fields)))


def sent_by(send: Callable[[Client], object]) -> tuple[httpx.Request, dict[str, Any]]:
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"success": True})

    with client_of(handle) as client:
        send(client)
    return requests[0], json.loads(requests[0].content)


def test_a_question_becomes_a_data_frame() -> None:
    table = table_of(
        typed("n", "BIGINT", pa.array([1, 2])),
        typed("big", "BIGINT", pa.array([9007199254740993, None])),
        typed("sum", "HUGEINT", pa.array([3, 4], pa.decimal128(38, 0))),
        typed("plan", "JSON", pa.array(['"pro"', None])),
        typed("at", "TIMESTAMP", pa.array([0, 1], pa.timestamp("us"))),
    )
    with client_of(arrow(table)) as client:
        frame = client.query("SELECT 1")
    assert list(frame.columns) == ["n", "big", "sum", "plan", "at"]
    assert frame["n"].dtype == frame["sum"].dtype == "int64"
    assert frame["big"].dtype == "Int64"
    assert frame["big"][0] == 9007199254740993
    assert frame["plan"].tolist() == ["pro", None]
    assert frame["at"][0] == pd.Timestamp("1970-01-01")
    assert frame.attrs["truncated"] is False


def test_an_empty_answer_is_an_empty_frame_with_its_columns() -> None:
    table = table_of(typed("n", "BIGINT", pa.array([], pa.int64())))
    with client_of(arrow(table)) as client:
        frame = client.query("SELECT 1")
    assert (list(frame.columns), len(frame)) == (["n"], 0)


def test_a_cut_answer_says_so() -> None:
    table = table_of(typed("n", "BIGINT", pa.array([1])))
    with client_of(arrow(table, **{"X-Headwater-Truncated": "true"})) as client:
        assert client.query("SELECT 1").attrs["truncated"] is True


def test_a_question_can_become_a_polars_frame() -> None:
    table = table_of(typed("n", "BIGINT", pa.array([1, 2])))
    with client_of(arrow(table)) as client:
        assert client.query_polars("SELECT 1")["n"].to_list() == [1, 2]


def test_a_question_is_sent_with_the_token() -> None:
    requests: list[httpx.Request] = []
    answer = arrow(table_of(typed("n", "BIGINT", pa.array([1]))))

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    with client_of(handle) as client:
        client.query_arrow("SELECT 1", max_rows=5)
    assert str(requests[0].url) == "http://server/api/query"
    assert requests[0].headers["authorization"] == "Bearer hw_t"
    body = json.loads(requests[0].content)
    assert body == {"sql": "SELECT 1", "format": "arrow", "maxRows": 5}


def test_a_track_is_sent_in_segments_form() -> None:
    request, event = sent_by(
        lambda client: client.track(
            "订单完成",
            {"total": 5},
            user_id="u1",
            anonymous_id="a1",
            timestamp=datetime(2026, 11, 23, tzinfo=UTC),
            message_id="m1",
        )
    )
    assert request.url.path == "/v1/track"
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"cKEY:"
    assert event == {
        "event": "订单完成",
        "properties": {"total": 5},
        "userId": "u1",
        "anonymousId": "a1",
        "timestamp": "2026-11-23T00:00:00Z",
        "messageId": "m1",
    }


@pytest.mark.parametrize(
    ("send", "path", "members"),
    [
        (lambda c: c.identify("u", {"a": 1}), "identify", {"userId": "u", "traits": {"a": 1}}),
        (lambda c: c.page("Home", user_id="u"), "page", {"name": "Home", "properties": {}}),
        (lambda c: c.screen(None, user_id="u"), "screen", {"properties": {}, "userId": "u"}),
        (lambda c: c.group("g", user_id="u"), "group", {"groupId": "g", "traits": {}}),
        (lambda c: c.alias("u", "a"), "alias", {"userId": "u", "previousId": "a"}),
    ],
)
def test_each_call_goes_to_its_path(
    send: Callable[[Client], object], path: str, members: dict[str, Any]
) -> None:
    request, event = sent_by(send)
    assert request.url.path == f"/v1/{path}"
    assert members.items() <= event.items()
    assert event["messageId"]


def test_what_the_server_refuses_is_raised_as_its_error() -> None:
    body = {"success": False, "code": "query_refused", "message": "No.", "hint": "Ask one SELECT."}
    with (
        client_of(lambda _request: httpx.Response(400, json=body)) as client,
        pytest.raises(QueryRefusedError) as refused,
    ):
        client.query("DROP TABLE users")
    assert (refused.value.message, refused.value.hint) == ("No.", "Ask one SELECT.")


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with client_of(handle) as client, pytest.raises(UnavailableError):
        client.track("x", user_id="u")


def test_what_is_missing_is_said_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADWATER_TOKEN", raising=False)
    monkeypatch.delenv("HEADWATER_WRITE_KEY", raising=False)
    with client_of(lambda _r: httpx.Response(500), token=None, write_key=None) as client:
        with pytest.raises(UnauthorizedError, match="token"):
            client.query("SELECT 1")
        with pytest.raises(UnauthorizedError, match="write key"):
            client.track("x", user_id="u")
    with client_of(lambda _r: httpx.Response(500)) as client:
        with pytest.raises(BadRequestError, match="nobody"):
            client.track("x")
        with pytest.raises(BadRequestError):
            client.track("x", {"n": float("nan")}, user_id="u")
        with pytest.raises(BadRequestError, match="object"):
            client.track("x", {"n": object()}, user_id="u")


def test_parameters_and_limits_go_with_the_question() -> None:
    requests: list[httpx.Request] = []
    answer = arrow(table_of(typed("n", "BIGINT", pa.array([1]))))

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    with client_of(handle) as client:
        client.query("SELECT {{n}}", parameters={"n": "a"}, timeout_seconds=2)
        client.events("Order Completed", since="2026-01-01", user_id="u1", max_rows=9)
    first, second = (json.loads(request.content) for request in requests)
    assert first["parameters"] == {"n": "a"}
    assert first["timeoutSeconds"] == 2
    assert second["sql"] == (
        'SELECT * FROM "track" WHERE event = {{event}} AND timestamp >= {{since:timestamp}}'
        " AND userId = {{user_id}} ORDER BY timestamp, messageId"
    )
    assert second["parameters"]["since"] == "2026-01-01"
    assert second["maxRows"] == 9


ORDERS = {
    "event": "Order Completed",
    "userId": "{who}",
    "timestamp": "{at}",
    "properties": {"total": "{paid}", "note": "{note}"},
}


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_a_frame_becomes_events_that_are_the_same_each_time(kind: str) -> None:
    bodies: list[dict[str, Any]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(gzip.decompress(request.content)))
        return httpx.Response(200, json={"success": True})

    at = pd.Timestamp("2026-01-31T12:00:00Z")
    rows = {"who": ["u1", "u1", None], "at": [at] * 3, "paid": [5, 5, 7], "note": [None, None, "x"]}
    frames = {
        "pandas": pd.DataFrame(rows),
        "polars": pl.DataFrame(rows),
        "arrow": pa.table(pd.DataFrame(rows)),
    }
    with client_of(handle) as client:
        loaded = client.load(frames[kind], ORDERS)
        client.load(frames[kind], {"events": [ORDERS]})
    assert (loaded.rows, loaded.sent, loaded.rejections) == (3, 2, 1)
    assert loaded.rejected[0].row == 3
    first, again = (body["batch"] for body in bodies)
    assert first == again
    assert len({event["messageId"] for event in first}) == 2
    assert first[0]["properties"] == {"total": 5}
    assert first[0]["timestamp"].startswith("2026-01-31T12:00:00")


def test_what_cannot_be_loaded_is_said() -> None:
    with client_of(lambda _: httpx.Response(200)) as client:
        with pytest.raises(BadRequestError, match="is no frame"):
            client.load([1], ORDERS)
        with pytest.raises(MappingError, match="unknown field"):
            client.load(pd.DataFrame({"a": [1]}), {"evnt": "x"})
    with (
        client_of(lambda _: httpx.Response(200), write_key="") as client,
        pytest.raises(UnauthorizedError),
    ):
        client.load(pd.DataFrame({"a": [1]}), ORDERS)
