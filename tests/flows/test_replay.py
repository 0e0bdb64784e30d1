"""Archive and replay on a running server: by the command line, over a crash, and at rest."""

import json
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.fixture
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    options = {"disk_reserve_bytes": 0, "load_interval_seconds": 0.1}
    folder = tmp_path_factory.mktemp("replay")
    with Whole(folder, archive_interval_seconds=0.2, **options) as whole:
        yield whole


def replay(whole: Whole, *arguments: str) -> Any:
    return json.loads(whole.command("replay", *arguments))


def test_a_changed_rule_is_carried_out_on_what_came_before_it_also_over_a_crash(
    whole: Whole,
) -> None:
    for number in range(40):
        events = [
            {"type": "track", "event": "Sold", "userId": "u", "messageId": f"m{number}-{n}"}
            for n in range(5)
        ]
        answer = httpx.post(
            f"{whole.url}/v1/batch", json={"batch": events}, auth=(whole.write_key, "")
        )
        assert answer.is_success
    whole.wait_until_loaded()
    whole.wait_until(lambda: any((whole.data_dir / "archive").rglob("*.parquet")))
    headers = {"Authorization": f"Bearer {whole.token}"}
    body = {
        "name": "Named",
        "sourceId": whole.source_id,
        "enabled": True,
        "if": "",
        "newEventName": "Bought",
    }
    made = httpx.post(f"{whole.url}/api/transformations", json=body, headers=headers)
    assert made.is_success, made.text

    preview = replay(whole, "--event", "Bought", "--preview", "--json")
    assert (preview["events"], preview["isComplete"]) == (200, True)
    run = replay(whole, "--source", "test", "--rate", "100")
    whole.wait_until(lambda: replay(whole, "show", run["id"])["sent"] > 0)
    whole.kill()
    whole.start()
    done = replay(whole, "watch", run["id"])
    assert (done["state"], done["sent"], done["total"]) == ("done", 200, 200)
    whole.wait_until_loaded()

    counts = "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM test"
    assert whole.query(f"{counts}.bought") == [{"n": 200, "ids": 200}]
    assert whole.query(f"{counts}.tracks") == [{"n": 200, "ids": 200}]
    assert whole.query("SELECT count(*) AS n FROM test.sold") == [{"n": 0}]
    totals = whole.ledger()["totals"]
    assert (totals["loaded"], totals["filtered"], totals["difference"]) == (200, {}, 0)
    assert replay(whole, "--mode", "missing", "--wait")["sent"] == 0

    whole.process.send_signal(signal.SIGTERM)
    whole.process.wait(60)
    found = whole.command("doctor", check=False).decode()
    assert "The archive is whole: 40 requests" in found, found
    backup = whole.data_dir.parent / "backup.tar.gz"
    whole.command("backup", str(backup))
    restored = whole.data_dir.parent / "restored"
    whole.command("restore", str(backup), "--data-dir", str(restored))
    assert any((restored / "archive").rglob("*.parquet"))
    next((whole.data_dir / "archive").rglob("*.parquet")).unlink()
    assert "missing or not whole" in whole.command("doctor", check=False).decode()
