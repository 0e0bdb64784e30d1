"""Programs: what is set for a source acts on its events, balances, and alters nothing else."""

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.governing import Feature, compile_program
from headwater.pipeline.event import Drop, Event, Quarantine, Verdict
from headwater.pipeline.program import EachEvent, Memory, Programs
from headwater.ports import Outcome, Stored
from headwater.spec.reasons import Reason
from headwater.workspaces.model import Configuration
from tests.pipeline.conftest import lead, source, stored
from tests.pipeline.test_batch import EVENTS, counted

KEPT_ASIDE = Quarantine(Reason.RULE_VIOLATION, "no")


class Chooses:
    """A stage that decides by the events' place in its batch, as a list of answers says."""

    def __init__(self, name: str, answers: Sequence[str]) -> None:
        self.name = name
        self.touched: Counter[str] = Counter()
        self._answers = answers

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        verdicts: list[Verdict] = []
        for index, event in enumerate(events):
            match self._answers[index % len(self._answers)]:
                case "drop":
                    verdicts.append(Drop(f"rule:{self.name}"))
                case "aside":
                    verdicts.append(KEPT_ASIDE)
                case "alter":
                    event.properties = {**event.properties, "altered": self.name}
                    self.touched[self.name] += 1
                    verdicts.append(None)
                case "break":
                    event.user_id = event.anonymous_id = None
                    verdicts.append(None)
                case "raise":
                    raise RuntimeError("boom")
                case "short":
                    return verdicts
                case _:
                    verdicts.append(None)
        return verdicts


ANSWERS = st.lists(
    st.sampled_from(["keep", "drop", "aside", "alter", "break", "raise", "short"]), min_size=1
)


def programs(*stages: object) -> Programs:
    return Programs(lambda source_id: stages if source_id == "s1" else ())


@given(st.lists(EVENTS, max_size=8), st.lists(ANSWERS, max_size=4))
def test_whatever_a_program_does_every_event_is_accounted_for(members, answers):
    stages = [Chooses(f"r{number}", each) for number, each in enumerate(answers)]
    count = max(len(members), 1)
    through = lead([stored({"batch": members}, count=count)], programs=programs(*stages))
    outcomes = counted(through)
    touched = outcomes.pop(Outcome.TOUCHED, 0)
    assert outcomes.total() == count
    assert outcomes[Outcome.PASSED] == len(through.rows)
    assert outcomes[Outcome.QUARANTINED] == len(through.aside)
    assert touched <= count * len(stages)


@given(st.lists(EVENTS, max_size=8))
def test_a_program_that_matches_nothing_changes_no_byte(members):
    requests = [stored({"batch": members})]
    idle = programs(Chooses("a", ["keep"]), EachEvent("b", lambda _: None))
    assert lead(requests, programs=idle).entry == lead(requests).entry


def test_a_rules_touches_are_counted_beside_the_account(track):
    request = stored([track(messageId=str(number)) for number in range(3)])
    through = lead([request], programs=programs(Chooses("r", ["alter", "keep", "drop"])))
    assert [(t.outcome, t.reason, t.count) for t in through.tallies] == [
        (Outcome.PASSED, "", 2),
        (Outcome.FILTERED, "rule:r", 1),
        (Outcome.TOUCHED, "r", 1),
    ]


def test_what_one_stage_leaves_out_the_next_does_not_see(track):
    seen: list[str] = []
    after = EachEvent("after", lambda event: seen.append(event.message_id))
    request = stored([track(messageId="1"), track(messageId="2")])
    lead([request], programs=programs(Chooses("r", ["drop", "keep"]), after))
    assert seen == ["2"]


@pytest.mark.parametrize(
    "reason", ["rule_violation", "schema_violation", "unplanned_event", "function_error"]
)
def test_a_stage_says_why_it_keeps_an_event_aside(reason, track):
    refuse = EachEvent("r", lambda _: Quarantine(Reason(reason), "not so"))
    (aside,) = lead([stored(track())], programs=programs(refuse)).aside
    assert (aside.reason, aside.detail) == (reason, "not so")


def test_only_the_sources_own_program_is_taken(track):
    other = stored([track(messageId="1")], position=2)
    other = Stored("0", 2, msgspec.structs.replace(other.record, source_id="s2"))
    known = {"s1": source(), "s2": source()}
    through = lead([stored(track()), other], known, programs=programs(Chooses("r", ["drop"])))
    assert [(t.source_id, t.outcome) for t in through.tallies] == [
        ("s2", Outcome.PASSED),
        ("s1", Outcome.FILTERED),
    ]


def test_a_stage_that_fails_keeps_its_events_aside_as_they_were_sent(track):
    through = lead([stored(track())], programs=programs(Chooses("r", ["raise"])))
    assert through.reasons == ["stage_failed"]
    assert through.aside[0].detail == "`r` failed: RuntimeError: boom"
    assert msgspec.json.decode(through.aside[0].raw)["event"] == "Order Completed"


def test_a_function_that_fails_at_one_event_spares_the_others(track):
    def decide(event: Event) -> None:
        if event.message_id == "1":
            raise KeyError("price")

    request = stored([track(messageId="1"), track(messageId="2")])
    through = lead([request], programs=programs(EachEvent("f", decide)))
    assert [row["message_id"] for row in through.rows] == ["2"]
    assert through.reasons == ["stage_failed"]


def test_an_event_that_is_none_any_more_is_kept_aside(track):
    through = lead([stored(track())], programs=programs(Chooses("r", ["break"])))
    assert through.reasons == ["stage_failed"]


class Settings(msgspec.Struct):
    drop: bool


def feature(part: str, decoded: list[Settings]) -> Feature:
    def stages(published: Settings, source, memory: Memory):
        decoded.append(published)
        memory.of(f"{part}/{source.id}", list)
        return [EachEvent(part, lambda _: Drop(part) if published.drop else None)]

    return Feature(part, Settings, stages)


def test_a_program_is_made_of_the_published_parts_in_the_features_order(track):
    decoded: list[Settings] = []
    features = [feature("first", decoded), feature("absent", decoded), feature("last", decoded)]
    configuration = Configuration(
        1,
        (),
        (source(),),
        {"last": msgspec.Raw(b'{"drop":true}'), "first": msgspec.Raw(b'{"drop":false}')},
    )
    programs = compile_program(configuration, None, features)
    assert decoded == []  # nothing is made before an event comes
    assert [stage.name for stage in programs.of("s1")] == ["first", "last"]
    assert programs.of("s1") is programs.of("s1")
    assert programs.of("unknown") == ()
    assert len(decoded) == 2
    through = lead([stored(track())], programs=programs)
    assert [t.reason for t in through.tallies] == ["last"]


def test_a_configuration_keeps_its_parts_through_publishing():
    configuration = Configuration(1, (), (source(),), {"cleaning": msgspec.Raw(b'{"a":1}')})
    again = msgspec.json.decode(msgspec.json.encode(configuration), type=Configuration)
    assert bytes(again.parts["cleaning"]) == b'{"a":1}'


def test_what_stages_remember_outlives_a_program_while_it_is_asked_for():
    memory = Memory()
    memory.of("a", list).append(1)
    memory.of("b", list)
    memory.keep_asked()
    assert memory.of("a", list) == [1]
    memory.keep_asked()
    memory.of("b", list).append(2)
    assert memory.of("a", list) == [1]
    memory.forget()
    assert memory.of("a", list) == []
