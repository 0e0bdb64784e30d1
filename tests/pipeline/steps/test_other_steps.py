"""The steps that are one line, and their list."""

import json

from headwater.pipeline import steps as package
from headwater.pipeline.event import Drop
from headwater.pipeline.steps import STEPS
from headwater.ports import Outcome


def test_the_write_key_is_not_stored(through, track):
    assert json.loads(through(track(writeKey="c" * 25, other=1)).row["rest"]) == {"other": 1}


def test_events_of_a_disabled_source_are_kept_aside(led, record, shop, track):
    assert led([record(track())], {"s1": shop(enabled=False)}).reasons == ["source_disabled"]


def test_events_of_a_deleted_source_are_kept_aside(led, record, track):
    aside = led([record(track())], {}).aside
    assert [each.reason for each in aside] == ["source_disabled"]
    assert json.loads(aside[0].raw)["event"] == "Order Completed"


def test_each_step_has_a_file_of_its_name():
    folder = package.__path__[0]
    for name, step in STEPS:
        assert step.__name__ == name
        assert step.__code__.co_filename == f"{folder}/{name}.py"


def test_a_step_may_leave_an_event_out_by_a_rule(led, record, track):
    def drop_orders(event):
        return Drop("no_orders") if event.event == "Order Completed" else None

    request = record([track(), track(event="Other", messageId="m2")])
    through = led([request], steps=[*STEPS, ("drop_orders", drop_orders)])
    assert [row["event"] for row in through.rows] == ["Other"]
    assert [(t.outcome, t.reason, t.count) for t in through.tallies] == [
        (Outcome.PASSED, "", 1),
        (Outcome.FILTERED, "no_orders", 1),
    ]


def test_what_is_kept_aside_is_described_as_far_as_it_is_known(through):
    (aside,) = through([{"type": "track", "event": "E", "messageId": "m1"}]).aside
    assert (aside.message_id, aside.type, aside.event) == ("m1", "track", "E")
    assert aside.raw == '{"type":"track","event":"E","messageId":"m1"}'
