"""What a source sends, as its pages show it: the debugger, the schema, the imports."""

import json
from typing import Any

from msgspec.structs import replace

from headwater.access.roles import Role
from headwater.debugger.model import (
    Difference,
    Outcome,
    Seen,
    StageName,
    StageState,
    Trace,
)
from headwater.debugger.model import Stage as Passed
from headwater.imports import record
from headwater.imports.record import ImportProgress, NewImport, RejectedRow
from headwater.schemas.model import EventSchema, EventSeen, PropertySeen, TypeShare
from headwater.workspaces.model import Source
from tests.web.stage import Stage

AT = "2023-11-14T22:13:20.123Z"
EVENT = {
    "type": "track",
    "event": "Order <b>Completed</b>",
    "userId": "secret-user",
    "messageId": "m-1",
    "properties": {"total": 98765.25},
}


def seen(source: Source, number: int, **more: Any) -> Seen:
    facts: dict[str, Any] = {
        "id": str(number),
        "source_id": source.id,
        "received_at": "2023-11-14T22:13:20.123Z",
        "message_id": f"m-{number}",
        "type": "track",
        "event": "Order <b>Completed</b>",
        "user_id": "secret-user",
        "anonymous_id": None,
        "outcome": Outcome.ACCEPTED,
        "reason": "",
        "detail": "",
        "raw": json.dumps(EVENT),
        "is_cut": False,
        "normalised": EVENT,
        "library": "analytics.js 4",
        "ip": "203.0.113.7",
        "size": 100,
    }
    return Seen(**facts | more)


def trace(source: Source) -> Trace:
    stages = [
        Passed(
            StageName.RECEIVED,
            StageState.DONE,
            "2023-11-14T22:13:20.123Z",
            {"library": "curl", "size": 100},
        ),
        Passed(StageName.PIPELINE, StageState.DONE, AT, {}),
        Passed(StageName.ACCEPTED, StageState.DONE, AT, {"type": "track"}),
        Passed(StageName.LOADED, StageState.WAITING, None, {}),
        Passed(StageName.DELIVERIES, StageState.NONE, None, {"deliveries": []}),
    ]
    return Trace(
        message_id="m-1",
        source_id=source.id,
        outcome=Outcome.ACCEPTED,
        reason="",
        detail="",
        raw=json.dumps(EVENT),
        normalised=EVENT,
        differences=[Difference("context.ip", "added", None, "203.0.113.7")],
        stages=stages,
        quarantine_key=None,
        repeats=0,
    )


def test_the_newest_events_stand_in_the_page_itself(stage: Stage) -> None:
    source = stage.source()
    aside = {"outcome": Outcome.QUARANTINED, "reason": "no_user_anon_id"}
    stage.backends.passed = [seen(source, 2, **aside), seen(source, 1)]
    page = stage.ada.get(f"/sources/{source.id}/debugger").text
    assert "Set aside: no_user_anon_id" in page
    assert f'href="/sources/{source.id}/debugger/m-1"' in page
    assert "22:13:20.123" in page
    assert "<b>Completed" not in page


def test_the_events_are_filtered_by_fql(stage: Stage) -> None:
    source = stage.source()
    stage.backends.passed = [seen(source, 1)]
    path = f"/sources/{source.id}/debugger"
    assert "m-1" in stage.ada.get(path, params={"fql": 'type = "track"'}).text
    assert "m-1" not in stage.ada.get(path, params={"fql": 'type = "page"'}).text


def test_an_fql_that_does_not_parse_is_shown_where_it_does_not(stage: Stage) -> None:
    source = stage.source()
    fql = 'type = "track" and'
    answer = stage.ada.get(f"/sources/{source.id}/debugger", params={"fql": fql})
    assert answer.status_code == 400
    assert "column 19" in answer.text
    assert f"\n{' ' * 18}^" in answer.text


def test_an_event_shows_its_whole_way(stage: Stage) -> None:
    source = stage.source()
    stage.backends.traces["m-1"] = trace(source)
    page = stage.ada.get(f"/sources/{source.id}/debugger/m-1").text
    for said in ("Received", "Checked and cleaned", "Accepted", "Loaded", "waiting", "context.ip"):
        assert said in page
    assert "No destination takes it yet" in page
    assert '<span class="json-number">98765.25</span>' in page


def test_an_event_set_aside_says_why_and_where_to_mend_it(stage: Stage) -> None:
    source = stage.source()
    stage.backends.traces["m-1"] = replace(
        trace(source), outcome=Outcome.QUARANTINED, reason="no_user_anon_id", normalised=None
    )
    page = stage.ada.get(f"/sources/{source.id}/debugger/m-1").text
    assert "Set aside: no_user_anon_id" in page
    assert "/quarantine?reason=no_user_anon_id" in page


