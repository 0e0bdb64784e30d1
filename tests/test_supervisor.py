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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One data folder for the whole file: the more of its past a start meets, the better."""
    folder = tmp_path_factory.mktemp("whole")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.05) as server:
        yield server


@pytest.fixture
def whole(server: Whole) -> Whole:
    """The server, running."""
    if server.process.poll() is not None:
        server.start()
    return server


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user of the test's own, who sends what it sends."""
    return str(request.node.name)


def send(whole: Whole, user: str, message: str) -> int:
    return httpx.post(
        f"{whole.url}/v1/track",
        json={"userId": user, "event": message, "messageId": f"{user} {message}"},
        auth=(whole.write_key, ""),
        timeout=30,
    ).status_code


def seen(whole: Whole, user: str) -> list[str]:
    """A user's events in the warehouse, each as often as it is there."""
    rows = whole.query(f"SELECT event FROM track WHERE userId = '{user}' ORDER BY 1")
    return [row["event"] for row in rows]


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that ended and was not asked for yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_takes_events_and_answers_questions(whole: Whole, user: str) -> None:
    assert send(whole, user, "m1") == 200
    whole.wait_until_loaded()
    assert seen(whole, user) == ["m1"]


def test_it_says_where_it_answers(whole: Whole) -> None:
    server = announced(whole.data_dir)
    assert server is not None
    assert server.url == whole.url
    assert server.pid == whole.process.pid
    assert set(whole.roles()) == set(ROLES)


def test_its_files_are_for_their_owner_alone(whole: Whole, user: str) -> None:
    assert send(whole, user, "m1") == 200
    for path in whole.data_dir.rglob("*"):
        if path.name != "serve.log":
            assert path.stat().st_mode & 0o077 == 0, path


def test_metrics_are_for_this_machine_and_not_for_whom_a_proxy_on_it_asks(whole: Whole) -> None:
    assert httpx.get(f"{whole.url}/metrics").text.count("headwater_") > 10
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        refused = httpx.get(f"{whole.url}/metrics", headers={header: "127.0.0.1"})
        assert refused.status_code == 401


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


def test_a_stop_leaves_nothing_waiting(whole: Whole, user: str) -> None:
    sent = [f"m{number}" for number in range(20)]
    for message_id in sent:
        assert send(whole, user, message_id) == 200
    assert whole.stop() == 0
    assert announced(whole.data_dir) is None
    whole.start()
    assert whole.ledger()["totals"]["waiting"] == 0
    assert seen(whole, user) == sorted(sent)


def test_ctrl_c_stops_it_as_well(whole: Whole, user: str) -> None:
    assert send(whole, user, "m1") == 200
    roles = whole.roles().values()
    whole.process.send_signal(signal.SIGINT)
    assert whole.process.wait(60) == 0
    assert not any(is_alive(pid) for pid in roles)


@pytest.mark.parametrize("role", ROLES)
def test_a_killed_role_comes_back_and_nothing_is_lost(whole: Whole, user: str, role: str) -> None:
    assert send(whole, user, "before") == 200
    killed = whole.roles()[role]
    os.kill(killed, signal.SIGKILL)
    assert send(whole, user, "during") == 200
    whole.wait_until(lambda: whole.roles().get(role) not in (None, killed))
    assert send(whole, user, "after") == 200
    whole.wait_until(lambda: is_answering(whole))
    whole.wait_until_loaded()
    assert seen(whole, user) == ["after", "before", "during"]


def is_answering(whole: Whole) -> bool:
    """Whether the control and warehouse roles answer."""
    headers = {"Authorization": f"Bearer {whole.token}"}
    answer = httpx.get(f"{whole.url}/api/ledger", headers=headers, timeout=30)
    return answer.status_code == 200


def test_roles_that_run_singly_make_a_whole(whole: Whole, user: str) -> None:
    assert whole.stop() == 0
    port = whole.url.rpartition(":")[2]
    environment = whole.environment() | {"HEADWATER_PORT": port, "HEADWATER_URL": whole.url}
    command = [sys.executable, "-m", "headwater", "run"]
    roles = [subprocess.Popen([*command, role], env=environment) for role in ROLES]
    try:
        whole.wait_until(lambda: is_listening(whole) and is_answering(whole))
        assert send(whole, user, "sent") == 200
        whole.wait_until_loaded()
        assert seen(whole, user) == ["sent"]
    finally:
        for process in roles:
            process.terminate()
    assert [process.wait(30) for process in roles] == [0] * len(roles)


def is_listening(whole: Whole) -> bool:
    try:
        return httpx.get(f"{whole.url}/health/ready").status_code == 200
    except httpx.ConnectError:
        return False


def test_a_killed_supervisor_takes_its_roles_along(whole: Whole, user: str) -> None:
    assert send(whole, user, "m1") == 200
    roles = whole.roles().values()
    assert len(roles) == len(ROLES)
    whole.process.kill()
    whole.process.wait(30)
    whole.wait_until(lambda: not any(is_alive(pid) for pid in roles), timeout_seconds=10)
    whole.start()
    assert send(whole, user, "m2") == 200
    whole.wait_until_loaded()
    assert seen(whole, user) == ["m1", "m2"]
