"""How workspaces and sources are named."""

from collections.abc import Container
from itertools import count
from typing import Final

from headwater.naming import RESERVED_WORDS, snake_case, table_name

LONGEST_NAME: Final = 200
_LONGEST_SLUG: Final = 48

_TAKEN: Final = RESERVED_WORDS | {"main", "temp", "system", "information_schema", "pg_catalog"}
"""What would have to be quoted in SQL, and the schemas that the warehouse itself has."""


def slug_of(name: str, taken: Container[str]) -> str:
    """A short name in snake case, unlike those taken.

    >>> slug_of("My Shop", taken=())
    'my_shop'
    >>> slug_of("My Shop", taken=("my_shop",))
    'my_shop_2'
    """
    return _unlike(_short(name), taken)


def schema_of(name: str, taken: Container[str]) -> str:
    """The schema of a source of this name: a slug that needs no quotes in SQL.

    >>> schema_of("Order", taken=())
    'source_order'
    """
    slug = _short(name)
    needs_quotes = slug in _TAKEN or slug[0].isdigit()
    return _unlike(f"source_{slug}" if needs_quotes else slug, taken)


def _short(name: str) -> str:
    return (snake_case(name) or table_name(name))[:_LONGEST_SLUG].strip("_")


def _unlike(slug: str, taken: Container[str]) -> str:
    if slug not in taken:
        return slug
    return next(each for number in count(2) if (each := f"{slug}_{number}") not in taken)
