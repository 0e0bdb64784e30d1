"""`preview` shows the rows of one event, by the loader's own code."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.cli.warehouse import preview as preview_command
from headwater.errors import ImportFileError
from headwater.loading.preview import Preview, preview
from headwater.naming import table_name

NOW = 1_700_000_000_000_000

STAMPS = {
    "anonymous_id": None,
    "original_timestamp": None,
    "sent_at": None,
    "received_at": "2023-11-14T22:13:20.000Z",
    "timestamp": "2023-11-14T22:13:20.000Z",
}


def test_a_track_call_is_a_row_of_tracks_and_of_its_own_table() -> None:
    shown = preview(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": "m",
            "userId": "u",
            "properties": {"revenue": 5.5, "due": "2023-06-14", "none": None},
            "context": {"app": {"version": "1"}},
        },
        now=NOW,
    )
    common = STAMPS | {
        "id": "m",
        "user_id": "u",
        "event": "order_completed",
        "event_text": "Order Completed",
        "context_app_version": "1",
    }
    typed = common | {"revenue": 5.5, "due": "2023-06-14T00:00:00.000Z"}
    assert shown == {"tables": {"tracks": common, "order_completed": typed}}


def test_an_identify_shows_the_user_too() -> None:
    shown = preview({"type": "identify", "userId": 7, "traits": {"address": {"x": 1}}}, now=NOW)
    assert shown["tables"]["identifies"]["user_id"] == "7"
    assert shown["tables"]["users"] == {
        "id": "7",
        "received_at": STAMPS["received_at"],
        "address_x": 1,
    }


def test_a_group_shows_the_account_too() -> None:
    shown = preview({"type": "group", "groupId": "g", "traits": {"name": "Acme"}}, now=NOW)
    assert list(shown["tables"]) == ["groups", "accounts"]
    assert shown["tables"]["accounts"]["name"] == "Acme"


def test_the_clients_clock_is_corrected() -> None:
    shown = preview(
        {
            "type": "page",
            "timestamp": "2023-11-14T20:00:00Z",
            "sentAt": "2023-11-14T20:00:05Z",
            "receivedAt": "2023-11-14T22:00:05Z",
        },
        now=NOW,
    )
    assert shown["tables"]["pages"]["timestamp"] == "2023-11-14T22:00:00.000Z"
    assert shown["tables"]["pages"]["original_timestamp"] == "2023-11-14T20:00:00.000Z"


def test_a_collision_is_shown_as_a_conflict() -> None:
    shown = preview({"event": "A", "properties": {"fooBar": 1, "foo_bar": 2}}, now=NOW)
    assert shown["tables"]["a"]["foo_bar"] == 2
    assert shown["conflicts"] == [
        {"table": "a", "column": "foo_bar", "value": "1", "reason": "name_collision"}
    ]


@pytest.mark.parametrize(
    ("event", "word"),
    [
        ({"type": "import"}, "type"),
        ({"userId": "u"}, "type"),
        ({"type": "track"}, "event"),
        ({"type": "track", "event": {}}, "event"),
        ({"type": "group"}, "groupId"),
        ({"event": "A", "properties": []}, "properties"),
        ({"event": "A", "context": "x"}, "context"),
        ("nonsense", "JSON"),
        ("[]", "object"),
        (b"\xff", ""),
    ],
)
def test_what_cannot_be_rows_says_why(event: Any, word: str) -> None:
    shown = preview(event, now=NOW)
    assert list(shown) == ["error"]
    assert word in shown["error"]


def test_each_event_meets_an_empty_warehouse_unless_shown_together() -> None:
    events = [{"event": "A", "properties": {"v": value}} for value in (5, "x")]
    apart, together = Preview(), Preview(together=True)
    assert [apart.show(e, now=NOW)["tables"]["a"]["v"] for e in events] == [5, "x"]
    rows = [together.show(e, now=NOW) for e in events]
    assert rows[1]["tables"]["a"]["v"] is None
    assert rows[1]["conflicts"][0]["reason"] == "type"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
members = st.sampled_from(
    ["type", "event", "userId", "properties", "traits", "context", "timestamp", "name", "groupId"]
)


@given(st.dictionaries(members | st.text(max_size=3), json_values | st.just("track")))
def test_every_object_is_shown_or_refused(event: dict[str, Any]) -> None:
    shown = preview(json.dumps(event), now=NOW)
    assert next(iter(shown)) in ("tables", "error")
    json.dumps(shown, allow_nan=False)


@pytest.mark.shared
def test_every_example_of_segments_specification_becomes_rows(shared: Path) -> None:
    lines = (shared / "data/segment_events/segment-docs-spec.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 75
    for line in lines:
        event = json.loads(line)["event"]
        shown = preview(event, now=NOW)
        if "type" not in event and "event" not in event:
            continue
        assert "tables" in shown, (event, shown)
        assert "conflicts" not in shown
        if event.get("event"):
            row = shown["tables"][table_name(event["event"])]
            assert row["event_text"] == event["event"]
            assert shown["tables"]["tracks"].items() <= row.items()


@pytest.mark.shared
def test_every_event_of_segments_go_library_becomes_rows(shared: Path) -> None:
    files = sorted((shared / "data/segment_events/analytics-go").glob("*.json"))
    assert len(files) == 9
    for file in files:
        for event in json.loads(file.read_text("utf-8"))["batch"]:
            assert "tables" in preview(event, now=NOW), (file.name, event)


def test_the_command_prints_a_line_for_each_event(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"event":"订单完成","properties":{"数量":2}}\n\nnope\n', "utf-8")
    preview_command(file)
    first, second = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert first["tables"]["ding_dan_wan_cheng_2b81b991"]["shu_liang_4493e443"] == 2
    assert list(second) == ["error"]


def test_the_command_names_a_file_that_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"missing\.jsonl cannot be read"):
        preview_command(tmp_path / "missing.jsonl")
