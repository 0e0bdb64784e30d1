"""A whole Headwater as a process tree, for tests and benchmarks."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

TOKEN = "hw_token-of-the-tests"  # noqa: S105


class Whole:
    """One `headwater serve` on a data folder and a free port, with one source.

    Use it as a context manager. `url`, `token` and `write_key` are what a client needs; standard
    error goes to `data_dir/serve.log`.
    """

    def __init__(self, data_dir: Path, **options: object) -> None:
        self.data_dir = data_dir
        self.token = TOKEN
        self.write_key = ""
        self.source_id = ""
        self.url = ""
        self._port = 0
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Whole":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process

    def environment(self) -> dict[str, str]:
        """The environment in which client commands find this server."""
        own = {name: value for name, value in os.environ.items() if "HEADWATER_" not in name}
        options = {f"HEADWATER_{name.upper()}": str(v) for name, v in self._options.items()}
        return (
            own
            | options
            | {
                "HEADWATER_DATA_DIR": str(self.data_dir),
                "HEADWATER_ADMIN_TOKEN": self.token,
            }
        )

    def start(self, *, timeout_seconds: float = 60.0) -> None:
        """Start and wait for the line that says it is ready; keeps its port over restarts."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "headwater", "serve", "--port", str(self._port)],
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.url = _ready_url(self._process, timeout_seconds)
        self._port = httpx.URL(self.url).port or 0
        if not self.write_key:
            self.source_id, self.write_key = self.create_source("Test", "server")

    def create_source(self, name: str, kind: str = "server") -> tuple[str, str]:
        """Make a source by the command line. Returns its id and write key."""
        made = self.command("source", "create", "--name", name, "--type", kind)
        source = httpx.Response(200, content=made).json()
        return source["id"], source["writeKey"]

    def command(self, *arguments: str, check: bool = True) -> bytes:
        """The standard output of a `headwater` command against this server's data folder."""
        done = subprocess.run(
            [sys.executable, "-m", "headwater", *arguments],
            env=self.environment() | {"HEADWATER_URL": self.url, "HEADWATER_TOKEN": self.token},
            capture_output=True,
            timeout=300,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"headwater {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a question."""
        answer = httpx.post(
            f"{self.url}/api/query",
            json={"sql": sql},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=120,
        )
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    def ledger(self) -> Mapping[str, Any]:
        """The ledger as the API tells it."""
        answer = httpx.get(
            f"{self.url}/api/ledger",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        answer.raise_for_status()
        ledger: Mapping[str, Any] = answer.json()
        return ledger

    def wait_until(self, condition: Callable[[], bool], *, timeout_seconds: float = 60.0) -> None:
        """Wait for something that the server does in its own time. Raises TimeoutError."""
        end = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() > end:
                log = (self.data_dir / "serve.log").read_text("utf-8", "replace")
                raise TimeoutError(
                    f"not within {timeout_seconds} s; the server's log ends:\n{log[-4000:]}"
                )
            time.sleep(0.05)

    def wait_until_loaded(self, *, timeout_seconds: float = 60.0) -> None:
        """Wait until nothing accepted is waiting any more."""
        self.wait_until(
            lambda: self.ledger()["totals"]["waiting"] == 0, timeout_seconds=timeout_seconds
        )

    def roles(self) -> dict[str, int]:
        """The process ids of the running roles, by the role's name."""
        found: dict[str, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(status[1]) == self.process.pid and b"run" in words:
                found[words[words.index(b"run") + 1].decode()] = int(folder.name)
        return found

    def stop(self, *, timeout_seconds: float = 60.0) -> int:
        """Ask it to drain and stop. Returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_seconds)

    def kill(self) -> None:
        """End the whole tree as a power cut would."""
        if self._process is None or self._process.poll() is not None:
            return
        children = self.roles().values()
        self._process.kill()
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait(30)


def _ready_url(process: subprocess.Popen[bytes], timeout_seconds: float) -> str:
    """The address in the line that the server prints when it accepts events."""
    if process.stdout is None:
        raise RuntimeError("the server's standard output is not read")
    end = time.monotonic() + timeout_seconds
    read = b""
    while time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.1)[0]:
            chunk = os.read(process.stdout.fileno(), 65_536)
            read += chunk
            for line in read.decode("utf-8", "replace").splitlines():
                if line.startswith("Headwater is ready at "):
                    return line.rpartition(" ")[2]
            if not chunk:
                break
    process.kill()
    raise RuntimeError(f"the server did not become ready; it printed: {read.decode()!r}")
