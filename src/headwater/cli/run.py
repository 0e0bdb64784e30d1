"""`headwater run`: one role alone, with the same settings as `serve`."""

import os
from typing import Annotated, Literal

from cyclopts import Parameter

from headwater.app import run_role
from headwater.cli.options import ServerOptions, settings_of

RoleName = Literal["control", "collector", "pipeline", "warehouse"]


def run(
    role: Annotated[RoleName, Parameter(help="Which role to run.")],
    /,
    *,
    listen_fd: Annotated[
        int | None,
        Parameter(help="A listening socket that was handed over, for the collector."),
    ] = None,
    options: ServerOptions | None = None,
) -> None:
    """Run one role alone until SIGTERM or Ctrl-C; then it finishes what was begun and stops.

    One process may have a role of a data folder at a time.
    """
    os.umask(0o077)
    run_role(role, settings_of(options), listen_fd=listen_fd)
