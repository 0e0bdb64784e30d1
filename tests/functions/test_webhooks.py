"""What webhook sources are sent becomes events, once each; what fails stays to be replayed."""

import json
from typing import Any

import msgspec
import pytest

from headwater.functions.model import PART, Published, ResourceType
from headwater.governing import made_of
from headwater.logs.memory import MemoryLog
from headwater.pipeline.event import Limits
from headwater.ports import Entry, Outcome, Owner, Record, Stored, Stream
from headwater.quarantine.model import KeptRow
from headwater.quarantine.replaying import entry, replay_of, tried
from headwater.spec import received
from headwater.webhooks.model import PART as WEBHOOKS
from headwater.webhooks.model import Handler, HandlerKind, Made
from headwater.webhooks.model import Published as Handlers
from headwater.workers.webhooks import WebhookWorker
from headwater.workspaces.model import Configuration, SourceType
from tests.functions.conftest import ready
from tests.pipeline.conftest import RECEIVED_AT, lead, source

CODE = """
async function onRequest(request, settings) {
  const body = request.json()
  if (body.bad) throw new ValidationError('bad ' + body.bad)
  for (const order of body.orders || []) {
    Segment.track({event: 'Ordered', userId: order.user, properties: {n: order.n}})
  }
}
"""


def configuration(code: str | None = CODE) -> Configuration:
    if code is None:
        return Configuration(1, (), (source(SourceType.WEBHOOK),))
    function = ready(code, resource_type=ResourceType.SOURCE)
    parts = {
        PART: Published(sources={"s1": function}),
        WEBHOOKS: Handlers({"s1": Handler(HandlerKind.FUNCTION, "i1")}),
    }
    raw = {name: msgspec.Raw(msgspec.json.encode(part)) for name, part in parts.items()}
    return Configuration(1, (), (source(SourceType.WEBHOOK),), raw)


def request(body: Any) -> Record:
    meta = received.Request("POST", "http://x/webhooks/s1", headers={"x-id": "1"})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Record("s1", RECEIVED_AT, 1, content, received.ENCODER.encode(meta))


def sent(log: MemoryLog, *bodies: Any) -> None:
    writer = log.writer(Owner.COLLECTOR)
    writer.append(Entry({Stream.RECEIVED: [request(body) for body in bodies]}))
    writer.close()


def collected(log: MemoryLog) -> list[Stored]:
    return list(log.read(Stream.COLLECTED, {}, max_bytes=10_000_000))


ORDERS = {"orders": [{"user": "u1", "n": 1}, {"user": "u2", "n": 2}]}


def test_a_request_becomes_events_with_ids_that_never_change() -> None:
    found = []
    for _ in range(2):
        log = MemoryLog()
        sent(log, ORDERS, {"orders": []}, {"orders": ORDERS["orders"][:1]})
        worker = WebhookWorker(log, configuration, made_of)
        assert worker.run_once() == 3
        assert worker.run_once() == 0
        worker.close()
        [first, second] = collected(log)
        assert (first.record.count, second.record.count) == (2, 1)
        rows = lead([first, second]).rows
        assert [row["event"] for row in rows] == ["Ordered"] * 3
        assert len({row["message_id"] for row in rows}) == 3
        found.append([row["message_id"] for row in rows])
        snapshot = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, {})
        assert sum(each.count for each in snapshot.tallies) == 3
    assert found[0] == found[1]


def test_nothing_is_made_twice_and_nothing_is_left_out_after_a_crash() -> None:
    log = MemoryLog()
    sent(log, ORDERS)
    first = WebhookWorker(log, configuration, made_of)
    first.run_once()
    first.close()
    sent(log, ORDERS)
    second = WebhookWorker(log, configuration, made_of)
    assert second.run_once() == 1
    second.close()
    assert sum(each.record.count for each in collected(log)) == 4


def test_without_a_configuration_nothing_is_read() -> None:
    log = MemoryLog()
    sent(log, ORDERS)
    worker = WebhookWorker(log, lambda: None, made_of)
    assert worker.run_once() == 0
    worker.close()


@pytest.mark.parametrize(
    ("body", "code", "detail"),
    [
        ({"bad": 1}, CODE, "ValidationError: bad 1"),
        (b"\xff\xfe", CODE, "Error"),
        (ORDERS, None, "nothing any more"),
        (ORDERS, "async function onTrack() {}", ""),
    ],
)
def test_a_request_that_fails_is_kept_aside_whole(body: Any, code: str | None, detail: str) -> None:
    log = MemoryLog()
    sent(log, body)
    worker = WebhookWorker(log, lambda: configuration(code), made_of)
    worker.run_once()
    worker.close()
    through = lead(collected(log))
    [aside] = through.aside
    assert aside.reason == "function_error"
    assert detail in aside.detail
    kept = json.loads(aside.raw)
    assert (kept["method"], kept["headers"]) == ("POST", {"x-id": "1"})
    if isinstance(body, dict):
        assert json.loads(kept["body"]) == body
    else:
        assert kept["isBase64"] is True


def kept_row(aside: Any) -> KeptRow:
    values = msgspec.structs.asdict(aside)
    names = {field.name for field in msgspec.structs.fields(KeptRow)}
    known = {name: value for name, value in values.items() if name in names}
    return msgspec.convert({"source_id": "s1", "state": "", **known}, type=KeptRow)


def test_a_request_that_failed_is_replayed_through_its_mended_function() -> None:
    log = MemoryLog()
    sent(log, {"bad": 1, **ORDERS})
    worker = WebhookWorker(log, configuration, made_of)
    worker.run_once()
    worker.close()
    [aside] = lead(collected(log)).aside
    row = kept_row(aside)

    def mended(source_id: str, asked: dict[str, Any]) -> Made:
        [made] = made_of(configuration(CODE.replace("if (body.bad)", "if (0)")), source_id, [asked])
        return made

    replay = replay_of(row, remake=mended)
    assert replay is not None
    assert replay.record.count == 2
    rows = lead([Stored("replays", 1, replay.record)]).rows
    assert [row["user_id"] for row in rows] == ["u1", "u2"]
    assert replay_of(row, remake=mended) == replay
    counts = {each.outcome: each.count for each in entry([replay], "note").tallies}
    assert counts == {Outcome.REPLAYED: 1, Outcome.ACCEPTED: 1}

    again = replay_of(row, remake=lambda s, r: made_of(configuration(), s, [r])[0])
    assert again is not None
    verdict, detail = tried(again, {"s1": source(SourceType.WEBHOOK)}, Limits())
    assert (verdict, "bad 1" in detail) == ("function_error", True)
    edited = json.loads(row.raw) | {"body": json.dumps(ORDERS)}
    by_hand = replay_of(row, edited=edited, remake=lambda s, r: made_of(configuration(), s, [r])[0])
    assert by_hand is not None
    assert by_hand.record.count == 2
