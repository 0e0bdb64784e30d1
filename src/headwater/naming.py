"""The warehouse's names: how an event becomes a table and a key becomes a column.

The rules are Segment's, so that SQL and dbt models written against its warehouses keep working:
ASCII snake case as segmentio/go-snakecase makes it, and `_` before a name that is taken (a standard
column or table, a reserved word) or that begins with a digit. Where Segment's rule leaves nothing
of a name (订单完成), it gets a readable name of its own with a short hash that keeps it apart.

Every name is a valid identifier of `[a-z0-9_]`, not empty, at most 63 characters long.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from anyascii import anyascii

LONGEST: Final = 63
"""PostgreSQL's limit, the shortest of the warehouses that Segment's schema is loaded into."""

STANDARD_TABLES: Final = (
    "tracks",
    "identifies",
    "users",
    "pages",
    "screens",
    "groups",
    "accounts",
    "aliases",
)

# Names that the warehouse itself gives to relations beside the standard tables: the event-shaped
# views of the six call types, what was kept aside, and what is put together of all sources.
_OWN_RELATIONS = (
    "identify",
    "track",
    "page",
    "screen",
    "group",
    "alias",
    "quarantine",
    "type_conflicts",
    "plan_violations",
    "people",
    "people_sources",
    "organizations",
    "organizations_sources",
)

STANDARD_COLUMNS: Final = frozenset(
    {
        "id",
        "anonymous_id",
        "user_id",
        "event",
        "event_text",
        "original_timestamp",
        "sent_at",
        "received_at",
        "timestamp",
        # Segment's loaders add these in some warehouses; a property must not pass for them.
        "uuid",
        "uuid_ts",
        "loaded_at",
    }
)

# Amazon Redshift Database Developer Guide, "Reserved words"
# (docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html): the engine for which Segment
# documents the prefix.
_REDSHIFT = """
aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup
between binary blanksasnull both bytedict bzip2 case cast check collate column constraint create
credentials cross current_date current_time current_timestamp current_user current_user_id default
deferrable deflate defrag delta delta32k desc disable distinct do else emptyasnull enable encode
encrypt encryption end except explicit false for foreign freeze from full globaldict256
globaldict64k grant group gzip having identity ignore ilike in initially inner intersect interval
into is isnull join leading left like limit localtime localtimestamp lun luns lzo lzop minus
mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open
or order outer overlaps parallel partition percent permissions pivot placing primary raw readratio
recover references rejectlog resort respect restore right select session_user similar snapshot some
sysdate system table tag tdes text255 text32k then timestamp to top trailing true truncatecolumns
union unique unnest unpivot user using verbose wallet when where with without
"""
RESERVED_WORDS: Final = frozenset(_REDSHIFT.split())

_TAKEN_TABLES = RESERVED_WORDS.union(STANDARD_TABLES, _OWN_RELATIONS)
_TAKEN_COLUMNS = RESERVED_WORDS | STANDARD_COLUMNS

# A word is capitals and digits, then small letters and digits: `HTMLParser` is one word.
_WORD = re.compile(r"[A-Z0-9]+[a-z0-9]*|[a-z][a-z0-9]*")


def snake_case(text: str) -> str:
    """Segment's snake case; empty where the text has no ASCII letter or digit.

    >>> snake_case("iOS App Opened")
    'i_os_app_opened'
    """
    return "_".join(_WORD.findall(text)).lower()


@lru_cache(maxsize=65_536)
def table_name(event: str) -> str:
    """The table of a track event, from its name as sent.

    >>> table_name("Order Completed")
    'order_completed'
    >>> table_name("Users")
    '_users'
    """
    name = snake_case(event) or _readable(event, "event")
    return _fit(name, event, _TAKEN_TABLES)


@lru_cache(maxsize=65_536)
def column_name(path: str) -> str:
    """The column of a dotted path: `context.…`, `traits.…`, `properties.…`, or a bare property.

    >>> column_name("context.app.version")
    'context_app_version'
    >>> column_name("traits.address.street")
    'address_street'
    >>> column_name("userId")
    '_user_id'
    """
    keys = [key for key in path.split(".") if key] or [path]
    if len(keys) > 1:
        if keys[0] == "context":
            return context_column(keys[1:])
        if keys[0] in ("properties", "traits"):
            return property_column(keys[1:])
        return property_column(keys)
    if path.startswith("context_"):
        return _fit(snake_case(path) or _readable(path, "column"), path, _TAKEN_COLUMNS)
    return property_column(keys)


def property_column(keys: Sequence[str]) -> str:
    """The column of a property or trait, by the keys that lead to it (at least one).

    What would look like a column of the context gets a `_`, as with the standard columns.
    """
    name = _joined(keys)
    if name.startswith("context_"):
        name = f"_{name}"
    return _fit(name, "\0".join(keys), _TAKEN_COLUMNS)


def context_column(keys: Sequence[str]) -> str:
    """The column of a value of the context, by the keys that lead to it (at least one)."""
    return _fit(f"context_{_joined(keys)}", "\0".join(("context", *keys)), _TAKEN_COLUMNS)


def _joined(keys: Sequence[str]) -> str:
    return "_".join(snake_case(key) or _readable(key, "column") for key in keys)


def _readable(text: str, kind: str) -> str:
    """A name for text without ASCII letters or digits: how it is read, and a hash of it."""
    stem = snake_case(anyascii(text.encode("utf-8", "replace").decode()))
    stem = stem[: LONGEST - 20].rstrip("_")
    return f"{stem or kind}_{_hash(text)}"


def _fit(name: str, original: str, taken: frozenset[str]) -> str:
    if name in taken or name[0].isdigit():
        name = f"_{name}"
    if len(name) > LONGEST:
        name = f"{name[: LONGEST - 9].rstrip('_')}_{_hash(original)}"
    return name


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
