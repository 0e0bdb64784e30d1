"""Which paths belong to the tracking API, and what each of them takes.

Segment's paths and their short forms, RudderStack's and Jitsu's (reference: the SDKs themselves).
Doubled and trailing slashes are ignored, and so is what stands before `/v1/` (base URLs with a
path prefix occur), except below `/api`, where only Jitsu's own paths belong to tracking.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final
from urllib.parse import unquote

import msgspec

from headwater.errors import BadRequestError
from headwater.spec import EVENT_TYPES
from headwater.tracker.files import files as tracker_files


class Kind(Enum):
    """What a path of the tracking API is for."""

    EVENT = "event"
    """POST: one event."""
    BATCH = "batch"
    """POST: `{"batch": [...]}` or a bare array."""
    IMPORT = "import"
    """POST: a batch, or one object; without `type` it is an identify."""
    DISCARD = "discard"
    """POST: the SDK's own measurements, answered and forgotten."""
    PIXEL = "pixel"
    """GET: one event in the query, answered with a picture."""
    SETTINGS = "settings"
    """GET: what Segment's browser and mobile SDKs load."""
    SCRIPT = "script"
    """GET: the browser tracker, as Segment's snippet loads it, and what belongs to it."""
    SOURCE_CONFIG = "source_config"
    """GET: what RudderStack's SDKs load."""
    WEBHOOK = "webhook"
    """Any method: whatever a sender sends to a webhook source, kept as it is."""

    @property
    def methods(self) -> tuple[str, ...]:
        if self is Kind.WEBHOOK:
            return ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        return ("GET", "HEAD") if self in _READ else ("POST",)


SCRIPT_FILES: Final = frozenset({*tracker_files(), "snippet.json"})
_READ: Final = frozenset({Kind.PIXEL, Kind.SETTINGS, Kind.SCRIPT, Kind.SOURCE_CONFIG})


class Dialect(Enum):
    """Whose SDK speaks: decides the form of the answer alone."""

    SEGMENT = "segment"
    RUDDERSTACK = "rudderstack"
    JITSU = "jitsu"
    EITHER = "either"
    """Jitsu's batch paths that Segment's SDKs use too."""


class Route(msgspec.Struct, frozen=True):
    """What a path asks for.

    `type` is the call that the path names (empty when it names none), `fixed` the members of the
    event that it fixes, `write_key` the key that it holds, `file` the file that it names;
    `source_id` is a webhook's source, and `file` then what follows it.
    """

    kind: Kind
    type: str = ""
    dialect: Dialect = Dialect.SEGMENT
    fixed: Mapping[str, str] = {}
    write_key: str = ""
    file: str = ""
    source_id: str = ""


_SHORT: Final = {name[0]: name for name in EVENT_TYPES}


def _calls() -> dict[str, Route]:
    """The last segment of a path, after `/v1`: what it takes."""
    calls = {name: Route(Kind.EVENT, name) for name in EVENT_TYPES}
    calls |= {letter: calls[name] for letter, name in _SHORT.items()}
    # RudderStack's merge is none of the six calls: it is kept, in quarantine, not lost.
    calls["merge"] = Route(Kind.EVENT, "merge", Dialect.RUDDERSTACK)
    calls |= {"batch": Route(Kind.BATCH), "b": Route(Kind.BATCH)}
    calls |= {"import": Route(Kind.IMPORT, "identify"), "m": Route(Kind.DISCARD)}
    return calls


_CALLS: Final = _calls()
_BARE: Final = {name: _CALLS[name] for name in _SHORT} | {
    "batch": Route(Kind.BATCH, dialect=Dialect.EITHER),
    "b": Route(Kind.BATCH, dialect=Dialect.EITHER),
    "m": _CALLS["m"],
    "rsaMetrics": Route(Kind.DISCARD, dialect=Dialect.RUDDERSTACK),
    "sourceConfig": Route(Kind.SOURCE_CONFIG, dialect=Dialect.RUDDERSTACK),
}
EXACT: Final = {f"/v1/{name}".encode(): route for name, route in _CALLS.items()}
"""The paths that SDKs use most, as they stand in the request line."""


def find(raw_path: bytes) -> Route | None:
    """The route of a path as it stands in the request line; None when it is not tracking's.

    Raises BadRequestError for a path whose values are not UTF-8.
    """
    return EXACT.get(raw_path) or _by_segments(raw_path.decode("latin-1"))


def _by_segments(path: str) -> Route | None:
    segments = [segment for segment in path.split("/") if segment]
    if not segments:
        return None
    if segments[0] == "api":
        return _jitsu(segments[1:])
    if segments[0] == "webhooks" and len(segments) > 1:
        rest = "/".join(_text(segment) for segment in segments[2:])
        return Route(Kind.WEBHOOK, source_id=_text(segments[1]), file=rest)
    if "v1" in segments and (found := _below_v1(segments)):
        return found
    if len(segments) >= 3 and segments[-3] == "projects" and segments[-1] == "settings":
        return Route(Kind.SETTINGS, write_key=_text(segments[-2]))
    if segments[-1] == "sourceConfig":
        return _BARE["sourceConfig"]
    return _BARE.get(segments[0]) if len(segments) == 1 else None


def _below_v1(segments: Sequence[str]) -> Route | None:
    at = segments.index("v1")
    before = segments[at - 1] if at else ""
    match segments[at + 1 :]:
        case [key, file] if before == "analytics.js" and file in SCRIPT_FILES:
            return Route(Kind.SCRIPT, write_key=_text(key), file=file)
        case [("track" | "page") as name] if before == "pixel":
            return Route(Kind.PIXEL, name, Dialect.RUDDERSTACK)
        case ["batch"] if before == "beacon":
            return Route(Kind.BATCH, dialect=Dialect.RUDDERSTACK)
        case [name]:
            return _CALLS.get(name)
        case ["batch", "b" | "batch"]:
            return Route(Kind.BATCH, dialect=Dialect.EITHER)
        case ["pixel", name]:
            name = _SHORT.get(name, name)
            return Route(Kind.PIXEL, name) if name in EVENT_TYPES else None
        case ["events", user_id, event]:
            return Route(
                Kind.EVENT, "track", fixed={"userId": _text(user_id), "event": _text(event)}
            )
    return None


def _jitsu(segments: Sequence[str]) -> Route | None:
    """Jitsu's paths below `/api`. A call's own `type` wins over the path's."""
    match segments:
        case ["s", "batch"] | ["s", "s2s", "batch"]:
            return Route(Kind.BATCH, dialect=Dialect.JITSU)
        case ["s", name] | ["s", "s2s", name]:
            return Route(Kind.EVENT, "" if name == "event" else _text(name), Dialect.JITSU)
        case ["px", name]:
            return Route(Kind.PIXEL, "" if name == "event" else _text(name), Dialect.JITSU)
    return None


def _text(segment: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise BadRequestError(
            f"The path's part {segment[:100]!r} is not UTF-8.",
            hint="Percent-encode the UTF-8 bytes of user ids and event names.",
            code="invalid_path",
        ) from None
