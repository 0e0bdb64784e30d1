"""The ready definitions that come with Headwater: of an application, by its name."""

from importlib import resources
from typing import Final, NamedTuple

from headwater.errors import PullError

_FOLDER: Final = resources.files("headwater.pulls.rest") / "definitions"


class Ready(NamedTuple):
    """A ready definition: what it is called, and what its first line says of it."""

    name: str
    about: str


def listed() -> list[Ready]:
    """All of them, by name."""
    return [Ready(name, _about(name)) for name in _names()]


def text_of(name: str) -> str:
    """A definition as a text to be kept and changed. Raises PullError for one that is none."""
    if name not in _names():
        raise PullError(
            f"There is no ready definition {name!r}.", hint=f"There are {', '.join(_names())}."
        )
    return (_FOLDER / f"{name}.yaml").read_text("utf-8")


def _names() -> list[str]:
    files = [each.name for each in _FOLDER.iterdir()]
    return sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))


def _about(name: str) -> str:
    return text_of(name).partition("\n")[0].lstrip("# ")
