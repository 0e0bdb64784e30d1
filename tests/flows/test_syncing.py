"""Two sources that differ about a person: what is merged, by which rule, told by every way."""

import csv
import io
import subprocess
import sys
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.public_api import raw

pytestmark = pytest.mark.whole


def identify(whole: Whole, key: str, user: str, at: str, **traits: Any) -> None:
    call = {"userId": user, "timestamp": at, "traits": traits}
    httpx.post(f"{whole.url}/v1/identify", json=call, auth=(key, "")).raise_for_status()


def person(whole: Whole, http: httpx.Client, user: str) -> dict[str, Any]:
    found = http.post("/query", json={"sql": f"SELECT * FROM people WHERE id = '{user}'"}).json()
    return dict(found["data"][0]) if found["data"] else {}


def headwater(whole: Whole, *arguments: str) -> str:
    command = [sys.executable, "-m", "headwater", *arguments]
    done = subprocess.run(
        [*command, "--url", whole.url, "--token", whole.token], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_which_source_wins_is_set_tried_and_explained(whole: Whole) -> None:
    crm, site = whole.create_source("Sync CRM")[1], whole.create_source("Sync Site")[1]
    for key, at, city in ((crm, "2023-10-01", "Brno"), (site, "2023-10-20", "Praha")):
        identify(whole, key, "sync-ann", at, sync_city=city, sync_mail=f"Ann@X.com {city[:0]}")
    with raw(whole.url, whole.token) as http:
        whole.wait_until(
            lambda: person(whole, http, "sync-ann").get("sync_city") == "Praha",
        )
        rule = {"policy": "source_order", "order": ["sync_crm", "sync_site"]}
        body = {"trait": "sync_city", "rule": rule}
        tried = http.post("/sync-rules/people/test", json=body).json()["data"]["whatIf"]
        assert (tried["people"], tried["samples"][0]["after"]) == (1, "Brno")
        assert tried["samples"][0]["beforeSource"] == "sync_site"

        assert http.put("/sync-rules/people/rules/sync_city", json=rule).is_success
        whole.wait_until(lambda: person(whole, http, "sync-ann").get("sync_city") == "Brno")

        overview = http.get("/sync-rules/people").json()["data"]["overview"]
        [city] = [each for each in overview["traits"] if each["trait"] == "sync_city"]
        assert (city["filled"], city["several"], city["differing"]) == (1, 1, 1)
        assert city["won"] == {"sync_crm": 1}
        found = http.get("/sync-rules/people/conflicts/sync_city").json()["data"]["conflicts"]
        assert found["pairs"] == [{"one": "sync_crm", "other": "sync_site", "people": 1}]
        text = http.get("/sync-rules/people/conflicts/sync_city/csv").text
        lines = list(csv.DictReader(io.StringIO(text)))
        assert [(each["source"], each["state"]) for each in lines] == [
            ("sync_crm", "won"),
            ("sync_site", "lost"),
        ]
        none = http.get("/sync-rules/people/conflicts/sync_mail").json()["data"]["conflicts"]
        assert none["people"] == []
        explained = http.get("/sync-rules/people/explained/sync-ann").json()["data"]["explained"]
        [why] = [each for each in explained["traits"] if each["trait"] == "sync_city"]
        assert (why["decision"]["source"], why["decision"]["decidedBy"]) == ("sync_crm", "policy")
        assert http.get("/sync-rules/people/explained/nobody").status_code == 404

    assert "sync_city" in headwater(whole, "sync", "conflicts")
    assert "sync_crm and sync_site: 1" in headwater(whole, "sync", "conflicts", "sync_city")
    told = headwater(whole, "sync", "explain", "sync-ann", "sync_city")
    assert "sync_city: Brno (sync_crm, policy)" in told
    trial = headwater(whole, "sync", "set", "sync_city", "--policy", "newest", "--try")
    assert "sync_city Brno (sync_crm) -> Praha (sync_site)" in trial
    assert "sync_crm > sync_site" in headwater(whole, "sync", "list")
    headwater(whole, "sync", "remove", "sync_city")
    assert "sync_city" not in headwater(whole, "sync", "list")
