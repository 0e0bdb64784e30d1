"""Transformations as people set them, led through the whole pipeline."""

from typing import Any

import msgspec

from headwater.governing import compile_program
from headwater.pipeline.program import Programs
from headwater.transformations.model import (
    PART,
    Definition,
    Operation,
    Published,
    Ready,
    Secrets,
    Transformation,
)
from headwater.workspaces.model import Configuration
from tests.pipeline.conftest import Through, lead, source, stored

SECRETS = Secrets(key="pepper", salt="salt")


def programs(*definitions: Definition, secrets: Secrets | None = SECRETS) -> Programs:
    """The programs of a source with these transformations, as they are published."""
    ready = tuple(
        Ready(Transformation(f"t{number}", "Mine", "s1", definition=each), secrets)
        for number, each in enumerate(definitions)
    )
    part = msgspec.Raw(msgspec.json.encode(Published({"s1": ready})))
    return compile_program(Configuration(1, (), (source(),), {PART: part}))


def transformed(call: dict[str, Any], **definition: Any) -> Through:
    """What becomes of a call under one transformation."""
    made = programs(msgspec.convert(definition, type=Definition))
    return lead([stored([call])], programs=made)


def operated(call: dict[str, Any], kind: str, **settings: Any) -> Through:
    """What becomes of a call under one operation."""
    made = programs(Definition(operations=(Operation(kind, settings),)))
    return lead([stored([call])], programs=made)


def track(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    call = {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m1"}
    return call | {"properties": properties or {}} | members


def identify(traits: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": "u1", "messageId": "m1", "traits": traits or {}} | members