def test_personal_data_is_hidden_from_those_who_may_not_see_it(stage: Stage) -> None:
    source = stage.source()
    stage.backends.passed = [seen(source, 1)]
    stage.backends.traces["m-1"] = trace(source)
    reader = stage.as_member(Role.SOURCE_READ_ONLY, source)
    for path in ("debugger", "debugger/m-1"):
        page = reader.get(f"/sources/{source.id}/{path}").text
        assert "secret-user" not in page
        assert "203.0.113.7" not in page
        assert "98765" not in page
        assert "secret-user" in stage.ada.get(f"/sources/{source.id}/{path}").text


def test_a_filter_tells_nothing_of_what_is_hidden(stage: Stage) -> None:
    source = stage.source()
    stage.backends.passed = [seen(source, 1)]
    reader = stage.as_member(Role.SOURCE_READ_ONLY, source)
    path = f"/sources/{source.id}/debugger"
    for asked in ({"text": "secret-user"}, {"fql": 'userId = "secret-user"'}):
        assert "/debugger/m-1" not in reader.get(path, params=asked).text
        assert "/debugger/m-1" in stage.ada.get(path, params=asked).text


def test_an_unknown_event_is_not_found(stage: Stage) -> None:
    source = stage.source()
    assert stage.ada.get(f"/sources/{source.id}/debugger/nothing").status_code == 404


def event_seen(name: str | None, type_: str = "track") -> EventSeen:
    return EventSeen(
        type=type_,
        event=name,
        table="shop.table",
        count=1234,
        count_recent=12,
        share=0.5,
        first_seen="2023-11-01T00:00:00Z",
        last_seen="2023-11-14T00:00:00Z",
    )


def test_the_schema_lists_every_event_and_is_searched(stage: Stage) -> None:
    source = stage.source()
    stage.backends.events_seen = [event_seen("订单 & 完成"), event_seen(None, "page")]
    path = f"/sources/{source.id}/schema"
    page = stage.ada.get(path).text
    assert f"{path}/track?event=%E8%AE%A2%E5%8D%95%20%26%20%E5%AE%8C%E6%88%90" in page
    assert f'href="{path}/page"' in page
    assert "1,234" in page
    assert "shop.table" in page
    assert f'href="{path}/page"' not in stage.ada.get(f"{path}?q=订单").text


def test_an_event_lists_its_properties_with_types_and_examples(stage: Stage) -> None:
    source = stage.source()
    stage.backends.schema = EventSchema(
        type="track",
        event="Order Completed",
        table="shop.order_completed",
        count=10,
        sampled=10,
        first_seen="2023-11-01T00:00:00Z",
        last_seen="2023-11-14T00:00:00Z",
        conflicts=2,
        properties=[
            PropertySeen(
                path="properties.total",
                column="total",
                types=[TypeShare("float", 0.9), TypeShare("text", 0.1)],
                presence=0.75,
                distinct=4,
                examples=["12.5", '"<12>"'],
                first_seen="2023-11-01T00:00:00Z",
                last_seen="2023-11-14T00:00:00Z",
            )
        ],
    )
    path = f"/sources/{source.id}/schema/track?event=Order+Completed"
    page = stage.ada.get(path).text
    for said in ("properties.total", "number 90%", "text 10%", "75%", "2 values are of another"):
        assert said in page
    assert "&#34;&lt;12&gt;&#34;" in page
    assert "/sql?sql=SELECT" in page
    assert stage.ada.get(f"/sources/{source.id}/schema/nonsense").status_code == 404
    stage.backends.schema = replace(stage.backends.schema, count=0, properties=[])
    assert stage.ada.get(path).status_code == 404


def test_imports_show_their_progress_and_rejected_rows(stage: Stage) -> None:
    source = stage.source()
    wanted = NewImport(import_id="i-1", source_id=source.id, file="orders.csv", format="csv")
    run = record.begin(stage.changes, stage.owner, wanted)
    progress = ImportProgress(
        rows=1200,
        accepted=1100,
        rejected=1,
        share_read=0.25,
        rejects=(RejectedRow(17, "no time", "a;b"),),
    )
    record.advance(stage.changes, stage.owner, run.id, progress)
    page = stage.ada.get(f"/sources/{source.id}/imports").text
    for said in ("orders.csv", "Running", "25% read", "1,100 events accepted", "no time", "a;b"):
        assert said in page
    assert 'data-refresh="2"' in page


def test_what_is_wrong_with_an_fql_is_said_in_the_visitors_language(stage: Stage) -> None:
    source = stage.source()
    asked = {"fql": 'type = "track" and'}
    path = f"/sources/{source.id}/debugger"
    page = stage.ada.get(path, params=asked, headers={"Accept-Language": "zh-CN"}).text
    assert "第 19 列应为字段、值或函数，但表达式到此结束。" in page
