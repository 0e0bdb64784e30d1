"""Kinds that take texts apart and put them together: split, merge."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from headwater.pipeline.event import Event
from headwater.pipeline.members import GONE
from headwater.transformations.kinds.kind import Kind
from headwater.transformations.model import Path, Paths, Secrets
from headwater.transformations.places import Act, place, put_at, read_at

Separator = Annotated[str, Meta(min_length=1, max_length=100)]


class Split(msgspec.Struct, forbid_unknown_fields=True):
    path: Path
    separator: Separator
    into: Paths = ()


class Merge(msgspec.Struct, forbid_unknown_fields=True):
    paths: Paths
    into: Path
    separator: Annotated[str, Meta(max_length=100)] = " "
    keep: bool = True


def _split(settings: Split, _: Secrets) -> Act:
    at, separator = place(settings.path), settings.separator
    targets = [place(each) for each in settings.into]

    def act(event: Event) -> bool:
        text = read_at(at, event)
        if type(text) is not str:
            return False
        if not targets:
            return put_at(at, event, text.split(separator))
        parts = text.split(separator, len(targets) - 1)
        put = [put_at(to, event, part) for to, part in zip(targets, parts, strict=False)]
        return any(put)

    return act


def _merge(settings: Merge, _: Secrets) -> Act:
    places, into = [place(each) for each in settings.paths], place(settings.into)
    separator, is_kept = settings.separator, settings.keep

    def act(event: Event) -> bool:
        values = [value for at in places if (value := read_at(at, event)) not in (GONE, None)]
        if not values:
            return False
        texts = [
            each if type(each) is str else msgspec.json.encode(each).decode() for each in values
        ]
        is_changed = False
        if not is_kept:
            for at in places:
                is_changed = put_at(at, event, GONE) or is_changed
        return put_at(into, event, separator.join(texts)) or is_changed

    return act


KINDS: Final = (
    Kind(
        "split",
        "Take a text apart: into a list in its place, or into the members of `into`.",
        Split,
        _split,
        {"path": "traits.name", "separator": " ", "into": ["traits.firstName", "traits.lastName"]},
    ),
    Kind(
        "merge",
        "Put the values of members together into one text; those that are not there are left out.",
        Merge,
        _merge,
        {"paths": ["traits.firstName", "traits.lastName"], "into": "traits.name"},
    ),
)
