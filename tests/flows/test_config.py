"""`headwater config` against running servers, and what its figures are worth."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


def config(whole: Whole, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headwater", "config", *arguments],
        env=whole.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )


def track(whole: Whole, user_id: str) -> httpx.Response:
    body = {"userId": user_id, "event": "Order Completed"}
    return httpx.post(f"{whole.url}/v1/track", auth=(whole.write_key, ""), json=body)


def test_a_folder_is_pulled_edited_and_applied(tmp_path: Path) -> None:
    root = tmp_path / "config"
    with Whole(tmp_path / "data") as whole:
        for number in range(7):
            assert track(whole, f"u{number % 3}").status_code == 200
        whole.wait_until_loaded()
        assert config(whole, "pull", str(root)).returncode == 0
        assert config(whole, "diff", str(root)).returncode == 0
        file = root / "sources" / "test.yaml"
        file.write_text(file.read_text().replace("enabled: true", "enabled: false"))
        (root / "label.yaml").write_text("kind: label\nkey: team\nvalue: 增长\n")

        refused = config(whole, "apply", str(root))
        assert refused.returncode == 1
        assert "--yes" in refused.stderr
        planned = config(whole, "diff", str(root), "--json")
        assert planned.returncode == 1
        label, source = json.loads(planned.stdout)
        assert (label["action"], label["key"], label["impact"]) == ("create", "team:增长", None)
        assert source["differences"] == [{"path": "enabled", "before": True, "after": False}]
        assert source["impact"] == {"events": 7, "people": 3, "days": 7.0}

        assert config(whole, "apply", str(root), "--yes").returncode == 0
        assert config(whole, "diff", str(root)).stdout == "Nothing to change.\n"

        # The same traffic again: as many events of as many people are touched as was said.
        before = whole.ledger()["totals"]
        for number in range(7):
            track(whole, f"u{number % 3}")
        whole.wait_until_loaded()
        after = whole.ledger()["totals"]
        assert after["rejected"] == {"source_disabled": 7}
        assert after["loaded"] == before["loaded"]
        asked = (
            "SELECT count(*) AS events,"
            " count(DISTINCT json_extract_string(raw, '$.userId')) AS people FROM quarantine"
        )
        end = time.monotonic() + 30  # what is kept aside is loaded after what is accepted
        while (found := whole.query(asked))[0]["events"] < 7 and time.monotonic() < end:
            continue
        assert found == [{"events": 7, "people": 3}]


def test_problems_of_files_are_told_without_a_server(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: source\nslug: shop\n")
    (tmp_path / "b.yaml").write_text("kind: nonsense\n")
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "config", "validate", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "2 problems" in done.stderr
    assert "a.yaml" in done.stderr
    assert "b.yaml" in done.stderr
