"""Segment's signatures and errors, as functions are called by them."""

from typing import Any

import pytest

from headwater.functions.runtime.model import Failure, Kind, Limits, Line
from tests.functions.runtime.running import kinds, of, sandbox, track

_TYPES = {
    "track": "onTrack",
    "identify": "onIdentify",
    "page": "onPage",
    "screen": "onScreen",
    "group": "onGroup",
    "alias": "onAlias",
    "delete": "onDelete",
}


def test_each_type_has_a_handler_of_its_own() -> None:
    code = "\n".join(
        f"async function {handler}(event) {{ event.by = '{handler}'; return event; }}"
        for handler in _TYPES.values()
    )
    with sandbox(code) as function:
        assert set(function.load().handlers) == set(_TYPES.values())
        results = function.run([{"type": kind, "userId": "u"} for kind in _TYPES])
    assert [result.events and result.events[0]["by"] for result in results] == list(_TYPES.values())


@pytest.mark.parametrize(
    "code",
    [
        "const onTrack = async (event) => ({ ...event, event: 'Renamed' });",
        "let onTrack = (event) => Object.assign(event, { event: 'Renamed' });",
        "function onTrack(event) { event.event = 'Renamed'; return Promise.resolve(event); }",
        "async function onTrack(event) { await null; event.event = 'Renamed'; return event; }",
        "class W { go(e) { e.event = 'Renamed'; return e; } }\nvar onTrack = (e) => new W().go(e)",
    ],
)
def test_a_handler_is_any_function_of_its_name(code: str) -> None:
    result = of(code)
    assert result.events is not None
    assert result.events[0]["event"] == "Renamed"


def test_an_insert_function_leaves_what_it_has_no_handler_for() -> None:
    code = "function onTrack(event) { return event; }"
    events: list[Any] = [{"type": "page"}, {"type": "constructor"}, {"type": 7}, {}, track()]
    with sandbox(code) as function:
        assert kinds(function.run(events)) == ["unchanged"] * 5
        assert function.run([]) == []


@pytest.mark.parametrize("returned", ["null", "undefined", "[]", "(() => {})()"])
def test_an_event_that_is_not_returned_is_dropped(returned: str) -> None:
    assert of(f"function onTrack(event) {{ return {returned}; }}").dropped == ""


def test_several_events_may_be_returned_for_one() -> None:
    result = of("const onTrack = (event) => [event, { ...event, event: 'Second' }];")
    assert result.events is not None
    assert [event["event"] for event in result.events] == ["Order Completed", "Second"]


_ERRORS = {
    "EventNotSupported": (Failure.UNSUPPORTED, False),
    "InvalidEventPayload": (Failure.INVALID, False),
    "ValidationError": (Failure.INVALID, False),
    "RetryError": (Failure.RETRY, True),
    "TimeoutError": (Failure.TIMEOUT, True),
    "Error": (Failure.ERROR, False),
    "TypeError": (Failure.ERROR, False),
}


@pytest.mark.parametrize("kind", [Kind.INSERT, Kind.DESTINATION])
def test_errors_are_told_by_name_message_and_line(kind: Kind) -> None:
    thrown = "".join(
        f"  if (event.event === '{name}')\n    throw new {name}('that is why');\n"
        for name in _ERRORS
    )
    code = f"async function onTrack(event) {{\n  await null;\n{thrown}}}"
    with sandbox(code, kind) as function:
        results = function.run([{"type": "track", "event": name} for name in _ERRORS])
    for number, (name, result) in enumerate(zip(_ERRORS, results, strict=True)):
        failed = result.failed
        assert failed is not None
        assert (failed.kind, failed.is_retryable) == _ERRORS[name]
        line = 4 + 2 * number
        assert (failed.name, failed.message, failed.line) == (name, "that is why", line)
        assert f"function.js:{line}" in failed.stack


def test_the_line_is_that_of_the_functions_own_code() -> None:
    code = "const f = (x) => x.y.z;\n\nfunction onTrack(event) {\n  return f(event);\n}"
    failed = of(code).failed
    assert failed is not None
    assert failed.line == 1
    assert failed.stack.splitlines() == ["at f (function.js:1:22)", "at onTrack (function.js:4:10)"]


def test_drop_event_drops_with_its_reason() -> None:
    result = of("function onTrack() { throw new DropEvent('a test user'); }")
    assert (result.dropped, result.failed) == ("a test user", None)


