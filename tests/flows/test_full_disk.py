"""A full disk refuses events with 503, loses none that it took, and recovers by itself."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("reserve", [8_000_000, 0], ids=["watermark", "to the last byte"])
@pytest.mark.timeout(300)
def test_a_full_disk_loses_nothing_and_recovers(
    small_disk: Callable[[int], Path], reserve: int
) -> None:
    disk = small_disk(64)
    options = {"disk_reserve_bytes": reserve, "load_interval_seconds": 0.1}
    with Whole(disk / "data", **options) as whole:
        acknowledged: list[str] = []
        filler = disk / "filler"
        with httpx.Client(timeout=30) as client:

            def send(number: int) -> httpx.Response:
                batch = [
                    {
                        "type": "track",
                        "event": "Filled",
                        "userId": "u",
                        "messageId": f"{number}-{n}",
                        "properties": {"text": "x" * 500},
                    }
                    for n in range(100)
                ]
                answer = client.post(
                    f"{whole.url}/v1/batch", json={"batch": batch}, auth=(whole.write_key, "")
                )
                if answer.status_code == 200:
                    acknowledged.extend(event["messageId"] for event in batch)
                return answer

            assert send(0).status_code == 200
            whole.wait_until_loaded()
            _fill(filler, leave=reserve + 1_500_000)

            refused = next(a for n in range(1, 2000) if (a := send(n)).status_code != 200)

            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) >= 1
            assert refused.json()["success"] is False
            assert client.get(f"{whole.url}/health/ready").status_code == 503
            assert client.get(f"{whole.url}/health/live").status_code == 200

            filler.unlink()
            whole.wait_until(lambda: send(len(acknowledged) + 5000).status_code == 200)
            ready = f"{whole.url}/health/ready"
            whole.wait_until(lambda: client.get(ready).status_code == 200)

        whole.wait_until_loaded()
        rows = whole.query("SELECT COUNT(*) AS n, COUNT(DISTINCT messageId) AS ids FROM track")
        found = {row["id"] for row in whole.query("SELECT messageId AS id FROM track")}
        assert rows[0]["n"] == rows[0]["ids"]
        assert set(acknowledged) <= found
        assert whole.ledger()["balanced"]


def _fill(file: Path, *, leave: int) -> None:
    """Fill the disk up to `leave` bytes."""
    free = shutil.disk_usage(file.parent).free
    block = b"\0" * 1_000_000
    with file.open("wb") as out:
        for _ in range(max(0, free - leave) // len(block)):
            out.write(block)
