"""`headwater transformation`, against a whole server: kept, tried, and acting on what is sent."""

import json
from collections.abc import Iterator

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

CHANGES = {
    "newEventName": "Sold",
    "operations": [
        {"kind": "cast", "settings": {"paths": ["properties.price"], "to": "number"}},
        {"kind": "hash", "settings": {"paths": ["properties.email"]}},
    ],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("transformations")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        yield whole


def test_a_transformation_acts_on_what_is_sent_as_its_trial_said(whole: Whole) -> None:
    properties = {"price": "12.5", "email": "a@example.com"}
    event = {"type": "track", "event": "sold!", "userId": "u", "properties": properties}
    changes = ("--changes", json.dumps(CHANGES), "--if", 'event = "sold!"')
    made = json.loads(
        whole.command(
            "transformation", "create", "--name", "Sales", "--source", "test", "--off", *changes
        )
    )
    assert made["enabled"] is False
    tried = ("transformation", "try", "Sales", "--given", json.dumps(event))
    assert b'properties.price: "12.5" -> 12.5' in whole.command(*tried)
    trial = json.loads(whole.command(*tried, "--format", "json"))
    expected = trial["samples"][0]["after"]["properties"]

    on = json.loads(whole.command("transformation", "update", "Sales", "--on"))
    assert on["enabled"] is True
    sent = httpx.post(f"{whole.url}/v1/track", json=event, auth=(whole.write_key, ""))
    assert sent.status_code == 200
    whole.wait_until_loaded()
    assert whole.query("SELECT price, email FROM test.sold") == [expected]
    assert len(expected["email"]) == 64

    [listed] = json.loads(whole.command("transformation", "list", "--format", "json"))
    assert (listed["id"], listed["touched"]["total"]) == (made["id"], 1)
    assert b"Sales" in whole.command("transformation", "list")
    whole.command("transformation", "delete", "Sales")
    assert json.loads(whole.command("transformation", "list", "--format", "json")) == []
