"""Rules as people set them, led through the whole pipeline."""

from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.cleaning.model import PART, Published, Rule, Scope
from headwater.governing import compile_program
from headwater.pipeline.program import Memory, Programs
from headwater.workspaces.model import Configuration
from tests.pipeline.conftest import Through, lead, source, stored

CALL = {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m1"}


def rule(kind: str, settings: dict[str, Any] | None = None, **members: Any) -> Rule:
    scope = msgspec.convert(members.pop("scope", {}), type=Scope)
    return Rule(
        **{"id": "r1", "name": "My rule", "kind": kind} | members,
        settings=settings or {},
        scope=scope,
    )


def programs(*rules: Rule, memory: Memory | None = None) -> Programs:
    """The programs of a workspace with these rules, as they are published."""
    part = msgspec.Raw(msgspec.json.encode(Published({"w1": rules})))
    return compile_program(Configuration(1, (), (source(),), {PART: part}), memory)


def cleaned(calls: Sequence[dict[str, Any]], *rules: Rule, **options: Any) -> Through:
    """What becomes of calls, in one batch, under these rules."""
    made = programs(*rules, memory=options.pop("memory", None))
    return lead([stored(list(calls), **options)], programs=made)


def track(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return CALL | {"properties": properties or {}} | members


def identify(traits: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": "u1", "messageId": "m1", "traits": traits or {}} | members
