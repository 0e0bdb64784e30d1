"""What plans forward: in its new source once, whatever fails when, and the ledger balances."""

from collections.abc import Callable

import msgspec
import pytest

from headwater.errors import LogFullError
from headwater.ledger import rules as ledger_rules
from headwater.ledger.model import Ledger
from headwater.plans.model import PART, Governed, Published, PublishedPlan, PublishedRule, RuleType
from headwater.ports import Log, Owner, Stream
from headwater.spec import collected
from headwater.workers.forwards import ForwardWorker
from headwater.workspaces.model import Configuration, Source, SourceType
from headwater.workspaces.source_settings import SourceSettingsOutputV1, TrackSourceSettingsV1
from tests.workers.conftest import SOURCE, Bench
from tests.workers.test_pipeline import FailingLog

TARGET = Source("s2", "w1", "Blocked", "blocked", SourceType.SERVER, ("d" * 25,), True, 0)
BLOCKS = SourceSettingsOutputV1(
    track=TrackSourceSettingsV1(allow_unplanned_events=False), forwarding_blocked_events_to="s2"
)
BACK = msgspec.structs.replace(BLOCKS, forwarding_blocked_events_to="s1")


@pytest.fixture
def govern(bench: Bench) -> None:
    """Both sources have a plan without events, and each forwards to the other."""
    plan = PublishedPlan("tp_1", "Shop", [PublishedRule(RuleType.IDENTIFY, "", 1)])
    sources = {"s1": Governed("tp_1", BLOCKS), "s2": Governed("tp_1", BACK)}
    part = msgspec.Raw(msgspec.json.encode(Published({"tp_1": plan}, sources)))
    bench.configuration = Configuration(2, (), (SOURCE, TARGET), {PART: part})


def ledger(log: Log) -> Ledger:
    """Of a log that nothing was loaded from yet: what passed waits."""
    pipeline = log.snapshot(Owner.PIPELINE, Stream.ACCEPTED, {})
    read = pipeline.consumed.get(Stream.COLLECTED, {})
    collector = log.snapshot(Owner.COLLECTOR, Stream.COLLECTED, read)
    return ledger_rules.ledger(collector, pipeline, ())


def forwarded_ids(log: Log) -> list[str]:
    """The messageIds of what came to another source."""
    found = log.read(Stream.COLLECTED, {}, max_bytes=10**9)
    return [
        event["messageId"]
        for each in found
        if collected.DECODER.decode(each.record.meta).forwarded
        for event in msgspec.json.decode(each.record.body)["batch"]
    ]


@pytest.mark.usefixtures("govern")
def test_a_blocked_event_comes_to_the_other_source_and_is_forwarded_no_further(
    bench: Bench, drain: Callable[..., int]
) -> None:
    worker, forwards = bench.worker(), ForwardWorker(bench.log)
    bench.collect(["m1", "m2"])
    drain(worker)
    assert bench.quarantined() == []
    assert forwards.run_once() == 2
    assert forwards.run_once() == 0
    drain(worker)
    assert bench.quarantined() == ["unplanned_event"] * 2  # there, and not back again
    assert forwards.run_once() == 0
    forwards.close()

    of = {each.source_id: each for each in ledger(bench.log).accounts}
    assert of["s1"].filtered == {"forwarded:s2": 2}
    assert (of["s2"].accepted, of["s2"].rejected) == (2, {"unplanned_event": 2})


@pytest.mark.usefixtures("govern")
@pytest.mark.parametrize("before", [True, False], ids=["kept nothing", "kept all"])
def test_an_append_that_failed_forwards_each_event_once(
    bench: Bench, drain: Callable[..., int], before: bool
) -> None:
    bench.collect(["m1"])
    drain(bench.worker())
    with pytest.raises(LogFullError):
        ForwardWorker(FailingLog(bench.log, before=before)).run_once()
    forwards = ForwardWorker(bench.log)
    while forwards.run_once():
        pass
    forwards.close()
    assert forwarded_ids(bench.log) == ["m1"]


@pytest.mark.usefixtures("govern")
def test_a_restart_goes_on_where_the_log_says(bench: Bench, drain: Callable[..., int]) -> None:
    worker = bench.worker()
    for message_id in ("m1", "m2"):
        bench.collect([message_id])
        drain(worker)
        forwards = ForwardWorker(bench.log)
        assert forwards.run_once() == 1
        forwards.close()
        worker = bench.worker()
    assert forwarded_ids(bench.log) == ["m1", "m2"]
