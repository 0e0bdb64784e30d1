"""A rule's schema as an entry of a file, and back. Pure.

An entry has the keywords of the schema of the event's properties (or traits) directly, beside the
description and labels of the event. What a schema says of the whole event beyond what is usual
stands in `envelope`. A schema that has no such form stands in `schema` as it is: nothing is lost.
"""

from collections.abc import Mapping
from typing import Any, Final

from headwater.plans.files.model import DRAFT, MEMBERS
from headwater.plans.model import RuleType

Schema = dict[str, Any] | None
_OWN: Final = ("description", "labels", "envelope", "schema", "version", "versions")


def entry(type_: RuleType, schema: Schema) -> dict[str, Any]:
    """What a file has for a rule."""
    made = _readable(type_, schema)
    return made if made is not None and schema_of(type_, made) == schema else {"schema": schema}


def schema_of(type_: RuleType, written: Mapping[str, Any]) -> Schema:
    """The schema of a rule that an entry stands for."""
    if "schema" in written:
        found: Schema = written["schema"]
        return found
    said = {word: written[word] for word in ("description", "labels") if word in written}
    rest = {word: value for word, value in written.items() if word not in _OWN}
    member = MEMBERS.get(type_)
    if member is None:
        return {"$schema": DRAFT, "type": "object", **said, **rest}
    inner: dict[str, Any] = {"type": "object"}
    inner |= {"properties" if word == member else word: value for word, value in rest.items()}
    envelope = dict(written.get("envelope", _usual(member, inner)))
    beside = envelope.pop("properties", {})
    return envelope | said | {"properties": beside | {member: inner}}


def _readable(type_: RuleType, schema: Schema) -> dict[str, Any] | None:
    """The entry with the schema's keywords; None where it could be misread."""
    if schema is None:
        return None
    said = {word: schema[word] for word in ("description", "labels") if word in schema}
    rest = {word: value for word, value in schema.items() if word not in said}
    member = MEMBERS.get(type_)
    if member is None:
        usual = {"$schema": DRAFT, "type": "object"}
        if any(rest.pop(word, None) != value for word, value in usual.items()):
            return None
        return None if set(rest) & set(_OWN) else said | rest
    beside = rest.get("properties")
    if not isinstance(beside, dict):
        return None
    inner = beside.get(member)
    if not isinstance(inner, dict) or inner.get("type") != "object":
        return None
    words = {word: value for word, value in inner.items() if word != "type"}
    if set(words) & {*_OWN, "traits"}:
        return None
    envelope = rest | {"properties": {k: v for k, v in beside.items() if k != member}}
    body = {member if word == "properties" else word: value for word, value in words.items()}
    if envelope != _usual(member, inner):
        body["envelope"] = envelope
    return said | body


def _usual(member: str, inner: Mapping[str, Any]) -> dict[str, Any]:
    """What schemas say of the whole event: required properties make their object required."""
    usual: dict[str, Any] = {"$schema": DRAFT, "type": "object", "properties": {}}
    if inner.get("required"):
        usual["required"] = [member]
    return usual
