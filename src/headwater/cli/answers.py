"""Asking for a command: a running server over HTTP, or a data folder at rest."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

import httpx
import msgspec

from headwater.cli.connection import Connection, find
from headwater.errors import UnavailableError
from headwater.queries.failures import error_of
from headwater.queries.model import TRUNCATED_HEADER, Export, Format, Question
from headwater.queries.parameters import Value
from headwater.settings import Settings

_PIECE_BYTES: Final = 262_144
_TIMEOUT: Final = httpx.Timeout(None, connect=10.0)
Pieces = Iterator[bytes]


class Answered(msgspec.Struct, frozen=True):
    """An answer's bytes, piece by piece, and whether there are more rows than they hold."""

    pieces: Pieces
    truncated: bool


class Asking(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is asked, as the API takes it."""

    sql: str
    format: Format
    max_rows: int | None = None
    timeout_seconds: float | None = None
    parameters: dict[str, Value] = msgspec.field(default_factory=dict)


def ask(settings: Settings, asking: Asking) -> AbstractContextManager[Answered]:
    """The answer, to be read while the context is open."""
    if connection := find(settings):
        return _sent(connection, "POST", "/api/query", json=msgspec.to_builtins(asking))
    return _asked_at_rest(settings, asking)


def export(settings: Settings, wanted: dict[str, str]) -> AbstractContextManager[Answered]:
    """The stored events, to be read while the context is open."""
    if connection := find(settings):
        return _sent(connection, "GET", "/api/export/events", params=wanted)
    return _exported_at_rest(settings, wanted)


@contextmanager
def _sent(connection: Connection, method: str, path: str, **rest: Any) -> Iterator[Answered]:
    headers = {"Authorization": f"Bearer {connection.token}"}
    try:
        with (
            httpx.Client(base_url=connection.url, headers=headers, timeout=_TIMEOUT) as client,
            client.stream(method, path, **rest) as response,
        ):
            if response.is_error:
                raise error_of(response.status_code, response.read())
            truncated = response.headers.get(TRUNCATED_HEADER) == "true"
            yield Answered(response.iter_bytes(), truncated)
    except httpx.HTTPError as error:
        raise UnavailableError(
            f"{connection.url} cannot be reached: {error}.",
            hint="Check --url, and that the server runs there.",
        ) from error


@contextmanager
def _asked_at_rest(settings: Settings, asking: Asking) -> Iterator[Answered]:
    from headwater.app.resting import resting_warehouse

    with resting_warehouse(settings) as (warehouse, workspace):
        question = Question(
            sql=asking.sql,
            workspace_id=workspace.id,
            format=asking.format,
            max_rows=asking.max_rows,
            timeout_seconds=asking.timeout_seconds,
            parameters=asking.parameters,
        )
        spooled = warehouse.ask(question)
        with spooled.body as body:
            pieces = iter(partial(body.read, _PIECE_BYTES), b"")
            yield Answered(pieces, spooled.answer.truncated)


@contextmanager
def _exported_at_rest(settings: Settings, wanted: dict[str, str]) -> Iterator[Answered]:
    from headwater.app.resting import resting_warehouse, slug_of
    from headwater.queries.times import moment

    with resting_warehouse(settings) as (warehouse, workspace):
        since, until = (wanted.get(name) for name in ("since", "until"))
        source = wanted.get("source")
        asked = Export(
            workspace_id=workspace.id,
            since=moment(since, name="--since") if since else None,
            until=moment(until, name="--until") if until else None,
            source=slug_of(settings, workspace, source) if source else None,
        )
        yield Answered(warehouse.export(asked), truncated=False)
