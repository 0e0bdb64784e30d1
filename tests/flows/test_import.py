"""Imports into a running Headwater, and into a data folder at rest."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

ROWS = 30_000


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    lines = [f"u{n % 900},Order Imported,2024-03-01T09:30:{n % 60:02d}Z,o-{n}" for n in range(ROWS)]
    lines[77] = "broken"
    path.write_text("\n".join(["userId,event,timestamp,order_id", *lines]))
    return path


def test_a_file_becomes_rows_with_its_own_times_and_its_source_is_made(
    whole: Whole, orders: Path
) -> None:
    said = whole.command("import", str(orders), "--source", "Imported once").decode()
    whole.wait_until_loaded()
    assert f"{ROWS:,} rows, {ROWS - 1:,} events accepted, 1 rejected" in said
    rejected = json.loads(orders.with_name("orders.csv.rejected.jsonl").read_text())
    assert (rejected["line"], rejected["row"]) == (79, "broken\n")
    rows = whole.query(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT order_id) AS orders, "
        "CAST(MIN(timestamp) AS VARCHAR) AS first FROM imported_once.order_imported"
    )
    assert rows == [{"n": ROWS - 1, "orders": ROWS - 1, "first": "2024-03-01 09:30:00"}]

    again = whole.command("import", str(orders), "--source", "imported_once").decode()
    assert "Nothing was sent" in again


def test_an_import_killed_at_any_moment_goes_on_and_doubles_nothing(
    whole: Whole, orders: Path
) -> None:
    rng = random.Random(7)
    command = [sys.executable, "-m", "headwater", "import", str(orders), "--source", "Killed"]
    environment = whole.environment() | {"HEADWATER_URL": whole.url, "HEADWATER_TOKEN": whole.token}
    for _ in range(4):
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(rng.uniform(0.6, 1.6))
            except subprocess.TimeoutExpired:
                process.kill()
    subprocess.run(command, env=environment, check=True)
    whole.wait_until_loaded()
    rows = whole.query(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT order_id) AS orders FROM killed.order_imported"
    )
    assert rows == [{"n": ROWS - 1, "orders": ROWS - 1}]


def test_a_data_folder_at_rest_gets_a_private_server_for_the_time_of_the_import(
    tmp_path: Path, orders: Path
) -> None:
    data_dir = tmp_path / "data"
    environment = {name: v for name, v in os.environ.items() if "HEADWATER_" not in name}
    environment |= {"HEADWATER_DATA_DIR": str(data_dir), "HEADWATER_DISK_RESERVE_BYTES": "0"}

    def headwater(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "headwater", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout

    said = headwater("import", str(orders), "--source", "At rest")
    assert f"{ROWS - 1:,} events accepted" in said
    answer = headwater("query", "SELECT COUNT(*) AS n FROM order_imported", "--format", "json")
    assert f"{ROWS - 1}" in answer
    assert not (data_dir / "run" / "server.json").exists()


def test_the_demo_sends_its_life_and_a_second_run_adds_nothing(tmp_path: Path) -> None:
    with Whole(tmp_path, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        words = ("demo", "--weeks", "1", "--visitors", "40", "--until", "2024-05-01T00:00:00Z")
        first = whole.command(*words).decode()
        whole.wait_until_loaded()
        once = whole.query("SELECT COUNT(*) AS n FROM shop_website.pages WHERE id LIKE 'demo-%'")
        assert "Shop website" in first
        assert once[0]["n"] > 50
        newest = whole.query(
            "SELECT CAST(MAX(timestamp) AS VARCHAR) < '2024-05-01' AS past FROM shop_website.pages"
        )
        assert newest == [{"past": True}]
        whole.command(*words)
        whole.wait_until_loaded()
        assert (
            whole.query("SELECT COUNT(*) AS n FROM shop_website.pages WHERE id LIKE 'demo-%'")
            == once
        )
