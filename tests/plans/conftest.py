"""Plans as they are published, over events that are led through the whole pipeline."""

from collections.abc import Mapping
from typing import Any

import msgspec

from headwater.governing import compile_program
from headwater.pipeline.program import Programs
from headwater.plans.model import PART, Governed, Plan, Published, Rule, RuleType
from headwater.plans.store import published_plan
from headwater.ports import Stream
from headwater.spec import violations
from headwater.spec.violations import Violation
from headwater.workspaces.model import Configuration
from headwater.workspaces.source_settings import DEFAULT, SourceSettingsOutputV1
from tests.pipeline.conftest import Through, lead, source, stored

ORDER = {
    "type": "object",
    "properties": {
        "properties": {
            "type": "object",
            "properties": {
                "total": {"type": "number", "minimum": 0},
                "currency": {"enum": ["EUR", "CNY"]},
                "products": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"id": {"type": "string"}, "price": {"type": "number"}},
                        "required": ["id"],
                    },
                },
            },
            "required": ["total"],
        }
    },
}
PERSON = {
    "type": "object",
    "properties": {
        "traits": {
            "type": "object",
            "properties": {
                "email": {"type": "string", "format": "email"},
                "age": {"type": "integer"},
            },
            "required": ["email"],
        }
    },
}
COMMON = {
    "type": "object",
    "properties": {
        "properties": {"type": "object", "properties": {"shop": {"type": "string"}}},
        "traits": {"type": "object", "properties": {"shop": {"type": "string"}}},
        "context": {
            "type": "object",
            "properties": {"app": {"type": "object"}},
            "required": ["app"],
        },
    },
}
RULES = (
    Rule(RuleType.TRACK, "Order Completed", 1, ORDER),
    Rule(RuleType.IDENTIFY, "", 1, PERSON),
    Rule(RuleType.GROUP, "", 1, PERSON),
)


def published(
    *rules: Rule, settings: Mapping[str, Any] | SourceSettingsOutputV1 = DEFAULT
) -> Published:
    """A plan of these rules, for the source."""
    if not isinstance(settings, SourceSettingsOutputV1):
        settings = msgspec.convert(settings, type=SourceSettingsOutputV1)
    plan = published_plan(Plan("tp_1", "Shop", "shop"), rules or RULES)
    return Published({"tp_1": plan}, {"s1": Governed("tp_1", settings)})


def programs(
    *rules: Rule, settings: Mapping[str, Any] | SourceSettingsOutputV1 = DEFAULT
) -> Programs:
    """The programs of a source with such a plan."""
    part = msgspec.Raw(msgspec.json.encode(published(*rules, settings=settings)))
    return compile_program(Configuration(1, (), (source(),), {PART: part}))


def led(call: dict[str, Any], *rules: Rule, **settings: Any) -> Through:
    """What becomes of a call under a plan and a source's schema settings."""
    return lead([stored([call])], programs=programs(*rules, settings=settings or DEFAULT))


def violations_of(through: Through) -> list[Violation]:
    """The violations that were written beside the events."""
    records = through.entry.records.get(Stream.VIOLATIONS, ())
    return [each for record in records for each in violations.decode(record.body)]


def track(properties: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    call = {"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m1"}
    return call | {"properties": {"total": 1} if properties is None else properties} | members


def identify(traits: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    call = {"type": "identify", "userId": "u1", "messageId": "m1"}
    return call | {"traits": {"email": "a@b.co"} if traits is None else traits} | members
