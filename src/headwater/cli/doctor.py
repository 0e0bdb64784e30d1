"""`headwater doctor`: what is wrong here, and what to do about it."""

import os
import sys

from headwater.app.doctor import Level, examine
from headwater.cli.options import ServerOptions, settings_of
from headwater.kit.clock import SystemClock

_MARKS = {Level.GOOD: "ok      ", Level.WARNING: "warning ", Level.PROBLEM: "PROBLEM "}


def doctor(*, options: ServerOptions | None = None) -> None:
    """Check this machine and the data folder, of a running server or at rest.

    Says what to do about what it finds. The exit status is 1 when there is a problem; warnings
    are none.
    """
    os.umask(0o077)
    problems = 0
    for finding in examine(settings_of(options), SystemClock()):
        problems += finding.level is Level.PROBLEM
        print(f"{_MARKS[finding.level]} {finding.check}: {finding.message}", flush=True)
        if finding.remedy:
            print(f"         → {finding.remedy}")
    if problems:
        print(f"{problems} problem{'s' if problems > 1 else ''} found.", file=sys.stderr)
        sys.exit(1)
    print("All is well.")
