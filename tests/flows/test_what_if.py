"""What-if on a running server, and then the same for real: what was foretold has happened."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A Headwater of its own: its whole configuration goes into a folder and back."""
    folder = tmp_path_factory.mktemp("foretold")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as server:
        yield server


GOVERNED = """
kind: cleaning-rule
name: Prices are numbers of {slug}
rule: parse_number
settings: {{paths: [properties.price]}}
sources: [{slug}]
---
kind: cleaning-rule
name: Nothing dear of {slug}
rule: allowed_range
settings: {{paths: [properties.price], most: 90, action: quarantine}}
sources: [{slug}]
---
kind: transformation
name: No tests of {slug}
source: {slug}
if: properties.test = true
drop: true
---
kind: transformation
name: Tiers of {slug}
source: {slug}
propertyRenames: [{{oldName: plan, newName: tier}}]
---
kind: tracking-plan
name: Plan of {slug}
sources: [{slug}]
rules:
  - type: TRACK
    key: Sold
    jsonSchema:
      type: object
      properties:
        properties:
          type: object
          properties: {{plan: {{type: string}}, price: {{}}, test: {{}}}}
---
kind: schema
source: {slug}
track: {{allowUnplannedEvents: false, allowEventOnViolations: false}}
---
kind: function
name: Marks of {slug}
code: |
  async function onTrack(event) {{ event.properties.marked = true; return event; }}
connections: {{{slug}: {{}}}}
"""


def sent() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    for n in range(60):
        price = [n, f" {n} ", "dear"][n % 3] if n % 7 else None
        properties = {"price": price, "plan": "gold" if n % 4 else 7, "test": n % 10 == 0}
        name = "Seen" if n % 11 == 0 else "Sold"
        events.append(
            {
                "type": "track",
                "event": name,
                "userId": f"u{n % 5}",
                "messageId": f"m{n % 55}",
                "timestamp": f"2023-10-01T00:00:{n:02d}Z",
                "properties": properties,
            }
        )
    return events


def columns(whole: Whole, slug: str) -> dict[tuple[str, str], str]:
    found = whole.query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema = '{slug}'"
    )
    return {(each["table_name"], each["column_name"]): each["data_type"] for each in found}


def events(whole: Whole, slug: str) -> dict[str, Any]:
    lines = whole.command("export", "events", "--source", slug).decode().splitlines()
    found = {each["messageId"]: each for each in map(json.loads, lines)}
    for each in found.values():
        each.pop("receivedAt"), each.pop("sentAt", None)
    return found


def test_what_was_foretold_happens(whole: Whole, http: httpx.Client, tmp_path: Path) -> None:
    _, tried_key = whole.create_source("Foretold", "server")
    whole_batch = {"batch": sent()}
    assert http.post(f"{whole.url}/v1/batch", json=whole_batch, auth=(tried_key, "")).is_success
    whole.wait_until_loaded()
    file = tmp_path / "governed.yaml"
    file.write_text(GOVERNED.format(slug="foretold"))

    arguments = ("whatif", "--rule", str(file), "--source", "foretold", "--samples", "200")
    told = json.loads(whole.command(*arguments, "--format", "json", check=False))
    summary = told["result"]["summary"]
    assert len(told["steps"]) == 7

    done_id, done_key = whole.create_source("Happened", "server")
    folder = tmp_path / "config"
    whole.command("config", "pull", str(folder))
    for number, text in enumerate(GOVERNED.format(slug="happened").split("---\n")):
        (folder / f"new_{number}.yaml").write_text(text)
    (folder / "schemas" / "happened.yaml").unlink()
    whole.command("config", "apply", str(folder), "--yes")
    assert http.post(f"{whole.url}/v1/batch", json=whole_batch, auth=(done_key, "")).is_success
    whole.wait_until_loaded()

    _check_account(whole, done_id, summary["after"])
    before, after = events(whole, "foretold"), events(whole, "happened")
    expected = dict(before)
    for each in told["result"]["samples"]:
        if each["before"] is not None:
            assert expected.pop(each["messageId"]) == _timeless(each["before"])
    for each in told["result"]["samples"]:
        if each["after"] is not None:
            expected[each["messageId"]] = _timeless(each["after"])
    assert after == expected
    was, becomes = columns(whole, "foretold"), columns(whole, "happened")
    added = {(each["table"], each["column"]) for each in summary["warehouse"]["columnsAdded"]}
    assert added == becomes.keys() - was.keys()
    unfilled = {(each["table"], each["column"]) for each in summary["warehouse"]["unfilled"]}
    assert {key for key in was.keys() - becomes.keys() if key[0] != "seen"} <= unfilled
    assert summary["warehouse"]["isKnown"]


def _timeless(event: dict[str, Any] | None) -> dict[str, Any] | None:
    left_out = ("receivedAt", "sentAt")
    return event and {name: value for name, value in event.items() if name not in left_out}


def _check_account(whole: Whole, source_id: str, account: dict[str, Any]) -> None:
    hours = whole.ledger()["rows"]
    counts: Counter[str] = Counter()
    for each in hours:
        if each["sourceId"] == source_id:
            for reason, count in each["rejected"].items():
                counts[reason] += count
            counts["dropped"] += sum(each["filtered"].values())
            counts["duplicates"] += each["duplicates"]
            counts["loaded"] += each["loaded"]
    assert counts == Counter(
        {
            **account["quarantined"],
            "dropped": sum(account["dropped"].values()),
            "duplicates": account["duplicates"],
            "loaded": account["accepted"],
        }
    )
