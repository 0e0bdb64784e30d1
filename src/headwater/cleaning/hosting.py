"""Whether an address is of a data centre: by a database of networks, and an open list of them."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from headwater.cleaning.geoip import FOLDER

_LONGEST: Final = 60


@cache
def hosting_networks() -> frozenset[int]:
    """The numbers of networks that rent servers, by the open list."""
    text = resources.files("headwater.cleaning").joinpath("data/hosting.toml").read_text("utf-8")
    return frozenset(each["asn"] for each in tomllib.loads(text)["network"])


class Hosted:
    """The addresses of data centres, as a database of networks tells them; none while there is no
    such file."""

    def __init__(self, database: str, also: Collection[int]) -> None:
        self._database = FOLDER.database(database)
        numbers = hosting_networks().union(also)

        @lru_cache(maxsize=10_000)
        def found(address: str, generation: int) -> bool:  # noqa: ARG001
            return number_of(self._database.find(address)) in numbers

        self._found = found
        self._receipt: object = None

    def has(self, address: str, receipt: object) -> bool:
        """Whether an address is one. The file is looked at once for each request's receipt."""
        if receipt is not self._receipt:
            self._receipt = receipt
            self._database.refresh()
        return len(address) <= _LONGEST and self._found(address, self._database.generation)


def number_of(found: Mapping[str, Any]) -> int:
    """The number of an address's network in what a database says of it; 0 where it says none."""
    number = found.get("autonomous_system_number", found.get("asn", 0))
    if isinstance(number, str):  # IPinfo writes AS64500
        digits = number.upper().removeprefix("AS")
        return int(digits) if digits.isdecimal() else 0
    return number if isinstance(number, int) else 0
