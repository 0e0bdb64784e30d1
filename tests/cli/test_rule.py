"""`headwater rule`, against a whole server: kept, tried, and acting on what is sent."""

import json
from collections.abc import Iterator

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("rules")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        yield whole


def test_a_rule_acts_on_what_is_sent_and_tells_how_often(whole: Whole) -> None:
    event = {"type": "track", "event": "Sold", "userId": "u", "properties": {"price": "¥1,299"}}
    kind = ("--kind", "parse_currency", "--settings", '{"path": "properties.price"}')
    told = whole.command("rule", "test", *kind, "--given", json.dumps(event)).decode()
    assert "1 events read: 1 changed" in told
    assert 'properties.price: "¥1,299" -> 1299' in told

    made = json.loads(whole.command("rule", "create", "--name", "Prices", *kind, "--event", "Sold"))
    sent = httpx.post(f"{whole.url}/v1/track", json=event, auth=(whole.write_key, ""))
    assert sent.status_code == 200
    whole.wait_until_loaded()
    rows = whole.query("SELECT price, currency FROM test.sold")
    assert rows == [{"price": 1299, "currency": "CNY"}]

    [listed] = json.loads(whole.command("rule", "list", "--format", "json"))
    assert (listed["id"], listed["touched"]["total"]) == (made["id"], 1)
    assert b"Prices" in whole.command("rule", "list")
    assert json.loads(whole.command("rule", "update", "Prices", "--off"))["enabled"] is False
    whole.command("rule", "delete", "Prices")
    assert json.loads(whole.command("rule", "list", "--format", "json")) == []
