"""What a kind of change is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from headwater.transformations.model import Secrets
from headwater.transformations.places import Act


@dataclass(frozen=True)
class Kind:
    """A kind: what people set of it, and the function that it becomes.

    `compiled` raises ValueError for settings that cannot be used; `example` is shown to people.
    """

    name: str
    about: str
    settings: type[msgspec.Struct]
    compiled: Callable[[Any, Secrets], Act]
    example: Mapping[str, Any]
