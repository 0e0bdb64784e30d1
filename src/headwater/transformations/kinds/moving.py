"""Kinds that move members: rename, copy, drop, allow."""

from typing import Any, Final, Literal

import msgspec

from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE
from headwater.transformations.kinds.kind import Kind
from headwater.transformations.model import Path, Paths, Secrets
from headwater.transformations.places import Act, moved, on_places


class FromTo(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from"}):
    source: Path
    to: Path


class Dropped(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths


class Allowed(msgspec.Struct, forbid_unknown_fields=True):
    names: Paths
    inside: Literal["properties", "context"] = "properties"


def allowing(names: tuple[str, ...], inside: str = "properties") -> Act:
    """Keep only some members of the properties (or traits), or of the context."""
    kept = frozenset(
        name.removeprefix("properties.").removeprefix("traits.").removeprefix("context.")
        for name in names
    )

    def act(event: Event) -> bool:
        before: dict[str, Any] = getattr(event, inside)
        if kept.issuperset(before):
            return False
        setattr(event, inside, {name: each for name, each in before.items() if name in kept})
        return True

    return act


def _rename(settings: FromTo, _: Secrets) -> Act:
    return moved(settings.source, settings.to, is_kept=False)


def _copy(settings: FromTo, _: Secrets) -> Act:
    return moved(settings.source, settings.to, is_kept=True)


def _drop(settings: Dropped, _: Secrets) -> Act:
    return on_places(settings.paths, lambda _: GONE)


def _allow(settings: Allowed, _: Secrets) -> Act:
    return allowing(settings.names, settings.inside)


KINDS: Final = (
    Kind(
        "rename",
        "Give a member another name, or another place.",
        FromTo,
        _rename,
        {"from": "properties.price", "to": "properties.amount"},
    ),
    Kind(
        "copy",
        "Copy a member, also between properties, traits and context.",
        FromTo,
        _copy,
        {"from": "properties.email", "to": "context.traits.email"},
    ),
    Kind("drop", "Remove members.", Dropped, _drop, {"paths": ["properties.password"]}),
    Kind(
        "allow",
        "Keep only the listed properties (or traits), or members of the context.",
        Allowed,
        _allow,
        {"names": ["price", "currency"]},
    ),
)
