"""Documents, the nouns that they describe, and the steps from one configuration to another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import msgspec

Document = Mapping[str, Any]
"""What one file says of one resource, `kind` left out."""


class Api(Protocol):
    """Calls the API: the `data` of its answer. Raises RequestError and UnavailableError."""

    def __call__(self, method: str, path: str, body: object = None) -> Any: ...


class Remote(msgspec.Struct, frozen=True):
    """A resource as it is on the server: its id there, and the document that describes it."""

    id: str
    document: Document


@dataclass(frozen=True, kw_only=True)
class Noun:
    """A kind of resource. A file of `nouns/` makes one; its line in `NOUNS` is its order.

    `shape` is the struct of its documents; `key` the member that tells two of them apart, which
    never changes. `touches` names the members by which a change touches stored events. A noun
    without `delete` is always there.
    """

    kind: str
    folder: str
    shape: type[msgspec.Struct]
    key: Callable[[Document], str]
    pull: Callable[[Api], Sequence[Remote]]
    create: Callable[[Api, Document], None]
    change: Callable[[Api, Remote, Document], None]
    delete: Callable[[Api, Remote], None] | None = None
    touches: frozenset[str] = frozenset()
    source_slug: Callable[[Document], str] | None = None
    """The source whose events a change touches."""
    governs: bool = True
    """Whether it can decide on what becomes of events: what-if passes over what does not."""
    normal: Callable[[Document], Document] = lambda document: document
    """The one form of documents that mean the same."""


class Action(StrEnum):
    """What a step does."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


class Difference(msgspec.Struct, frozen=True):
    """A member that a step changes, by its dotted path."""

    path: str
    before: Any
    after: Any


class Impact(msgspec.Struct, frozen=True):
    """How many events of how many people, of the last days, a step's resource had."""

    events: int
    people: int
    days: float


class Step(msgspec.Struct, frozen=True):
    """One resource to create, change or delete. `after` has its secrets still as references."""

    action: Action
    kind: str
    key: str
    before: Remote | None
    after: Document | None
    differences: tuple[Difference, ...] = ()
    impact: Impact | None = None
