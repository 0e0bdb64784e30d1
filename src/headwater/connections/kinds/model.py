"""What a kind of connection is: how its definitions are read, tried, and run."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from headwater.connections.model import Backfill, Figures, Form
from headwater.errors import InvalidError
from headwater.kit.addresses import FetchPolicy
from headwater.kit.guarded import GuardedTransport


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is of. `files` is the folder that holds the files that may be read on this
    machine; None admits none. `allowed` are the hosts and networks beyond the public internet that
    HTTP requests may reach. `is_first` says that none has come to its end yet."""

    kind: str
    definition: str
    form: Form
    secrets: Mapping[str, str]
    files: str | None
    allowed: tuple[str, ...] = ()
    source_id: str = ""
    write_key: str = ""
    url: str = ""
    data_dir: str = ""
    rejected: str = ""
    backfill: Backfill | None = None
    is_first: bool = False

    @property
    def name(self) -> str:
        """What the definition is called in what is said of it."""
        return f"definition.{self.form}"

    def transport(self) -> GuardedTransport:
        """The way to HTTP servers. Raises InvalidError for what is no host and no network."""
        try:
            return GuardedTransport(FetchPolicy(allowed=self.allowed))
        except ValueError as error:
            raise InvalidError(f"connections_allowed: {error}.") from None


@dataclass(frozen=True)
class Surroundings:
    """What a run has: the way to the server, a sign to stop, and where to say how far it is."""

    client: httpx.Client
    stop: threading.Event
    tell: Callable[[Figures], None]
    look: Callable[[Mapping[str, Any]], object]


Parse = Callable[[str, str], Any]
"""A definition of a text and its name. Raises HeadwaterError, which names the member."""


@dataclass(frozen=True)
class Kind:
    """A kind: its definitions have the top-level member `member`.

    `names` are the `${NAME}`s of a definition; `try_out` answers the first events (JSON), `run`
    reads all that is new. What is wrong is said by HeadwaterError.
    """

    name: str
    member: str
    parse: Parse
    names: Callable[[Any], Sequence[str]]
    try_out: Callable[[Any, Task], Sequence[bytes]]
    run: Callable[[Any, Task, Surroundings], Figures]
    is_endless: bool = False
    """It runs until it is told to stop, whatever its schedule."""
