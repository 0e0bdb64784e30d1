"""`headwater serve`: everything on one machine."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from headwater.cli.options import ServerOptions, origins_of, settings_of
from headwater.kit.claim import Claim
from headwater.kit.logging import configure
from headwater.settings import Settings, keep_origins
from headwater.supervisor import Supervisor, bind, prepare_run_folder, url_of

_TOKEN_FILE = "admin-token"  # noqa: S105


def serve(
    *,
    welcome: Annotated[
        bool, Parameter(help="Make a first source and say how to send an event.", negative="")
    ] = False,
    options: ServerOptions | None = None,
) -> None:
    """Run everything on this machine, with all state in one folder, until SIGTERM or Ctrl-C.

    Prints one line on standard output once events are accepted; all else goes to standard error.
    """
    settings = settings_of(options)
    configure(settings.log_level, settings.log_format, "supervisor")
    os.umask(0o077)
    with Claim(settings.data_dir) as claim, bind(settings.host, settings.port) as listener:
        prepare_run_folder(settings.data_dir / "run")
        keep_origins(settings.data_dir / "run", origins_of(options))
        token_file = settings.data_dir / _TOKEN_FILE
        had_token = token_file.exists()
        url = url_of(settings, listener)

        def on_ready() -> None:
            print(f"Headwater is ready at {url}", flush=True)
            if not had_token and not settings.admin_token:
                _show_token(token_file, url)
            if welcome:
                _welcome(settings)

        status = Supervisor(settings, claim, listener).run(on_ready)
    sys.exit(status)


def _show_token(path: Path, url: str) -> None:
    token = path.read_text("utf-8").strip()
    print(
        f"The first owner's API token, kept in {path}: {token}\n"
        f"Make the first owner of the console at {url}/setup?token={token}",
        file=sys.stderr,
        flush=True,
    )


def _welcome(settings: Settings) -> None:
    # A process of its own, so that the supervisor does not keep what it takes to talk to the API.
    subprocess.Popen(
        [sys.executable, "-m", "headwater", "welcome", "--data-dir", str(settings.data_dir)],
        stdin=subprocess.DEVNULL,
    )
