"""How far an import is, shown on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from headwater.imports import run

_REDRAWS_PER_SECOND = 4


@contextmanager
def import_progress(name: str) -> Iterator[Callable[[run.Progress], None]]:
    """A progress bar on standard error where that is a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _progress: None
        return
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        refresh_per_second=_REDRAWS_PER_SECOND,
        transient=True,
    )
    with bar:
        task = bar.add_task(name, total=1.0, counts="")

        def show(progress: run.Progress) -> None:
            elapsed = bar.tasks[0].elapsed or 1.0
            account = progress.account
            counts = (
                f"{account.rows:,} rows  {progress.acknowledged:,} events accepted  "
                f"{account.rejected:,} rejected  {account.rows / elapsed:,.0f} rows/s"
            )
            bar.update(task, completed=progress.share_read, counts=counts)

        yield show
