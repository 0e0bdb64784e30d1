"""A whole Headwater: it starts, survives what dies, and stops."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headwater.kit.claim import announced, is_claimed
from headwater.supervisor import ROLES
from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path / "data", disk_reserve_bytes=0, load_interval_seconds=0.05) as server:
        yield server


def send(whole: Whole, message_id: str) -> int:
    return httpx.post(
        f"{whole.url}/v1/track",
        json={"userId": "u", "event": "Seen", "messageId": message_id},
        auth=(whole.write_key, ""),
        timeout=30,
    ).status_code


def seen(whole: Whole) -> list[str]:
    """The message ids in the warehouse, each as often as it is there."""
    rows = whole.query("SELECT messageId FROM track WHERE event = 'Seen' ORDER BY 1")
    return [row["messageId"] for row in rows]


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not asked for yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_takes_events_and_answers_questions(whole: Whole) -> None:
    assert send(whole, "m1") == 200
    whole.wait_until_loaded()
    assert seen(whole) == ["m1"]


def test_it_says_where_it_answers(whole: Whole) -> None:
    server = announced(whole.data_dir)
    assert server is not None
    assert server.url == whole.url
    assert server.pid == whole.process.pid
    assert set(whole.roles()) == set(ROLES)


def test_its_files_are_for_their_owner_alone(whole: Whole) -> None:
    assert send(whole, "m1") == 200
    for path in whole.data_dir.rglob("*"):
        if path.name != "serve.log":
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_server_on_the_same_folder_is_refused(whole: Whole) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "serve", "--port", "0"],
        env=whole.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Another Headwater works on" in done.stderr


def test_a_taken_port_is_told_before_anything_starts(whole: Whole, tmp_path: Path) -> None:
    port = whole.url.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "serve", "--port", port],
        env=whole.environment() | {"HEADWATER_DATA_DIR": str(tmp_path / "other")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert not is_claimed(tmp_path / "other")


def test_a_stop_leaves_nothing_waiting(whole: Whole) -> None:
    sent = [f"m{number}" for number in range(20)]
    for message_id in sent:
        assert send(whole, message_id) == 200
    assert whole.stop() == 0
    assert announced(whole.data_dir) is None
    whole.start()
    assert whole.ledger()["totals"]["waiting"] == 0
    assert seen(whole) == sorted(sent)


def test_ctrl_c_stops_it_as_well(whole: Whole) -> None:
    assert send(whole, "m1") == 200
    roles = whole.roles().values()
    whole.process.send_signal(signal.SIGINT)
    assert whole.process.wait(60) == 0
    assert not any(is_alive(pid) for pid in roles)


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_role_comes_back_and_nothing_is_lost(whole: Whole, role: str) -> None:
    assert send(whole, "before") == 200
    killed = whole.roles()[role]
    os.kill(killed, signal.SIGKILL)
    assert send(whole, "during") == 200
    whole.wait_until(lambda: whole.roles().get(role) not in (None, killed))
    assert send(whole, "after") == 200
    whole.wait_until(lambda: is_answering(whole))
    whole.wait_until_loaded()
    assert seen(whole) == ["after", "before", "during"]


def is_answering(whole: Whole) -> bool:
    """Whether the control and warehouse roles answer."""
    headers = {"Authorization": f"Bearer {whole.token}"}
    answer = httpx.get(f"{whole.url}/api/ledger", headers=headers, timeout=30)
    return answer.status_code == 200


def test_a_killed_supervisor_takes_its_roles_along(whole: Whole) -> None:
    assert send(whole, "m1") == 200
    roles = whole.roles().values()
    assert len(roles) == len(ROLES)
    whole.process.kill()
    whole.process.wait(30)
    whole.wait_until(lambda: not any(is_alive(pid) for pid in roles), timeout_seconds=10)
    whole.start()
    assert send(whole, "m2") == 200
    whole.wait_until_loaded()
    assert seen(whole) == ["m1", "m2"]
