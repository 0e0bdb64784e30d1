"""Looks: fixed questions that features ask of a warehouse's own tables, by name.

A feature declares what it asks (a struct) and what it gets (a struct); the engine's package has
one function for each name, and writes the SQL. No SQL text travels, so nothing need be guarded.
"""

from typing import Final, Protocol, TypeVar

import msgspec

from headwater.errors import BadRequestError

Answer = TypeVar("Answer")

LONGEST_SECONDS: Final = 20.0
"""No look takes longer: it is interrupted."""


class Looking(Protocol):
    """What can be looked into: the warehouse role, as another role reaches it."""

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        """The JSON answer to a look. Raises BadRequestError, QueryLimitError, WarehouseError."""
        ...


async def look(
    warehouse: Looking, name: str, workspace_id: str, wanted: object, answer: type[Answer]
) -> Answer:
    """Ask a look and read its answer."""
    found = await warehouse.look(name, workspace_id, msgspec.json.encode(wanted))
    return msgspec.json.decode(found, type=answer)


def unknown(name: str) -> BadRequestError:
    """The refusal of a look that an engine does not have."""
    return BadRequestError(f"The warehouse has no look {name!r}.", code="unknown_look")
