"""The specification's own examples, run as they are written there, with `requests`."""

import base64

import pytest
import requests

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def source(whole: Whole) -> tuple[str, str]:
    return whole.create_source("Contract")


@pytest.mark.parametrize("form", ["bare key", "base64"])
def test_an_event_whose_user_and_name_are_in_the_path_is_taken(
    whole: Whole, source: tuple[str, str], form: str
) -> None:
    key = source[1]
    credentials = key if form == "bare key" else base64.b64encode(f"{key}:".encode()).decode()
    user = f"user-{form.replace(' ', '-')}"
    response = requests.post(
        f"{whole.url}/v1/events/{user}/page_view",
        json={"event": "page_view", "properties": {"url": "https://example.com", "signedUp": True}},
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
        timeout=10,
    )
    assert response.status_code == 200
    whole.wait_until_loaded()
    rows = whole.query(f"SELECT properties.url AS url FROM page_view WHERE userId = '{user}'")
    assert rows == [{"url": "https://example.com"}]


def test_a_single_object_to_import_is_an_identify_with_its_properties_as_traits(
    whole: Whole, source: tuple[str, str]
) -> None:
    response = requests.post(
        f"{whole.url}/v1/import",
        json={"userId": "imported", "properties": {"signedUp": True, "plan": "pro"}},
        headers={"Authorization": f"Basic {source[1]}"},
        timeout=10,
    )
    assert response.status_code == 200
    whole.wait_until_loaded()
    rows = whole.query("SELECT type, properties FROM identify WHERE userId = 'imported'")
    assert rows == [{"type": "identify", "properties": {"signedUp": True, "plan": "pro"}}]


def test_the_two_queries_of_the_specification_run_as_they_stand(
    whole: Whole, source: tuple[str, str]
) -> None:
    batch = [
        {"type": "identify", "userId": f"q{n}", "traits": {"signedUp": n % 2 == 0}}
        for n in range(6)
    ]
    before = whole.query("SELECT COUNT(*) AS n FROM identify WHERE properties.signedUp = true")
    requests.post(f"{whole.url}/v1/batch", json={"batch": batch}, auth=(source[1], ""), timeout=10)
    for _ in range(2):
        requests.post(
            f"{whole.url}/v1/events/viewer/page_view",
            json={"event": "page_view", "properties": {}},
            headers={"Authorization": f"Basic {source[1]}"},
            timeout=10,
        )
    whole.wait_until_loaded()

    after = whole.query("SELECT COUNT(*) AS n FROM identify WHERE properties.signedUp = true")
    viewers = whole.query(
        "SELECT COUNT(DISTINCT userId) AS n FROM page_view WHERE timestamp > '2023-10-01'"
    )

    assert after[0]["n"] - before[0]["n"] == 3
    assert viewers[0]["n"] >= 1


@pytest.mark.parametrize("view", ["identify", "track", "page", "screen", '"group"', "alias"])
def test_the_views_of_the_six_types_have_the_events_own_shape(whole: Whole, view: str) -> None:
    answer = requests.post(
        f"{whole.url}/api/query",
        json={"sql": f"SELECT * FROM {view} LIMIT 0"},
        headers={"Authorization": f"Bearer {whole.token}"},
        timeout=30,
    ).json()
    assert [column["name"] for column in answer["columns"]] == [
        "messageId", "type", "event", "userId", "anonymousId", "timestamp", "receivedAt",
        "properties", "context",
    ]  # fmt: skip
    assert answer["data"] == []
    assert answer["total"] == 0
