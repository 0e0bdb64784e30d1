"""What is sent to another source: blocked events as they came, and violations as events.

Nothing is sent on twice: what came to a source in this way says so, and stays there.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from headwater.kit.clock import isoformat
from headwater.pipeline.event import Event, Receipt
from headwater.pipeline.repair import repaired
from headwater.ports import Record
from headwater.spec import collected
from headwater.spec.violations import Violation, ViolationType
from headwater.workspaces.model import Source

EVENT_NAME: Final = "Violation Generated"
USER_ID: Final = "schema-violations"

_NAMES: Final[Mapping[ViolationType, str]] = {
    ViolationType.UNPLANNED_EVENT: "Unplanned Event",
    ViolationType.UNPLANNED_PROPERTY: "Unplanned Property",
    ViolationType.UNPLANNED_TRAIT: "Unplanned Trait",
    ViolationType.MISSING_REQUIRED: "Required",
    ViolationType.WRONG_TYPE: "Invalid Type",
    ViolationType.FAILED_RULE: "Invalid Value",
}
"""What the kinds of violation are called in such events."""


def blocked(event: Event, target: str, found: list[Violation]) -> Record:
    """A blocked event for another source, as it was sent, and in its context where it was and what
    was wrong with it."""
    receipt = event.receipt
    body = _told(event, found)
    if not receipt.is_single:
        shared = [
            msgspec.json.encode(name) + b":" + msgspec.json.encode(value)
            for name, value in receipt.shared.items()
        ]
        body = b"{%s}" % b",".join([b'"batch":[%s]' % body, *shared])
    shape = collected.Shape.EVENT if receipt.is_single else collected.Shape.BATCH
    request = collected.Request(
        shape=shape,
        type=receipt.type,
        ip=receipt.ip,
        user_agent=receipt.user_agent,
        sent_at="" if receipt.sent_at is None else isoformat(receipt.sent_at),
        anonymous_id=receipt.anonymous_id,
        fixed=receipt.fixed,
        channel=receipt.channel,
        forwarded=receipt.source_id,
    )
    return _record(receipt, target, body, request)


def _told(event: Event, found: list[Violation]) -> bytes:
    raw = bytes(event.raw)
    try:
        sent = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        sent = msgspec.json.decode(repaired(raw))
    context = sent.get("context")
    held = context if isinstance(context, dict) else {}
    protocols = held.get("protocols")
    told = {
        **(protocols if isinstance(protocols, dict) else {}),
        "sourceId": event.receipt.source_id,
        "violations": [
            {"type": each.type.value, "field": each.field, "description": each.description}
            for each in found
        ],
    }
    if sent.get("messageId") in (None, ""):
        sent = {**sent, "messageId": event.message_id}
    return msgspec.json.encode({**sent, "context": {**held, "protocols": told}})


def generated(
    violation: Violation, event: Event, source: Source, plan_name: str, target: str
) -> Record:
    """A violation as an event of another source."""
    app = event.context.get("app")
    version = app.get("version") if isinstance(app, dict) else None
    sent_at = event.sent_at if event.sent_at is not None else event.timestamp
    properties: dict[str, Any] = {
        "appVersion": version if isinstance(version, str) else "",
        "eventMessageID": violation.message_id,
        "eventName": violation.event,
        "eventSentAt": isoformat(sent_at),
        "eventTimestamp": isoformat(event.timestamp),
        "eventType": violation.event_type,
        "sourceID": source.id,
        "sourceName": source.name,
        "sourceSlug": source.slug,
        "trackingPlanID": violation.plan_id,
        "trackingPlanName": plan_name,
        "violationDescription": violation.description,
        "violationField": violation.field,
        "violationType": _NAMES[violation.type],
    }
    body = msgspec.json.encode(
        {
            "type": "track",
            "event": EVENT_NAME,
            "userId": USER_ID,
            "messageId": f"sch-{violation.key}",
            "forwardedFromProject": source.id,
            "properties": properties,
        }
    )
    request = collected.Request(shape=collected.Shape.EVENT, forwarded=source.id)
    return _record(event.receipt, target, body, request)


def _record(receipt: Receipt, target: str, body: bytes, request: collected.Request) -> Record:
    meta = collected.ENCODER.encode(request)
    return Record(target, receipt.received_at, 1, body, meta)
