"""A real broker, killed and started again on either side: each message becomes one event."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headwater.connections.kinds.model import Surroundings, Task
from headwater.connections.kinds.stream import KIND
from headwater.connections.model import Backfill, Figures, Form
from headwater.errors import StreamError
from headwater.streams.definition import read_definition
from headwater.streams.run import Job, run
from headwater.testing.whole import Whole
from tests.imports.conftest import TrackingServer
from tests.streams.broker import Broker


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with Broker() as started:
        yield started


def definition(tmp_path: Path, broker: Broker, topic: str, more: str = "") -> Path:
    path = tmp_path / "stream.toml"
    path.write_text(f'[kafka]\nservers = "{broker.servers}"\ntopics = ["{topic}"]\n{more}')
    return path


def consumed(tmp_path: Path, path: Path, most: int) -> list[dict]:
    """The events of one run in this process."""
    server = TrackingServer()
    job = Job(
        read_definition(path), "s1", "k1", tmp_path / "data", tmp_path / "rejected", most=most
    )
    run(job, server.client(), threading.Event())
    return server.events


def test_what_was_read_is_not_read_again_and_what_is_no_event_is_kept(
    tmp_path: Path, broker: Broker
) -> None:
    broker.make("first", 2)
    broker.send("first", [b'{"userId": "u%d", "event": "E"}' % n for n in range(5)] + [b"no json"])
    path = definition(tmp_path, broker, "first")

    assert len(consumed(tmp_path, path, 6)) == 5
    assert "no JSON object" in (tmp_path / "rejected").read_text()

    broker.send("first", [b'{"userId": "u5", "event": "E"}', None])
    assert [event["userId"] for event in consumed(tmp_path, path, 2)] == ["u5"]
    assert "no JSON object" in (tmp_path / "rejected").read_text()


def test_only_what_comes_after_the_start_is_read_where_the_definition_says_so(
    tmp_path: Path, broker: Broker
) -> None:
    broker.make("late")
    broker.send("late", [b'{"userId": "old"}'])
    path = definition(tmp_path, broker, "late", 'start = "latest"\n')
    server, stop = TrackingServer(), threading.Event()
    job = Job(read_definition(path), "s1", "k1", tmp_path / "data", tmp_path / "rejected", most=1)
    reading = threading.Thread(target=run, args=(job, server.client(), stop))
    reading.start()
    while reading.is_alive():
        broker.send("late", [b'{"userId": "new"}'])
        reading.join(0.5)
    assert {event["userId"] for event in server.events} == {"new"}


def test_an_option_that_kafka_does_not_know_is_told(tmp_path: Path, broker: Broker) -> None:
    path = definition(tmp_path, broker, "any", 'options = { "no.such" = "x" }\n')
    with pytest.raises(StreamError, match=r"no\.such"):
        consumed(tmp_path, path, 1)


def test_a_connection_tries_a_topic_reads_it_and_says_what_waits(
    tmp_path: Path, broker: Broker
) -> None:
    broker.make("connected")
    broker.send("connected", [b'{"userId": "u%d", "event": "E"}' % n for n in range(50)])
    text = definition(tmp_path, broker, "connected").read_text().replace(broker.servers, "${AT}")
    task = Task(
        kind="stream",
        definition=text,
        form=Form.TOML,
        secrets={"AT": broker.servers},
        files=None,
        source_id="s1",
        write_key="k1",
        data_dir=str(tmp_path / "data"),
        rejected=str(tmp_path / "rejected"),
    )
    read = KIND.parse(task.definition, task.name)
    assert KIND.names(read) == ["AT"]
    assert [json.loads(each)["userId"] for each in KIND.try_out(read, task)][:2] == ["u0", "u1"]

    server, stop, told = TrackingServer(), threading.Event(), list[Figures]()

    def tell(figures: Figures) -> None:
        told.append(figures)
        if figures.rows == 50 and figures.behind == 0:
            stop.set()

    around = Surroundings(server.client(), stop, tell, lambda _: None)
    assert KIND.run(read, task, around).events == 50
    stop.clear()
    again = msgspec.structs.replace(task, backfill=Backfill.MISSING)
    assert KIND.run(read, again, around).events == 50
    assert len({event["messageId"] for event in server.events}) == 50

    missing = KIND.parse(text.replace("connected", "nowhere"), task.name)
    with pytest.raises(StreamError, match="no topic 'nowhere'"):
        KIND.try_out(missing, task)


@pytest.mark.whole
def test_each_message_becomes_one_event_whoever_is_killed(tmp_path: Path, broker: Broker) -> None:
    broker.make("orders", 3)
    path = definition(tmp_path, broker, "orders")
    with Whole(tmp_path / "data", disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        whole.create_source("Orders")
        sent = 0

        def send(count: int) -> None:
            nonlocal sent
            numbers = range(sent, sent + count)
            sent += count
            broker.send(
                "orders",
                [json.dumps({"userId": f"u{n}", "event": "Paid"}).encode() for n in numbers],
            )

        def accepted() -> int:
            return int(whole.ledger()["totals"]["accepted"])

        def start() -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "headwater", "consume", str(path)]
            return subprocess.Popen(
                [*command, "--source", "Orders"],
                env=whole.environment() | {"HEADWATER_URL": whole.url},
                stdout=subprocess.PIPE,
            )

        send(3000)
        for _ in range(2):
            before = accepted()
            consumer = start()
            whole.wait_until(lambda before=before: accepted() > before)
            consumer.kill()
            consumer.wait()
            send(1000)
        consumer = start()
        broker.kill()
        broker.start()
        send(1000)
        whole.kill()
        whole.start()
        whole.wait_until(
            lambda: (
                whole.query("SELECT count(DISTINCT user_id) n FROM orders.tracks")[0]["n"] == sent
            )
        )
        consumer.send_signal(signal.SIGTERM)
        said, _ = consumer.communicate(timeout=60)
        assert consumer.returncode == 0
        assert b"0 rejected" in said
        whole.wait_until_loaded()
        [row] = whole.query("SELECT count(*) n, count(DISTINCT id) ids FROM orders.tracks")
        assert (row["n"], row["ids"]) == (sent, sent) == (6000, 6000)
