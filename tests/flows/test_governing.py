"""Rules on a running server: what they do is seen in the debugger, the ledger and quarantine."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.cleaning.enrichment.databases import write

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("governing")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        yield whole


@pytest.fixture(scope="module")
def api(whole: Whole) -> httpx.Client:
    headers = {"Authorization": f"Bearer {whole.token}"}
    return httpx.Client(base_url=whole.url, headers=headers, timeout=30)


def rule(api: httpx.Client, name: str, kind: str, **body: Any) -> str:
    made = api.post("/api/cleaning-rules", json={"name": name, "kind": kind} | body)
    assert made.status_code == 201, made.text
    return str(made.json()["data"]["cleaningRule"]["id"])


def send(whole: Whole, api: httpx.Client, *events: dict[str, Any]) -> None:
    answer = api.post("/v1/batch", json={"batch": events}, auth=(whole.write_key, ""))
    assert answer.status_code == 200, answer.text
    whole.wait_until_loaded()


def sold(message_id: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Sold",
        "userId": "u",
        "messageId": message_id,
        "properties": properties,
    }


def test_what_rules_do_is_seen_everywhere(whole: Whole, api: httpx.Client) -> None:
    trims = rule(api, "Trim", "trim", settings={"paths": ["properties.*"]})
    drops = rule(api, "No tests", "drop", settings={"where": "properties.test = true"})
    held = {"paths": ["properties.n"], "most": 9, "action": "quarantine"}
    holds = rule(api, "Not too much", "allowed_range", settings=held)
    send(whole, api, sold("m1", a=" x "), sold("m2", test=True), sold("m3", n=10))

    assert whole.query("SELECT a FROM test.sold") == [{"a": "x"}]
    totals = whole.ledger()["totals"]
    assert (totals["loaded"], totals["difference"]) == (1, 0)
    assert totals["filtered"] == {f"rule:{drops}": 1}
    assert totals["rejected"] == {"rule_violation": 1}
    listed = api.get("/api/cleaning-rules").json()["data"]["cleaningRules"]
    assert {each["id"]: each["touched"]["total"] for each in listed} == {
        trims: 1,
        drops: 1,
        holds: 1,
    }

    shown = api.get(f"/api/sources/{whole.source_id}/debugger", params={"once": 1})
    recent = shown.json()["data"]["events"]
    seen = {each["messageId"]: (each["outcome"], each["reason"]) for each in recent}
    assert seen == {
        "m1": ("accepted", ""),
        "m2": ("filtered", f"rule:{drops}"),
        "m3": ("quarantined", "rule_violation"),
    }
    trace = json.loads(whole.command("trace", "m2", "--json"))
    assert (trace["outcome"], trace["reason"]) == ("filtered", f"rule:{drops}")

    wanted = {"selection": {"reason": "rule_violation"}}
    preview = api.post("/api/quarantine/preview", json=wanted).json()["data"]["preview"]
    assert (preview["passes"], preview["fails"]) == (0, 1)
    api.patch(f"/api/cleaning-rules/{holds}", json={"enabled": False})
    preview = api.post("/api/quarantine/preview", json=wanted).json()["data"]["preview"]
    assert (preview["passes"], preview["fails"]) == (1, 0)
    assert api.post("/api/quarantine/replay", json=wanted).status_code in (200, 202)
    whole.wait_until(lambda: len(whole.query("SELECT 1 FROM test.sold")) == 2)
    assert whole.ledger()["totals"]["rejected"] == {}


def test_places_are_told_by_a_database_that_lies_in_the_data_folder(
    whole: Whole, api: httpx.Client
) -> None:
    wanted = {"name": "Places", "kind": "locate_ip", "settings": {"database": "City.mmdb"}}
    refused = api.post("/api/cleaning-rules", json=wanted)
    assert refused.status_code == 422
    assert "there is no file City.mmdb" in refused.text
    folder = whole.data_dir / "geoip"
    folder.mkdir()
    place = {"country": {"iso_code": "CN", "names": {"en": "China"}}}
    write(folder / "City.mmdb", {"203.0.113.0/24": place})
    rule(api, "No addresses", "anonymize_ip", position=1)
    rule(api, "Places", "locate_ip", settings=wanted["settings"], position=2)
    kinds = [
        each["kind"] for each in api.get("/api/cleaning-rules").json()["data"]["cleaningRules"]
    ]
    assert kinds[-2:] == ["locate_ip", "anonymize_ip"]
    send(whole, api, sold("m4") | {"event": "Placed", "context": {"ip": "203.0.113.77"}})
    [row] = whole.query("SELECT context_location_country, context_ip FROM test.placed")
    assert row == {"context_location_country": "China", "context_ip": "203.0.113.0"}
