"""Write e-mail addresses in one way: without blanks and `mailto:`, in lower case.

A text that is no address stays, or becomes null. With `tags` off, what stands between a `+` and the
`@` goes too.
"""

import re
import unicodedata
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Otherwise, Paths, of_values, on_paths

LONGEST: Final = 320
_ADDRESS: Final = re.compile(
    r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?"
)
_NAMED: Final = re.compile(r"[^<>]*<([^<>]+)>")


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    tags: Annotated[bool, Meta(description="Whether to keep `+tag` of an address.")] = True
    otherwise: Otherwise = "keep"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    keeps_tags = settings.tags

    def normalize(value: Any) -> Any:
        return address(value, tags=keeps_tags) if type(value) is str else value

    return on_paths(settings.paths, of_values(normalize, settings.otherwise))


def address(text: str, *, tags: bool = True) -> str | None:
    """The address that a text holds; None where it holds none.

    >>> address(" Ann <Ann+news@Example.COM> ", tags=False)
    'ann@example.com'
    """
    if len(text) > LONGEST:
        return None
    tidy = unicodedata.normalize("NFKC", text).strip()
    if named := _NAMED.fullmatch(tidy):
        tidy = named[1].strip()
    tidy = tidy.lower().removeprefix("mailto:").strip().rstrip(".")
    if not _ADDRESS.fullmatch(tidy):
        return None
    if tags:
        return tidy
    local, _, domain = tidy.partition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


KIND = Kind("normalize_email", __doc__, Settings, compiled, {"paths": ["traits.email"]})
