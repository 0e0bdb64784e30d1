"""Names that a language takes, and that are told apart. Pure."""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

from anyascii import anyascii

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
LONGEST: Final = 80


def words(text: str) -> list[str]:
    """The words of a name, in small letters; what is not ASCII is written as it is read.

    >>> words("Order Completed_v2"), words("iOSApp"), words("注册")
    (['order', 'completed', 'v', '2'], ['i', 'os', 'app'], ['zhu', 'ce'])
    """
    plain = text if text.isascii() else anyascii(text.encode("utf-8", "replace").decode())
    return [word.lower() for word in _WORD.findall(plain)]


def snake(text: str) -> str:
    """order_completed"""
    return _fit(re.sub(r"_v_(\d+)$", r"_v\1", "_".join(words(text))))


def pascal(text: str) -> str:
    """OrderCompleted"""
    return _fit("".join(word[:1].upper() + word[1:] for word in words(text)))


def camel(text: str) -> str:
    """orderCompleted"""
    made = pascal(text)
    return made[:1].lower() + made[1:]


def _fit(name: str) -> str:
    return name[:LONGEST].rstrip("_")


class Names:
    """Gives each thing a name that no other of its scope has, in the order of asking."""

    def __init__(self, style: Callable[[str], str], taken: Collection[str] = ()) -> None:
        self._style = style
        self._taken = set(taken)

    def name(self, texts: Iterable[str], otherwise: str) -> str:
        """A name by these texts; `otherwise` where they have nothing that can be in a name."""
        base = self._style(" ".join(texts)) or self._style(otherwise)
        if base[0].isdigit():
            base = self._style(f"{otherwise} {base}")
        made, number = base, 2
        while made in self._taken:
            made, number = f"{base}_{number}", number + 1
        self._taken.add(made)
        return made
