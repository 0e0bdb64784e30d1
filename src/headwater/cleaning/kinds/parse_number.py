"""Make numbers of texts: `1,234.50`, `１２３`, `1.2万`, `85%`; or, by `decimal`, `1 234,50`.

What has a fraction becomes a number with one, anything else a whole number; `万` and `亿` multiply,
and a per cent sign divides by a hundred.
"""

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths

LONGEST: Final = 64
_UNITS: Final = {"%": -2, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
_NUMBER: Final = re.compile(
    r"([+-]?)(\d+(?:[ ,._'’]\d+)*|[.,]\d+)((?:[eE][+-]?\d{1,2})?)\s*([%百千万萬亿億]*)"
)


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    decimal: Annotated[Literal[".", ","], Meta(description="The decimal mark.")] = "."
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    mark = settings.decimal

    def parse(value: Any) -> Any:
        return number(value, mark) if type(value) is str else value

    return on_paths(settings.paths, of_values(parse, settings.otherwise))


def number(text: str, mark: str = ".") -> int | float | None:
    """The number that a text spells; None where it spells none.

    >>> number("1,234.50"), number("1.234,5", ","), number("3.5万"), number("−7"), number("12a")
    (1234.5, 1234.5, 35000, -7, None)
    """
    if len(text) > LONGEST:
        return None
    tidy = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    found = _NUMBER.fullmatch(tidy)
    if found is None:
        return None
    sign, digits, exponent, units = found.groups()
    if digits.count(mark) > 1:
        return None
    whole, _, fraction = digits.partition(mark)
    if not _is_grouped(whole) or not (fraction.isdecimal() or not fraction):
        return None
    plain = re.sub(r"\D", "", whole) or "0"
    try:
        value = Decimal(f"{sign}{plain}.{fraction or 0}{exponent}")
    except InvalidOperation:
        return None
    value = value.scaleb(sum(_UNITS[unit] for unit in units))
    if value == value.to_integral_value() and ((not fraction and not exponent) or units):
        return int(value)
    return float(value)


def _is_grouped(whole: str) -> bool:
    """Whether digits stand in groups that people write: of three, or of four in Chinese."""
    first, *groups = re.split(r"\D", whole)
    return not groups or (len(first) <= 4 and len({len(group) for group in groups} | {3, 4}) == 2)


KIND = Kind("parse_number", __doc__, Settings, compiled, {"paths": ["properties.quantity"]})
