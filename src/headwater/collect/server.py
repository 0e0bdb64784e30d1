"""Runs the collector: uvicorn on a listening socket, the committer, the way to the control role."""

import asyncio
import contextlib
import ctypes
import gc
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn
import uvloop

from headwater.collect.accept import Terms
from headwater.collect.addresses import TrustedProxies
from headwater.collect.application import Application, Parts
from headwater.collect.commit import Committer
from headwater.collect.current import EVERY_SECONDS, CurrentSources
from headwater.collect.forward import Forwarder
from headwater.collect.measures import count_group
from headwater.collect.protocol import BoundedConfig, Bounds, close_slow
from headwater.kit.asgi import Stop
from headwater.kit.clock import Clock
from headwater.kit.logging import logger
from headwater.kit.metrics import CONNECTIONS
from headwater.kit.sockets import socket_path
from headwater.ports import Log, Owner
from headwater.settings import Settings
from headwater.workspaces.key_use import KeyUse
from headwater.workspaces.snapshot import PublishedConfiguration

_BACKLOG: Final = 4096
_FILES_KEPT: Final = 128
_GIVE_BACK_SECONDS: Final = 5.0
_KEEP_SECONDS: Final = 2.0
_SWITCH_SECONDS: Final = 0.0005

_log = logger("collect")


def run(
    settings: Settings,
    log: Log,
    configuration: PublishedConfiguration,
    clock: Clock,
    *,
    listening: socket.socket | None = None,
    ready: Callable[[int], None] = lambda _: None,
    stop: Stop,
) -> None:
    """Serve until `stop` is set; then finish what is under way, commit it all and return.

    `listening` is taken over (without it a socket is made from `host` and `port`); `ready` is
    called with the port once requests are answered. Raises OSError when the port is taken and
    SettingsError for unusable trusted proxies.
    """
    bound = listening or _bound(settings)
    # The committer's thread waits this long for the interpreter while requests keep it busy.
    sys.setswitchinterval(_SWITCH_SECONDS)
    _calm_garbage_collection()
    uvloop.run(serve(settings, log, configuration, clock, bound, ready=ready, stop=stop))


async def serve(
    settings: Settings,
    log: Log,
    configuration: PublishedConfiguration,
    clock: Clock,
    listening: socket.socket,
    *,
    ready: Callable[[int], None],
    stop: Stop,
) -> None:
    """`run`, inside an event loop."""
    committer = Committer(
        lambda: log.writer(Owner.COLLECTOR),
        report=count_group,
        monotonic=time.monotonic,
    )
    forwarder = Forwarder(
        socket_path(settings.data_dir, "control"),
        body_timeout_seconds=settings.body_timeout_seconds,
    )
    current = CurrentSources(configuration)
    terms = Terms(settings, TrustedProxies(settings.trusted_proxies))
    key_use = KeyUse(settings.data_dir)
    application = Application(Parts(terms, current, clock, committer, forwarder, key_use))
    server = _Server(_config(application, settings), ready)
    tending = asyncio.create_task(_tend(server, current, forwarder, stop))
    keeping = asyncio.create_task(_keep(key_use))
    try:
        await server.serve([listening])
    finally:
        tending.cancel()
        keeping.cancel()
        key_use.keep()
        await committer.close()
        await forwarder.close()


def _calm_garbage_collection() -> None:
    """A full collection stops every request for tens of milliseconds: let it be rare and small."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1000)


class _Server(uvicorn.Server):
    """uvicorn's server, which leaves signals to its caller and says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[int], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            self._ready(listening.getsockname()[1])


def _config(application: Application, settings: Settings) -> BoundedConfig:
    most = min(settings.max_connections, raise_file_limit() - _FILES_KEPT)
    options: dict[str, Any] = {
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "log_config": None,
        "log_level": "error",
        "backlog": _BACKLOG,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "timeout_graceful_shutdown": settings.drain_seconds,
    }
    bounds = Bounds(settings.header_timeout_seconds, most)
    return BoundedConfig(application, application.take, bounds, **options)


async def _tend(server: _Server, current: CurrentSources, forwarder: Forwarder, stop: Stop) -> None:
    """What must be done regularly while the server runs, and the stop."""
    loop = asyncio.get_running_loop()
    state = server.server_state
    give_back = _memory_returner()
    tended = given_back = loop.time()
    answered = 0
    while not stop.is_set():
        await asyncio.sleep(0.1)
        if (now := loop.time()) - tended < EVERY_SECONDS:
            continue
        tended = now
        current.refresh()
        close_slow(state.connections, now)
        CONNECTIONS.set(len(state.connections))
        if now - given_back > _GIVE_BACK_SECONDS and not state.tasks:
            given_back = now
            if state.total_requests != answered:
                answered = state.total_requests
                give_back()
    server.should_exit = True
    while True:
        forwarder.end_event_streams()
        await asyncio.sleep(0.1)


async def _keep(key_use: KeyUse) -> None:
    """Keep every few seconds which keys are in use."""
    while True:
        await asyncio.sleep(_KEEP_SECONDS)
        try:
            key_use.keep()
        except OSError as error:
            _log.warning("key_use.not_kept", error=str(error))


def _memory_returner() -> Callable[[], object]:
    """What gives memory that a burst of large bodies took back to the system (glibc keeps it)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return (lambda: trim(0)) if trim else (lambda: None)


def raise_file_limit() -> int:
    """Let this process open as many files (and connections) as it may. Returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return soft if soft != resource.RLIM_INFINITY else 1_000_000
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft != resource.RLIM_INFINITY else 1_000_000


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
