"""Segment's published clients read event volumes and the delivery overview."""

import httpx
import pytest

from headwater.kit.clock import MICROSECONDS_PER_HOUR, SystemClock, hour_of, isoformat
from headwater.testing.whole import Whole
from tests.flows.public_api import Npm, new_source, paged

pytestmark = pytest.mark.whole


def window() -> tuple[str, str]:
    """Three whole hours around now."""
    hour = hour_of(SystemClock().now())
    start, end = (isoformat(each * MICROSECONDS_PER_HOUR) for each in (hour - 1, hour + 2))
    return start, end


@pytest.fixture
def source_id(npm: Npm, whole: Whole) -> str:
    """A source that three events came from, one of them refused."""
    source = new_source(npm)
    version = {"app": {"version": "1.2"}}
    batch = [
        {"type": "track", "event": "Ordered + paid", "userId": "u", "context": version},
        {"type": "track", "event": "Ordered + paid", "userId": "u"},
        {"type": "identify", "userId": "u"},
        {"type": "track", "userId": "u", "context": version},
    ]
    sent = httpx.post(
        f"{whole.url}/v1/batch", json={"batch": batch}, auth=(source["writeKeys"][0], "")
    )
    assert sent.status_code == 200
    whole.wait_until_loaded()
    return str(source["id"])


def test_volumes_are_counted_by_time_and_group(npm: Npm, source_id: str) -> None:
    start, end = window()
    count = ("Events", "getEventsVolumeFromWorkspace")
    data = npm(*count, "HOUR", start, end, None, [source_id]).data
    assert data["path"] == "/events/volume"
    assert data["query"]["sourceId"] == [source_id]
    [everything] = data["result"]
    assert everything["total"] == 3
    assert len(everything["series"]) == 3
    assert sum(point["count"] for point in everything["series"]) == 3

    groups = ["source", "eventName", "eventType"]
    data = npm(*count, "MINUTE", start, end, groups, [source_id], None, None, None, {"count": 1})
    [largest] = data.data["result"]
    assert largest["source"]["id"] == source_id
    assert (largest["eventName"], largest["total"]) == ("Ordered + paid", 2)
    assert data.data["pagination"]["totalEntries"] == 2
    named = npm(*count, "DAY", start, end, None, [source_id], ["Ordered + paid"]).data["result"]
    assert named[0]["total"] == 2
    version = npm(*count, "DAY", start, end, None, [source_id], None, ["track"], ["1.2"]).data
    assert version["result"][0]["total"] == 1


@pytest.mark.parametrize(
    ("granularity", "start", "end", "groups"),
    [
        ("WEEK", "2026-01-01", "2026-01-02", None),
        ("DAY", "yesterday", "2026-01-02", None),
        ("DAY", "2026-01-02", "2026-01-01", None),
        ("MINUTE", "2020-01-01", "2026-01-01", None),
        ("DAY", "2026-01-01", "2026-01-02", ["weather"]),
    ],
)
def test_volumes_that_cannot_be_are_refused(
    npm: Npm, granularity: str, start: str, end: str, groups: list[str] | None
) -> None:
    refused = npm("Events", "getEventsVolumeFromWorkspace", granularity, start, end, groups)
    assert refused.status in (400, 422)


def test_the_delivery_overview_counts_what_came_in_and_what_was_refused(
    npm: Npm, source_id: str
) -> None:
    start, end = window()
    page = {"count": 10}
    call = "getIngressSuccessMetricsFromDeliveryOverview"
    data = npm("DeliveryOverview", call, source_id, start, end, "hour", page, ["eventName"]).data
    assert data["total"] == 3
    assert [(each.get("eventName"), each["total"]) for each in data["dataset"]] == [
        ("Ordered + paid", 2),
        (None, 1),
    ]
    only = {"eventName": ["Ordered + paid"], "appVersion": ["1.2"]}
    data = npm("DeliveryOverview", call, source_id, start, end, "minute", page, None, only).data
    assert (data["total"], len(data["dataset"][0]["series"])) == (1, 180)

    call = "getIngressFailedMetricsFromDeliveryOverview"
    groups = ["discardReason", "eventType", "appVersion"]
    data = npm("DeliveryOverview", call, source_id, start, end, "day", page, groups).data
    [refused] = data["dataset"]
    assert (refused["discardReason"], refused["total"]) == ("event_not_defined", 1)
    assert (refused["eventType"], refused["appVersion"]) == ("track", "1.2")

    call = "getFilteredAtSourceMetricsFromDeliveryOverview"
    data = npm("DeliveryOverview", call, source_id, start, end, "hour", page).data
    assert data["total"] == 0
    assert npm("DeliveryOverview", call, source_id, start, end, "minute", page).status == 422
    assert npm("DeliveryOverview", call, "nobody", start, end, "hour", page).status == 404


@pytest.mark.parametrize(
    "operation",
    [
        "getEgressSuccessMetricsFromDeliveryOverview",
        "getEgressFailedMetricsFromDeliveryOverview",
        "getFilteredAtDestinationMetricsFromDeliveryOverview",
    ],
)
def test_what_went_to_a_destination_that_is_not_there_is_not_found(
    npm: Npm, source_id: str, operation: str
) -> None:
    start, end = window()
    call = ("DeliveryOverview", operation, source_id, "nobody", start, end, "hour", {"count": 9})
    assert npm(*call).status == 404


def test_usage_is_counted_by_the_day(npm: Npm, whole: Whole) -> None:
    source = new_source(npm)
    batch = [
        {"type": "track", "event": "A", "userId": "usage-1", "anonymousId": "usage-a"},
        {"type": "track", "event": "A", "userId": "usage-1"},
        {"type": "track", "event": "A", "anonymousId": "usage-b"},
    ]
    key = source["writeKeys"][0]
    httpx.post(f"{whole.url}/v1/batch", json={"batch": batch}, auth=(key, "")).raise_for_status()
    whole.wait_until_loaded()
    today = isoformat(SystemClock().now())[:10]

    calls = paged(
        npm,
        "APICalls",
        "getDailyPerSourceAPICallsUsage",
        "dailyPerSourceAPICallsUsage",
        today,
        size=500,
    )
    own = [each for each in calls if each["sourceId"] == source["id"]]
    assert (own[-1]["apiCalls"], own[-1]["timestamp"][:10]) == ("3", today)
    assert own[0]["timestamp"][8:10] == "01"
    total = npm("APICalls", "getDailyWorkspaceAPICallsUsage", today, {"count": 31}).data
    assert int(total["dailyWorkspaceAPICallsUsage"][-1]["apiCalls"]) >= 3

    people = paged(
        npm,
        "MonthlyTrackedUsers",
        "getDailyPerSourceMTUUsage",
        "dailyPerSourceMTUUsage",
        today,
        size=500,
    )
    last = [each for each in people if each["sourceId"] == source["id"]][-1]
    assert last["identified"] == "1"
    assert (last["anonymous"], last["anonymousIdentified"], last["neverIdentified"]) == (
        "2",
        "1",
        "1",
    )
    whole_space = npm("MonthlyTrackedUsers", "getDailyWorkspaceMTUUsage", today, {"count": 31}).data
    assert int(whole_space["dailyWorkspaceMTUUsage"][-1]["identified"]) >= 1
    assert npm("APICalls", "getDailyWorkspaceAPICallsUsage", "soon", {"count": 1}).status == 422
