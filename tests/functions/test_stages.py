"""Each handler and each error of an insert function, through the whole pipeline."""

import json
from typing import Any

import msgspec
import pytest

from headwater.functions import stages, workshop
from headwater.functions.model import PART
from headwater.functions.runtime.model import Limits
from headwater.functions.workshop import Workshop
from headwater.governing import FEATURES
from headwater.pipeline.program import Memory
from headwater.ports import Outcome
from tests.functions.conftest import Noting, configuration, programs, ready, through, track
from tests.pipeline.conftest import lead, stored

IDENTITY: dict[str, Any] = {"userId": "u1", "anonymousId": "a1"}
CALLS: dict[str, dict[str, Any]] = {
    "track": {"event": "Sold", "properties": {"a": 1}},
    "identify": {"traits": {"a": 1}},
    "page": {"name": "Home", "properties": {"a": 1}},
    "screen": {"name": "Home", "properties": {"a": 1}},
    "group": {"groupId": "g1", "traits": {"a": 1}},
    "alias": {"previousId": "p1"},
}


@pytest.mark.parametrize("kind", CALLS)
def test_the_handler_of_a_type_changes_what_goes_on(kind: str) -> None:
    own = "traits" if kind in ("identify", "group") else "properties"
    code = (
        f"async function on{kind.capitalize()}(event, settings) {{"
        f" event.{own} = {{...event.{own}, seen: settings.word}};"
        " event.context.seen = [event.type, event.messageId]; event.extra = 2; return event }"
    )
    call = {"type": kind, "messageId": "m1"} | IDENTITY | CALLS[kind]
    found = through(code, call, settings={"word": "yes"})
    row = found.row
    assert json.loads(row["properties"])["seen"] == "yes"
    assert json.loads(row["context"])["seen"] == [kind, "m1"]
    assert json.loads(row["rest"]) == {"extra": 2}
    assert (row["type"], row["user_id"]) == (kind, "u1")
    assert (Outcome.TOUCHED, "i1", 1) in [(t.outcome, t.reason, t.count) for t in found.tallies]


def test_an_event_without_a_handler_or_change_keeps_its_bytes() -> None:
    call = track({"b": 1.0, "a": 12345678901234567890, "1": None, "text": "é\\u0041"}, other=[1.50])
    plain = lead([stored({"batch": [call]})])
    for code in (
        "async function onIdentify(event) { event.x = 1; return event }",
        "async function onTrack(event) { return event }",
    ):
        found = through(code, call)
        assert found.row == plain.row
        assert Outcome.TOUCHED not in [each.outcome for each in found.tallies]


def test_ids_names_times_and_types_can_be_changed() -> None:
    code = """
    async function onPage(event) {
      return {...event, type: 'track', event: 'Viewed ' + event.name, name: undefined,
              userId: 42, timestamp: '2020-02-03T04:05:06Z'}
    }"""
    row = through(code, {"type": "page", "name": "Home", "messageId": "m1"} | IDENTITY).row
    assert (row["type"], row["event"], row["name"], row["user_id"]) == (
        "track",
        "Viewed Home",
        None,
        "42",
    )
    assert row["timestamp"].isoformat() == "2020-02-03T04:05:06"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("return {...event, type: 'other'}", '`type` is "other"'),
        ("return {...event, messageId: 'x'}", "`messageId` cannot be changed"),
        ("return {...event, receivedAt: '2020-01-01'}", "`receivedAt` cannot be changed"),
        ("return {...event, timestamp: 'soon'}", '`timestamp` is "soon" and not a time'),
        ("return {...event, properties: [1]}", "`properties` is [1] and not an object"),
        ("return {...event, context: 'x'}", "`context` is"),
        ("return {...event, userId: {}}", "`userId` is {} and not a text"),
        ("return [event, event]", "returned 2 events for one"),
        (
            "let x = {}, y = x; for (let i = 0; i < 200; i++) y = y.a = {}; return {...event, x}",
            "deep",
        ),
        ("return 'event'", ""),
    ],
)
def test_what_is_no_event_any_more_is_kept_aside_as_it_was_sent(body: str, detail: str) -> None:
    call = track()
    found = through(f"async function onTrack(event) {{ {body} }}", call)
    [aside] = found.aside
    assert aside.reason == "function_error"
    assert detail in aside.detail
    assert json.loads(aside.raw) == call
    assert found.rows == []


def test_an_event_that_lost_its_identity_is_kept_aside() -> None:
    code = "async function onTrack(event) { delete event.userId; return event }"
    assert through(code, track()).reasons == ["stage_failed"]


