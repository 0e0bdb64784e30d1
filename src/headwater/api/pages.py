"""Lists a page at a time, as Segment's Public API gives them.

A cursor is opaque to clients, but Terraform begins with `MA==`, base64 of `0`, on every server.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.datastructures import QueryParams

from headwater.api import dialects
from headwater.errors import InvalidError

LARGEST: Final = 1000
DEFAULT: Final = 200

_T = TypeVar("_T")


class PaginationInput(msgspec.Struct, frozen=True):
    """Which part of a list is asked for."""

    cursor: Annotated[
        str, Meta(max_length=1000, description="Where to go on; empty is the first page.")
    ] = ""
    count: Annotated[int, Meta(ge=1, le=LARGEST, description="The most items of a page.")] = DEFAULT


class Paged(msgspec.Struct, frozen=True):
    """The query of a list."""

    pagination: PaginationInput = PaginationInput()


class PaginationOutput(msgspec.Struct, frozen=True, rename="camel"):
    """Where in a list a page stands. There is no `next` on the last page and no `previous` on the
    first: a null would send Terraform round for ever."""

    current: str
    next: str | UnsetType = UNSET
    previous: str | UnsetType = UNSET
    total_entries: int | UnsetType = UNSET


class Page(msgspec.Struct, frozen=True):
    """Which part of a list is asked for, by numbers."""

    first: int = 0
    count: int = DEFAULT

    def cut(self, values: Sequence[_T]) -> list[_T]:
        """What of a list is on this page."""
        return list(values[self.first : self.first + self.count])

    def of(self, total: int) -> PaginationOutput:
        """Where this page stands in a list of so many."""
        after, before = self.first + self.count, max(0, self.first - self.count)
        return PaginationOutput(
            current=_cursor(self.first),
            next=_cursor(after) if after < total else UNSET,
            previous=_cursor(before) if self.first > 0 else UNSET,
            total_entries=total,
        )


def asked(query: QueryParams) -> Page:
    """The page that a query asks for. Raises InvalidError, which names the parameter."""
    return page_of(dialects.read(query.multi_items(), Paged).pagination)


def page_of(pagination: PaginationInput) -> Page:
    """The page that is asked for. Raises InvalidError for a cursor that no page gave."""
    return Page(_first(pagination.cursor), pagination.count)


def paginated(name: str, values: Sequence[object], page: Page) -> dict[str, object]:
    """An answer with one page of a list, in Segment's envelope."""
    return {"data": {name: page.cut(values), "pagination": page.of(len(values))}}


def _cursor(first: int) -> str:
    return base64.b64encode(str(first).encode()).decode()


def _first(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise InvalidError(
            "pagination.cursor: is not one that this server gave.",
            field="pagination.cursor",
            hint="Take next or previous of a page, or leave it out.",
        )
    return int(text)
