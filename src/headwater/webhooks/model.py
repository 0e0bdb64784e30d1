"""Who makes events of what a webhook source is sent, and the part of the configuration."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from headwater.workspaces.model import Configuration

PART: Final = "webhooks"
"""The handlers' name in the published configuration."""


class HandlerKind(StrEnum):
    """What kind of handler it is: each kind has one Maker."""

    FUNCTION = "function"
    """A source function: code."""
    PRESET = "preset"
    """A sender that is known, by its name."""


class Handler(msgspec.Struct, frozen=True):
    """What makes a source's events: a kind, and which of that kind."""

    kind: HandlerKind
    id: str


class Sender(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who sends to a source: a preset's name, and the secret that requests are signed with, which
    is sealed; `secret` is it in the open, where it was opened. `mapping` makes the events of a
    sender that is none of the known ones."""

    preset: str
    sealed: str
    secret: str | None = None
    mapping: str = ""


class Published(msgspec.Struct, frozen=True):
    """The handlers of the sources that have one, and the senders of those that have one."""

    handlers: dict[str, Handler] = {}
    senders: dict[str, Sender] = {}


class Made(msgspec.Struct, frozen=True):
    """The events of one request; or why there are none, in a sentence for people."""

    events: tuple[dict[str, Any], ...] = ()
    failed: str = ""


class Maker(Protocol):
    """Makes events, by the handlers of one kind."""

    def __call__(
        self, configuration: Configuration, source_id: str, requests: list[dict[str, Any]]
    ) -> list[Made]:
        """What becomes of each request. Requests are as webhooks.requests gives them."""
        ...


def handlers_in(configuration: Configuration) -> Mapping[str, Handler]:
    """The handlers of a published configuration, by the ids of their sources."""
    part = configuration.parts.get(PART)
    return {} if part is None else msgspec.json.decode(part, type=Published).handlers


def senders_in(configuration: Configuration) -> Mapping[str, Sender]:
    """The senders of a published configuration, by the ids of their sources."""
    part = configuration.parts.get(PART)
    return {} if part is None else msgspec.json.decode(part, type=Published).senders


def with_senders(published: Published | None, senders: Mapping[str, Sender]) -> Published | None:
    """The handlers of functions, and beside them those of senders: a function goes before."""
    handlers = {
        source_id: Handler(HandlerKind.PRESET, sender.preset)
        for source_id, sender in senders.items()
    }
    if published is not None:
        handlers |= published.handlers
    return Published(handlers, dict(senders)) if handlers else None
