"""How a listing says that it has more: the words of `paging`."""

from typing import Literal

import msgspec


class NoPaging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="none"):
    """One request gives all."""


class PageNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="page"):
    """Pages are numbered; the last is that which is empty, or not full, or which says so."""

    param: str = "page"
    first: int = 1
    size: int = 0
    """Entries of a full page: one with fewer is the last."""
    pages: str = ""
    """Where the answer has the number of pages."""
    more: str = ""
    """Where the answer says whether there is more."""
    where: Literal["query", "body"] = "query"


class Offset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="offset"):
    """The number of entries that are left out at the beginning."""

    param: str = "offset"
    total: str = ""
    """Where the answer has the number of all entries."""
    size: int = 0
    more: str = ""
    where: Literal["query", "body"] = "query"


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="cursor"):
    """The answer has a token that the next request names."""

    at: str
    param: str = "cursor"
    more: str = ""
    end: str = ""
    """Where the answer says that this is the end."""
    drops: tuple[str, ...] = ()
    """Parameters that are left out beside the token."""
    is_kept: bool = msgspec.field(default=False, name="kept")
    """The next run goes on with the last token: the API keeps the place."""
    where: Literal["query", "body"] = "query"


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="link"):
    """The answer's Link header names the next page (`rel="next"`)."""


class NextUrl(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="next_url"):
    """The answer has the address of the next page."""

    at: str
    more: str = ""


class LastId(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="last_id"):
    """The next request names the last entry of this page."""

    param: str = "starting_after"
    member: str = "id"
    more: str = ""


Paging = NoPaging | PageNumber | Offset | Token | Link | NextUrl | LastId
