"""Make an amount of a text with a unit of currency: `¥1,299.00`, `1.299,00 €`, `3.5万元`, `USD 5`.

The amount takes the text's place; the currency's ISO 4217 code goes to `unit`, unless there is one.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec
from babel.core import get_global
from msgspec import Meta

from headwater.cleaning.kinds.parse_number import LONGEST, number
from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import OptionalPath, Path
from headwater.pipeline.event import Event
from headwater.pipeline.members import changer, reader

_SIGNS: Final = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "฿": "THB",
    "₫": "VND",
    "₺": "TRY",
    "₪": "ILS",
    "₴": "UAH",
    "₱": "PHP",
    "R$": "BRL",
    "HK$": "HKD",
    "NT$": "TWD",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "NZ$": "NZD",
    "S$": "SGD",
    "元": "CNY",
    "圆": "CNY",
    "块": "CNY",
    "人民币": "CNY",
    "RMB": "CNY",
    "CN¥": "CNY",
    "円": "JPY",
    "JP¥": "JPY",
    "港币": "HKD",
    "港元": "HKD",
    "美元": "USD",
    "美金": "USD",
    "欧元": "EUR",
    "英镑": "GBP",
    "日元": "JPY",
}
_YEN: Final = "¥"
_AMOUNT: Final = re.compile(r"([^\d+.,-]*)([+-]?)\s*([^\d+.,-]*)([\d.,][\d.,'’_ ]*)(.*)", re.DOTALL)
_TIMES: Final = frozenset("百千万萬亿億")


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    path: Annotated[Path, Meta(description="The member that has the text.")]
    unit: Annotated[
        OptionalPath, Meta(description="Where the currency goes; empty is nowhere.")
    ] = "properties.currency"
    default: Annotated[
        str, Meta(pattern="^([A-Z]{3})?$", description="The currency where the text has none.")
    ] = ""
    yen: Annotated[Literal["CNY", "JPY"], Meta(description="What the sign `¥` stands for.")] = "CNY"
    decimal: Annotated[Literal[".", ","], Meta(description="The decimal mark.")] = "."


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    read, put_amount = reader(settings.path), changer(settings.path)
    put_unit = changer(settings.unit) if settings.unit else None

    def decide(event: Event) -> bool:
        text = read(event)
        if type(text) is not str:
            return False
        found = amount(text, settings.decimal, settings.yen)
        if found is None:
            return False
        value, currency = found[0], found[1] or settings.default
        is_touched = put_amount(event, lambda old: value if old == text else old)
        if currency and put_unit is not None:
            is_touched |= put_unit(event, lambda old: old or currency)
        return is_touched

    return decide


@lru_cache(maxsize=4096)
def amount(text: str, mark: str = ".", yen: str = "CNY") -> tuple[Any, str] | None:
    """The number and the currency's code ("" where none is named); None for what is no amount.

    >>> amount("¥1,299.00"), amount("1.299,00 €", ","), amount("3.5万元"), amount("USD 5")
    ((1299.0, 'CNY'), (1299.0, 'EUR'), (35000, 'CNY'), (5, 'USD'))
    """
    if len(text) > LONGEST:
        return None
    tidy = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    is_negative = tidy.startswith("(") and tidy.endswith(")")
    found = _AMOUNT.fullmatch(tidy[1:-1] if is_negative else tidy)
    if found is None:
        return None
    before, sign, between, digits, after = (part.strip() for part in found.groups())
    unit = after
    while unit and unit[0] in _TIMES:
        digits, unit = digits + unit[0], unit[1:].strip()
    value = number(digits, mark)
    names = [name for name in (before, between, unit) if name]
    currency = _code(names[0], yen) if names else ""
    if value is None or currency is None or any(_code(n, yen) != currency for n in names):
        return None
    return (-value if is_negative or sign == "-" else value), currency


def _code(name: str, yen: str) -> str | None:
    """The currency that a sign or word names; None where it names none."""
    if name == _YEN:
        return yen
    upper = name.upper()
    return _SIGNS.get(upper) or (upper if upper in _codes() else None)


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    """The codes of ISO 4217, as CLDR has them."""
    return frozenset(
        currency[0]
        for currencies in get_global("territory_currencies").values()
        for currency in currencies
    )


KIND = Kind(
    "parse_currency",
    __doc__,
    Settings,
    compiled,
    {"path": "properties.price", "unit": "properties.currency", "default": "CNY"},
)