@pytest.mark.parametrize(
    ("thrown", "detail"),
    [
        ("new Error('Ouch')", "`Mine`: Error: Ouch (line 2)"),
        ("new EventNotSupported('not this')", "EventNotSupported: not this"),
        ("new InvalidEventPayload('bad')", "InvalidEventPayload: bad"),
        ("new ValidationError('bad')", "ValidationError: bad"),
        ("new RetryError('later')", "RetryError: later"),
        ("'text'", "text"),
    ],
)
def test_an_error_keeps_its_event_aside_and_no_other(thrown: str, detail: str) -> None:
    code = (
        f"async function onTrack(event) {{\n if (event.properties.bad) throw {thrown}\n"
        " return event }"
    )
    calls = [track({"bad": n == 1}, messageId=f"m{n}") for n in range(3)]
    found = through(code, *calls)
    assert [row["message_id"] for row in found.rows] == ["m0", "m2"]
    [aside] = found.aside
    assert (aside.reason, aside.message_id) == ("function_error", "m1")
    assert detail in aside.detail


def test_a_dropped_event_is_counted_by_its_connection() -> None:
    code = "async function onTrack(event) { if (event.properties.n) throw new DropEvent('x') }"
    found = through(code, track({"n": 1}), track({"n": 0}, messageId="m2"))
    assert found.rows == found.aside == []
    counted = [(t.outcome, t.reason, t.count) for t in found.tallies]
    assert (Outcome.FILTERED, "function:i1", 2) in counted


def test_an_event_to_be_retried_is_retried_a_bounded_number_of_times() -> None:
    code = """
    let tries = 0
    async function onTrack(event) {
      if (++tries < event.properties.after) throw new RetryError('later')
      event.properties.tries = tries; return event
    }"""
    assert json.loads(through(code, track({"after": 3})).row["properties"])["tries"] == 3
    assert through(code + "//", track({"after": 9})).reasons == ["function_error"]


def test_functions_of_a_source_are_taken_in_their_order() -> None:
    first = ready("async function onTrack(e) { e.properties.a = 1; return e }", 1)
    second = ready("async function onTrack(e) { e.properties.b = e.properties.a + 1; return e }", 2)
    found = lead([stored(track())], programs=programs(first, second))
    assert json.loads(found.row["properties"]) == {"a": 1, "b": 2}


def test_sealed_settings_keep_the_events_aside() -> None:
    code = "async function onTrack(event) { return event }"
    assert through(code, track(), secrets=None).reasons == ["function_error"]


def test_secrets_reach_the_code_and_no_message() -> None:
    code = "async function onTrack(event, settings) { throw new Error('key ' + settings.key) }"
    [aside] = through(code, track(), secrets={"key": "very-secret-value"}).aside
    assert "very-secret" not in aside.detail


def test_what_is_led_through_again_to_be_remembered_runs_nothing() -> None:
    memory = Memory()
    memory.is_reminding = True
    made = programs(ready("async function onTrack() { return null }"), memory=memory)
    assert len(lead([stored(track())], programs=made).rows) == 1


def test_a_function_that_calls_others_is_not_run_only_to_look() -> None:
    code = (
        "async function onTrack(event) { if (event.properties.go) await fetch('x'); return null }"
    )
    looking = programs(ready(code), memory=Memory(is_looking=True))
    assert len(lead([stored(track())], programs=looking).rows) == 1
    plain = "async function onTrack(event) { return null }"
    looking = programs(ready(plain), memory=Memory(is_looking=True))
    assert lead([stored(track())], programs=looking).rows == []


def test_functions_come_last() -> None:
    assert FEATURES[-1].part == PART


def test_runs_are_noted_with_lines_errors_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    noting = Noting(limits=Limits())
    monkeypatch.setattr(workshop, "_current", noting)
    code = """
    async function onTrack(event) {
      console.log('saw', event.properties.n)
      if (event.properties.n === 2) throw new Error('two')
      if (event.properties.n === 3) return null
      event.properties.x = 1
      return event
    }"""
    calls = [track({"n": n}, messageId=f"m{n}") for n in range(4)]
    try:
        lead([stored({"batch": calls})], programs=programs(ready(code)))
    finally:
        noting.close()
    [run] = noting.noted
    assert (run.function_id, run.instance_id, run.source_id) == ("f1", "i1", "s1")
    assert (run.events, run.changed, run.dropped, run.failed) == (4, 2, 1, 1)
    assert [(each.text, each.message_id) for each in run.lines] == [
        (f"saw {n}", f"m{n}") for n in range(4)
    ]
    [error] = run.errors
    assert (error.name, error.message, error.line, error.message_id) == ("Error", "two", 4, "m2")


def test_only_needed_sandboxes_stay_open(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Workshop()
    monkeypatch.setattr(workshop, "_current", shop)
    try:
        one = ready("async function onTrack(event) { return event }", 1)
        two = ready("async function onTrack(event) { return null }", 2)
        lead([stored(track())], programs=programs(one, two))
        assert len(shop.health()) == 2
        stages.keep_needed(configuration(one))
        assert list(shop.health()) == [workshop.name_of(one)]
        stages.keep_needed(msgspec.structs.replace(configuration(), parts={}))
        assert shop.health() == {}
    finally:
        shop.close()
