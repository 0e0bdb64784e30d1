"""Databases: the rows of a query, as they are inserted, updated and deleted."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from headwater.connections.kinds import pulled
from headwater.connections.kinds.model import Kind, Surroundings, Task
from headwater.connections.model import Figures
from headwater.errors import HeadwaterError, PullError
from headwater.imports.definition_file import resolved
from headwater.pulls.definition import Definition, engine_of, parse
from headwater.pulls.reading import opened


def _names(definition: Definition) -> Sequence[str]:
    return definition.names()


def _try_out(definition: Definition, task: Task) -> Sequence[bytes]:
    _require_admitted(definition, task)
    return pulled.try_out(definition, task)


def _run(definition: Definition, task: Task, surroundings: Surroundings) -> Figures:
    _require_admitted(definition, task)
    total: list[int] = []
    if task.is_first or task.backfill:
        threading.Thread(target=_count, args=(definition, task, total), daemon=True).start()
    return pulled.pulled(definition, task, surroundings, total)


def _count(definition: Definition, task: Task, total: list[int]) -> None:
    """Count the rows, for an estimate, while they are read."""
    inner = definition.pull.query.strip().rstrip(";")
    with suppress(HeadwaterError), opened(definition.pull.url, task.secrets) as reader:
        pieces = reader.pieces(f"SELECT count(*) AS n FROM (\n{inner}\n) AS counted", {})
        total.extend(int(piece[0]["n"]) for piece in pieces)


def _require_admitted(definition: Definition, task: Task) -> None:
    """Raise PullError for a database file that is not where such files may be read."""
    if engine_of(definition.pull.url) not in ("sqlite", "duckdb"):
        return
    address = resolved(definition.pull.url, "pull.url", PullError, task.secrets)
    require_below(address.partition(":///")[2], task.files, "pull.url")


def require_below(path: str, folder: str | None, member: str) -> None:
    """Raise PullError unless a file lies in the folder whose files connections may read."""
    if folder is None:
        raise PullError(
            f"`{member}` names a file of the server, and connections may read none.",
            hint="Set connections_folder to the folder whose files they may read.",
        )
    if not Path(path).resolve().is_relative_to(Path(folder).resolve()):
        raise PullError(
            f"`{member}` names a file outside {folder}, the folder that connections may read.",
            hint="Put the file there, or set connections_folder.",
        )


def _parse(text: str, name: str) -> Any:
    return parse(text, name)


KIND = Kind("database", "pull", _parse, _names, _try_out, _run)
