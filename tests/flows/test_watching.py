"""Files that appear are imported by a running Headwater, by the command and by a connection."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer

from headwater.testing.whole import Whole
from tests.locations.test_buckets import SECRETS, client_of, where

pytestmark = pytest.mark.whole

ROWS = 8_000
EVENT = '[[events]]\nevent = "Delivered"\nuserId = "{id}"\nproperties = { n = "{n}" }\n'


def test_a_folder_watched_by_a_command_that_is_killed_at_any_moment_doubles_nothing(
    whole: Whole, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(4):
        lines = [f"u{n},{n}" for n in range(ROWS)]
        (folder / f"{number}.csv").write_text("\n".join(["id,n", *lines]))
    definition = tmp_path / "drop.toml"
    definition.write_text(f'[location]\nurl = "file://{folder}"\n{EVENT}')
    command = [sys.executable, "-m", "headwater", "watch", str(definition), "--source", "Watched"]
    environment = whole.environment() | {"HEADWATER_URL": whole.url, "HEADWATER_TOKEN": whole.token}
    rng = random.Random(11)
    for _ in range(3):
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(rng.uniform(0.7, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
    subprocess.run(command, env=environment, check=True)
    said = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    assert b"nothing new" in said
    whole.wait_until_loaded()
    assert whole.query("SELECT COUNT(*) AS n FROM watched.tracks") == [{"n": 4 * ROWS}]


def test_a_bucket_is_watched_by_a_connection(whole: Whole, http: httpx.Client) -> None:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        storage = client_of(address)
        storage.create_bucket(Bucket="orders")
        storage.put_object(Bucket="orders", Key="a/1.csv", Body=b"id,n\nu1,1\nu2,2\n")
        source_id, _ = whole.create_source("Bucket of orders", "file")
        given = {
            "definition": f"[location]\n{where(address, 's3://orders/a/')}\n{EVENT}",
            "secrets": SECRETS,
        }
        path = f"/sources/{source_id}/connections"
        answer = http.post(f"{path}/preview", json=given)
        assert answer.status_code == 200, answer.text
        tried = answer.json()["data"]
        assert [each["userId"] for each in tried["events"]] == ["u1", "u2"]
        made = http.post(path, json=given | {"name": "Orders"}).json()["data"]["connection"]["id"]
        assert _ended(whole, http, made, 1)["events"] == 2
        storage.put_object(Bucket="orders", Key="a/2.csv", Body=b"id,n\nu3,3\n")
        http.post(f"/connections/{made}/run", json={})
        assert _ended(whole, http, made, 2)["events"] == 1
        whole.wait_until_loaded()
        assert whole.query("SELECT COUNT(*) AS n FROM bucket_of_orders.tracks") == [{"n": 3}]
        http.delete(f"/connections/{made}")
    finally:
        server.stop()


def _ended(whole: Whole, http: httpx.Client, connection_id: str, count: int) -> dict[str, Any]:
    """The newest run, when so many have ended."""

    def ended() -> list[dict[str, Any]]:
        runs = http.get(f"/connections/{connection_id}/runs").json()["data"]["runs"]
        return [each for each in runs if each["outcome"] != "running"]

    whole.wait_until(lambda: len(ended()) >= count)
    newest = ended()[0]
    assert newest["outcome"] == "done", newest
    return newest
