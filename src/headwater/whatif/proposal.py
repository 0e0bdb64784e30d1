"""What is proposed, and what would be if it were so."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import Meta

from headwater.access.model import Principal
from headwater.workspaces.model import Configuration

MOST: int = 1_000


class ProposedCall(msgspec.Struct, frozen=True):
    """A call of the API that changes what governs."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, Meta(min_length=1, max_length=2_000)]
    body: Any = None


class RemovedItem(msgspec.Struct, frozen=True):
    """A resource that goes: its kind and key, as configuration as code has them."""

    kind: Annotated[str, Meta(max_length=100)]
    key: Annotated[str, Meta(max_length=500)]


class GoverningItem(msgspec.Struct, frozen=True):
    """A resource that governs, as its file would say it."""

    kind: str
    key: str
    id: str
    document: Mapping[str, Any]


class Proposal(msgspec.Struct, frozen=True):
    """Changes, all at once. `documents` are resources as files of the configuration describe them;
    with `deletes`, what governs and has no document goes."""

    documents: Annotated[Sequence[dict[str, Any]], Meta(max_length=MOST)] = ()
    removed: Annotated[Sequence[RemovedItem], Meta(max_length=MOST)] = ()
    deletes: bool = False
    changes: Annotated[Sequence[ProposedCall], Meta(max_length=MOST)] = ()


class ProposedStep(msgspec.Struct, frozen=True):
    """One change of the proposal: `create`, `change`, `delete` or a call's method, of what."""

    action: str
    kind: str
    key: str


class Supposition(msgspec.Struct, frozen=True):
    """The configuration as it is and as it would be, the steps between, and the kinds of those
    that were passed over, since they govern nothing.

    `names` are those of what events can be touched by, by their ids.
    """

    before: Configuration
    after: Configuration
    steps: Sequence[ProposedStep]
    passed_over: Sequence[str]
    names: Mapping[str, str]


class Rehearsing(Protocol):
    """Who carries out a proposal on a state that is taken back. Blocking."""

    def suppose(self, by: Principal, proposal: Proposal) -> Supposition:
        """What would be. Raises what carrying it out would."""
        ...

    def items(self, by: Principal) -> list[GoverningItem]:
        """All that governs and that the caller may see."""
        ...
