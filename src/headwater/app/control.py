"""The control role: configuration, questions and the console, behind the collector's port."""

import socket
import threading
from contextlib import closing

from starlette.types import Receive, Scope, Send

from headwater.api import application as api
from headwater.api.frame import Context
from headwater.api.rehearsal import Stage
from headwater.app.archive import open_requests
from headwater.app.log import open_log
from headwater.app.state import open_state
from headwater.backends import backends
from headwater.cleaning import geoip
from headwater.functions import workshop
from headwater.kit.asgi import serve_on_unix_socket
from headwater.kit.clock import SystemClock
from headwater.kit.sockets import socket_path
from headwater.kit.vault import open_vault
from headwater.opening import OpenedConfiguration
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.web import application as web
from headwater.web.context import Context as WebContext


def run(settings: Settings, stop: threading.Event, listening: socket.socket | None) -> None:  # noqa: ARG001
    """Serve the API and the console on the control socket until told to stop."""
    clock = SystemClock()
    geoip.FOLDER.move(settings.geoip_folder)
    log = open_log(settings)
    with (
        closing(log),
        open_state(settings, clock) as changes,
        open_requests(settings, log, changes, clock) as requests,
        workshop.opened(settings, clock, records=False),
    ):
        published = OpenedConfiguration(
            settings.data_dir, open_vault(settings.data_dir, settings.secret_key)
        )
        warehouse = RemoteWarehouse(socket_path(settings.data_dir, "warehouse"))
        context = Context(
            settings=settings,
            clock=clock,
            changes=changes,
            log=log,
            published=published,
            warehouse=warehouse,
            backends=backends(
                settings, changes, log, published, warehouse, stop, requests=requests
            ),
        )
        serve_on_unix_socket(
            Control(context),
            socket_path(settings.data_dir, "control"),
            stop,
            drain_seconds=settings.drain_seconds,
            beside=context.backends.run,
        )


class Control:
    """The API below /api and at /metrics, and the console everywhere else."""

    def __init__(self, context: Context) -> None:
        self._api = api.application(context)
        self._web = web.application(_for_the_console(context))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").lstrip("/")
        first = path.partition("/")[0]
        serve = self._api if first in ("api", "metrics", "health") else self._web
        await serve(scope, receive, send)


def _for_the_console(context: Context) -> WebContext:
    """The same parts, for the pages: the API and the console do not know each other."""
    return WebContext(
        settings=context.settings,
        clock=context.clock,
        changes=context.changes,
        log=context.log,
        published=context.published,
        warehouse=context.warehouse,
        backends=context.backends,
        rehearsing=Stage(context),
    )
