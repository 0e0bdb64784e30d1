"""The warehouse role as the other roles ask it: HTTP over its unix socket."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from headwater.errors import UnavailableError
from headwater.queries.contents import Contents, TableDetail
from headwater.queries.failures import error_of
from headwater.queries.model import (
    Cancel,
    Export,
    LoaderLedger,
    Question,
    Repair,
    TableInfo,
)

_HOST: Final = "http://warehouse"
_CONNECT_SECONDS: Final = 5.0
_SHORT: Final = httpx.Timeout(30.0, connect=_CONNECT_SECONDS)
# A question's own limit ends it; an export lasts as long as its reader reads.
_LONG: Final = httpx.Timeout(None, connect=_CONNECT_SECONDS)
_MANY: Final = httpx.Limits(max_connections=200, max_keepalive_connections=8)


def _unreachable(error: httpx.HTTPError) -> UnavailableError:
    return UnavailableError(
        "The warehouse does not answer.",
        hint=f"It may be starting; try again in a moment ({type(error).__name__}).",
        code="warehouse_unavailable",
    )


def _parameters(wanted: Export) -> dict[str, Any]:
    given: dict[str, Any] = msgspec.to_builtins(wanted)
    return {name: value for name, value in given.items() if value is not None}


class RemoteWarehouse:
    """Asks the warehouse role, without blocking. Close it with `aclose`.

    Every call raises what the role raised, and UnavailableError when it cannot be reached.
    """

    def __init__(self, socket: Path, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        chosen = transport or httpx.AsyncHTTPTransport(uds=str(socket), limits=_MANY)
        self._client = httpx.AsyncClient(transport=chosen, base_url=_HOST, timeout=_SHORT)

    async def aclose(self) -> None:
        await self._client.aclose()

    @asynccontextmanager
    async def query(self, question: Question) -> AsyncIterator[httpx.Response]:
        """The answer in the question's format, as a response still to be read."""
        request = self._client.build_request(
            "POST", "/query", content=msgspec.json.encode(question), timeout=_LONG
        )
        async with self._sent(request) as response:
            yield response

    async def cancel(self, query_id: str) -> bool:
        """Stop a question. False when none of this id runs."""
        content = msgspec.json.encode(Cancel(query_id))
        found = await self._read(self._client.build_request("POST", "/cancel", content=content))
        return msgspec.json.decode(found, type=dict[str, bool])["cancelled"]

    async def ledger(self) -> LoaderLedger:
        """The loader's positions and counts."""
        found = await self._read(self._client.build_request("GET", "/ledger"))
        return msgspec.json.decode(found, type=LoaderLedger)

    @asynccontextmanager
    async def export(self, wanted: Export) -> AsyncIterator[httpx.Response]:
        """Stored events as JSON lines, as a response still to be read."""
        request = self._client.build_request(
            "GET", "/export", params=_parameters(wanted), timeout=_LONG
        )
        async with self._sent(request) as response:
            yield response

    async def tables(self, workspace_id: str) -> Sequence[TableInfo]:
        """What a question can name."""
        request = self._client.build_request("GET", "/tables", params={"workspaceId": workspace_id})
        return msgspec.json.decode(await self._read(request), type=list[TableInfo])

    async def contents(self, workspace_id: str) -> Contents:
        """Tables with their counts and freshness, conflicts and event names."""
        request = self._client.build_request(
            "GET", "/contents", params={"workspaceId": workspace_id}
        )
        return msgspec.json.decode(await self._read(request), type=Contents)

    async def table(self, workspace_id: str, schema: str, name: str) -> TableDetail:
        """One table with its columns. Raises NotFoundError."""
        wanted = {"workspaceId": workspace_id, "schema": schema, "name": name}
        request = self._client.build_request("GET", "/table", params=wanted)
        return msgspec.json.decode(await self._read(request), type=TableDetail)

    async def repair(self, wanted: Repair) -> Mapping[str, Any]:
        """Give a column another type."""
        content = msgspec.json.encode(wanted)
        request = self._client.build_request("POST", "/repair", content=content, timeout=_LONG)
        return msgspec.json.decode(await self._read(request), type=dict[str, Any])

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        """The answer to a look; see headwater.queries.looks."""
        parameters = {"workspaceId": workspace_id}
        return await self._read(
            self._client.build_request("POST", f"/look/{name}", params=parameters, content=wanted)
        )

    async def health(self) -> Mapping[str, Any]:
        """Facts for health pages."""
        request = self._client.build_request("GET", "/health")
        return msgspec.json.decode(await self._read(request), type=dict[str, Any])

    @asynccontextmanager
    async def _sent(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        try:
            if response.is_error:
                raise error_of(response.status_code, await response.aread())
            yield response
        finally:
            await response.aclose()

    async def _read(self, request: httpx.Request) -> bytes:
        async with self._sent(request) as response:
            return await response.aread()


class BlockingWarehouse:
    """Asks the warehouse role from a thread. Close it with `close`; raises as RemoteWarehouse."""

    def __init__(self, socket: Path, *, transport: httpx.BaseTransport | None = None) -> None:
        chosen = transport or httpx.HTTPTransport(uds=str(socket))
        self._client = httpx.Client(transport=chosen, base_url=_HOST, timeout=_LONG)

    def close(self) -> None:
        self._client.close()

    def query(self, question: Question) -> bytes:
        """The whole answer in the question's format."""
        return self._read("POST", "/query", content=msgspec.json.encode(question))

    def ledger(self) -> LoaderLedger:
        """The loader's positions and counts."""
        return msgspec.json.decode(self._read("GET", "/ledger"), type=LoaderLedger)

    def health(self) -> Mapping[str, Any]:
        """Facts for health pages."""
        return msgspec.json.decode(self._read("GET", "/health"), type=dict[str, Any])

    def export(self, wanted: Export) -> Iterator[bytes]:
        """Stored events as JSON lines, piece by piece."""
        with self._sent("GET", "/export", params=_parameters(wanted)) as response:
            yield from response.iter_bytes()

    def _read(self, method: str, path: str, **rest: Any) -> bytes:
        with self._sent(method, path, **rest) as response:
            return response.read()

    @contextmanager
    def _sent(self, method: str, path: str, **rest: Any) -> Iterator[httpx.Response]:
        try:
            response = self._client.send(
                self._client.build_request(method, path, **rest), stream=True
            )
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        try:
            if response.is_error:
                raise error_of(response.status_code, response.read())
            yield response
        finally:
            response.close()
