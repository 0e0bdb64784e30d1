"""A stranger's first two minutes: a clone in an empty folder, `make run`, an event, an answer."""

import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[2]


def copy_of_the_checkout(folder: Path) -> Path:
    """What a clone would hold: the files that git knows, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    clone = folder / "headwater"
    clone.mkdir()
    packed = subprocess.run(
        ["tar", "--null", "--ignore-failed-read", "-T", "-", "-cf", "-"],
        cwd=ROOT,
        input=listed,
        capture_output=True,
        check=True,
    ).stdout
    subprocess.run(["tar", "-xf", "-"], cwd=clone, input=packed, check=True)
    return clone


@pytest.mark.timeout(600)
def test_make_run_leads_from_a_clone_to_a_sql_answer(tmp_path: Path) -> None:
    clone = copy_of_the_checkout(tmp_path)
    environment = {
        n: v for n, v in os.environ.items() if "HEADWATER" not in n and n != "VIRTUAL_ENV"
    }
    environment["HEADWATER_PORT"] = "0"
    environment["HEADWATER_DISK_RESERVE_BYTES"] = "0"
    running = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        printed = _until(running, "curl", seconds=420)
        url = re.search(r"Headwater is ready at (\S+)", printed)
        curl = re.search(r"^\s*(curl .*)$", printed, re.MULTILINE)
        assert url, printed
        assert curl, printed
        assert re.search(r"\bc[a-z0-9]{24}\b", printed), "the write key is not shown"

        answer = subprocess.run(
            ["bash", "-c", curl[1]], cwd=clone, capture_output=True, text=True, check=True
        )
        assert '"success":true' in answer.stdout.replace(" ", "")

        found = ""
        end = time.monotonic() + 30
        while '"n":1' not in found.replace(" ", "") and time.monotonic() < end:
            found = subprocess.run(
                [
                    ".venv/bin/headwater",
                    "query",
                    "SELECT COUNT(*) AS n FROM track",
                    "--format",
                    "json",
                ],
                cwd=clone,
                env={n: v for n, v in environment.items() if n != "HEADWATER_PORT"},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        assert '"n":1' in found.replace(" ", "")
    finally:
        os.killpg(running.pid, signal.SIGINT)
        assert running.wait(60) in (0, 2, -signal.SIGINT)  # make itself says 2 when interrupted


def _until(running: "subprocess.Popen[bytes]", word: str, *, seconds: float) -> str:
    """What a program prints until a line holds `word`."""
    assert running.stdout is not None
    read, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([running.stdout], [], [], 0.5)[0]:
            chunk = os.read(running.stdout.fileno(), 65_536)
            if not chunk:
                break
            read += chunk
            lines = read.decode("utf-8", "replace").split("\n")
            if any(word in line for line in lines[:-1]):
                time.sleep(0.5)
                return read.decode("utf-8", "replace")
    raise AssertionError(f"it did not print {word!r}: {read.decode('utf-8', 'replace')}")