def test_errors_of_ones_own_may_have_names_and_messages() -> None:
    code = """
      class Mine extends Error { constructor(m) { super(m); this.name = 'RetryError'; } }
      function onTrack() {
        const error = new Mine('x');
        error.message = 'later';
        error.toString = () => 'y';
        throw error;
      }
    """
    failed = of(code).failed
    assert failed is not None
    assert (failed.kind, failed.message) == (Failure.RETRY, "later")


@pytest.mark.parametrize(
    ("code", "line"),
    [("function onTrack( {", 1), ("const a = 1;\nconst b = ;", 2), ("\n\nnope();", 3)],
)
def test_code_that_does_not_load_says_where(code: str, line: int) -> None:
    with sandbox(code) as function:
        failed = function.load().failed
        assert failed is not None
        assert (failed.kind, failed.line) == (Failure.UNUSABLE, line)
        assert failed.name in ("SyntaxError", "ReferenceError")
        assert kinds(function.run([track(), track()])) == ["unusable", "unusable"]


@pytest.mark.parametrize(
    ("code", "column"), [("const a = ;", 11), ("const a = 1;\n  let b = 2 3;", 13)]
)
def test_code_that_does_not_parse_says_at_which_column(code: str, column: int) -> None:
    with sandbox(code) as function:
        failed = function.load().failed
    assert failed is not None
    assert failed.message.endswith(f"(at column {column})")


def test_settings_are_given_and_cannot_be_changed() -> None:
    code = "const onTrack = (e, s) => { s.list.push; s.key = 1; return { k: s.key, l: s.list }; };"
    with sandbox(code, settings={"key": "value", "list": [1, {"a": 2}]}) as function:
        for _ in range(2):
            (result,) = function.run([track()])
            assert result.events == ({"k": "value", "l": [1, {"a": 2}]},)


def test_variables_of_the_code_stay_from_event_to_event() -> None:
    code = "let count = 0; const onTrack = () => ({ count: ++count });"
    with sandbox(code) as function:
        results = function.run([track(), track()]) + function.run([track()])
    assert [result.events and result.events[0]["count"] for result in results] == [1, 2, 3]


def test_lines_are_kept_with_their_event_also_when_events_wait_for_each_other() -> None:
    code = """
      async function onTrack(event) {
        console.log('begin', event.userId, { a: [1] });
        await new Promise((resolve) => setTimeout(resolve, event.properties.number === 0 ? 30 : 5));
        console.error(new TypeError(`end of ${event.userId}`));
        return event;
      }
    """
    with sandbox(code) as function:
        results = function.run([track(number) for number in range(3)])
    for number, result in enumerate(results):
        assert result.logs[0] == Line("info", f'begin user-{number} {{"a":[1]}}')
        assert result.logs[1].level == "error"
        assert result.logs[1].text.startswith(f"TypeError: end of user-{number}\nat ")
        assert len(result.logs) == 2
        assert result.events is None
        assert result.milliseconds >= 4


def test_secrets_are_masked_in_lines_messages_and_stacks() -> None:
    code = """
      console.log('loaded');
      function onTrack(event, settings) {
        console.log('key', settings.key, settings);
        throw new Error(`cannot reach https://x/?key=${settings.key}`);
      }
    """
    secret = 'hush"hush'
    with sandbox(code, settings={"key": secret}, secrets=(secret,)) as function:
        assert function.load().logs == (Line("info", "loaded"),)
        (result,) = function.run([track()])
    assert result.failed is not None
    told = repr(result)
    assert "hush" not in told
    assert result.failed.message == "cannot reach https://x/?key=••••••"
    assert result.logs[0].text == 'key •••••• {"key":"••••••"}'


def test_a_destination_function_delivers_and_what_it_returns_is_not_looked_at() -> None:
    code = "async function onTrack(event) { return { not: 'looked at' }; }"
    with sandbox(code, Kind.DESTINATION) as function:
        delivered, unsupported = function.run([track(), {"type": "page"}])
    assert delivered.events is delivered.failed is delivered.dropped is None
    assert unsupported.failed is not None
    assert unsupported.failed.kind is Failure.UNSUPPORTED
    assert "onPage" in unsupported.failed.message


