"""A running collector on a free port, with a control role that the test chooses."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from headwater.collect import server
from headwater.kit.asgi import serve_on_unix_socket
from headwater.kit.clock import SystemClock
from headwater.kit.sockets import socket_path
from headwater.settings import Settings
from headwater.workspaces.snapshot import PublishedConfiguration, publish
from tests.collect.door import CONFIGURATION
from tests.collect.writers import Writer

PATIENCE = 30.0


class OneWriterLog:
    """A log whose writer is the test's."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def writer(self, owner: object, partition: str = "0") -> Writer:
        return self._writer.open()


class Collector:
    """The collector in a thread of its own, and the control role in another if there is one."""

    def __init__(self, folder: Path, control: Any = None, **options: object) -> None:
        publish(folder, CONFIGURATION)
        self.writer = Writer()
        self.port = 0
        self._stop = threading.Event()
        self._is_ready = threading.Event()
        settings = Settings(data_dir=folder, port=0, drain_seconds=10, **options)  # type: ignore[arg-type]
        self._threads = [threading.Thread(target=self._run, args=(settings,))]
        if control is not None:
            path = socket_path(folder, "control")
            self._threads.append(threading.Thread(target=self._serve, args=(control, path)))
        for thread in self._threads:
            thread.start()
        assert self._is_ready.wait(PATIENCE)
        if control is not None:
            self._await_socket(path)

    def _await_socket(self, path: Path) -> None:
        """Wait until the control role listens (its server does not say when)."""
        for _ in range(int(PATIENCE * 100)):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
                if tried.connect_ex(str(path)) == 0:
                    return
            self._stop.wait(0.01)
        raise AssertionError("the control role does not listen")

    def _run(self, settings: Settings) -> None:
        server.run(
            settings,
            OneWriterLog(self.writer),  # type: ignore[arg-type]
            PublishedConfiguration(settings.data_dir),
            SystemClock(),
            ready=self._ready,
            stop=self._stop,
        )

    def _serve(self, control: Any, path: Path) -> None:
        serve_on_unix_socket(control, path, self._stop, drain_seconds=1)

    def _ready(self, port: int) -> None:
        self.port = port
        self._is_ready.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def said(self, request: bytes) -> bytes:
        """All that the collector answers to these bytes until it closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_all(connection)

    def begin_to_stop(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        self.begin_to_stop()
        self.writer.let_go(all_of_them=True)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    while chunk := connection.recv(65_536):
        answer += chunk
    return answer


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Collector]]:
    """Starts collectors: `start(control=…, **settings)`."""
    started: list[Collector] = []

    def begin(control: Any = None, **options: object) -> Collector:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Collector(folder, control, **options))
        return started[-1]

    yield begin
    for collector in started:
        collector.stop()


def head_of(answer: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """The status, headers and body of an answer as bytes."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), headers, body