def test_a_batch_handler_is_given_all_events_and_may_answer_for_each() -> None:
    code = """
      async function onBatch(events, settings) {
        return events.map((event, i) => [
          { status: 200 }, { status: 400, errormessage: 'no' }, { status: 429 }, { status: 503 },
        ][i]);
      }
    """
    with sandbox(code, Kind.DESTINATION) as function:
        results = function.run_batch([track(number) for number in range(5)])
        assert function.run_batch([]) == []
    assert kinds(results) == ["unchanged", "invalid", "retry", "retry", "unchanged"]
    assert results[1].failed is not None
    assert results[1].failed.message == "no"


def test_a_batch_handler_that_throws_fails_them_all() -> None:
    code = "async function onBatch(events) { throw new RetryError(`all ${events.length}`); }"
    with sandbox(code, Kind.DESTINATION) as function:
        results = function.run_batch([track(), track()])
    assert [result.failed and result.failed.message for result in results] == ["all 2"] * 2


def test_a_handler_may_be_named() -> None:
    code = "function onDelete(event) { return { deleted: event.userId }; }"
    with sandbox(code) as function:
        (result,) = function.run([track(4)], handler="onDelete")
    assert result.events == ({"deleted": "user-4"},)


_REQUEST = {
    "method": "POST",
    "url": "https://hooks.example/webhooks/s1?city=B%C3%A9a&x=1",
    "headers": {"content-type": "application/json", "x-signature": "abc"},
    "body": '{"id":7,"mail":"a@b.example"}',
}


def test_a_source_function_makes_events_of_a_request() -> None:
    code = """
      async function onRequest(request, settings) {
        const body = await request.json();
        Segment.identify({ userId: `${body.id}`, traits: { mail: body.mail } });
        await Segment.track({ userId: `${body.id}`, event: request.headers.get('X-Signature') });
        Segment.set({ collection: 'cities', id: request.url.searchParams.get('city'),
          properties: { path: request.url.pathname, method: request.method, s: settings.s } });
      }
    """
    with sandbox(code, Kind.SOURCE, settings={"s": 1}) as function:
        (result,) = function.run([_REQUEST])
    assert result.events == (
        {"userId": "7", "traits": {"mail": "a@b.example"}, "type": "identify"},
        {"userId": "7", "event": "abc", "type": "track"},
        {
            "collection": "cities",
            "id": "Béa",
            "properties": {"path": "/webhooks/s1", "method": "POST", "s": 1},
            "type": "set",
        },
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Segment.track(null);", Failure.INVALID),
        ("await Segment.page('x');", Failure.INVALID),
        ("for (let i = 0; i < 2000; i++) Segment.track({ event: 'x' });", Failure.ERROR),
        ("Segment.track({ event: 'x'.repeat(2e6) });", Failure.OUTPUT),
        ("await request.json();", Failure.ERROR),
        ("throw new RetryError('later');", Failure.RETRY),
    ],
)
def test_a_source_function_fails_as_a_whole(body: str, kind: Failure) -> None:
    code = f"async function onRequest(request) {{ {body} }}"
    with sandbox(code, Kind.SOURCE) as function:
        (result,) = function.run([{**_REQUEST, "body": "no JSON"}])
    assert result.failed is not None
    assert result.failed.kind is kind


def test_a_request_has_text_and_forms() -> None:
    code = """
      async function onRequest(request) {
        const form = await request.formData();
        Segment.track({ event: form.get('event'), properties: { all: form.getAll('a') } });
      }
    """
    with sandbox(code, Kind.SOURCE) as function:
        (result,) = function.run([{**_REQUEST, "body": "event=It+is%21&a=1&a=2"}])
    assert result.events == (
        {"event": "It is!", "properties": {"all": ["1", "2"]}, "type": "track"},
    )


def test_a_child_is_replaced_after_its_runs_and_forgets() -> None:
    code = "let count = 0; const onTrack = () => ({ count: ++count });"
    with sandbox(code, limits=Limits(runs=2)) as function:
        counts = [function.run([track()])[0].events for _ in range(3)]
    assert counts == [({"count": 1},), ({"count": 2},), ({"count": 1},)]


def test_what_waits_when_a_batch_ends_does_not_reach_into_the_next() -> None:
    code = """
      let late = 0;
      function onTrack(event) { setTimeout(() => { late += 1; }, 1); return { late }; }
    """
    with sandbox(code) as function:
        for _ in range(3):
            (result,) = function.run([track()])
            assert result.events == ({"late": 0},)
