"""The audit trail: every change and every read of personal data; and whether it is whole."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import heads, trail
from headwater.access.audit import Entry
from headwater.access.permissions import Permission
from headwater.access.trail import Wanted
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer
from headwater.api.pages import PaginationInput, PaginationOutput, page_of
from headwater.kit.clock import isoformat
from headwater.queries.times import moment

Text = Annotated[str, Meta(max_length=200)]


class AuditQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which entries are listed, the newest first."""

    start_time: Annotated[str, Meta(description="At or after this time, ISO 8601.")] = ""
    end_time: Annotated[str, Meta(description="Before this time, ISO 8601.")] = ""
    resource_id: Text = ""
    resource_type: Annotated[str, Meta(max_length=200, description="Such as Source or User.")] = ""
    actor: Annotated[str, Meta(max_length=200, description="Such as user:ID or token:ID.")] = ""
    type: Annotated[str, Meta(max_length=200, description="Such as Source Created.")] = ""
    pagination: PaginationInput = PaginationInput()


class AuditEventV1(msgspec.Struct, frozen=True, rename="camel"):
    """An entry: who did what to which, and what was before and after."""

    id: str
    timestamp: str
    type: str
    actor: str
    resource_id: str
    resource_type: str
    resource_name: str
    actor_name: str
    hash: str
    actor_email: str | UnsetType = UNSET
    before: Any = None
    after: Any = None


class AuditPage(msgspec.Struct, frozen=True):
    """A page of entries."""

    events: list[AuditEventV1]
    pagination: PaginationOutput


class AuditVerdict(msgspec.Struct, frozen=True, rename="camel"):
    """Whether all entries, of all workspaces, are as they were written; else the first that is
    not. `hash` is the newest entry's: keep it elsewhere to compare."""

    fits: bool
    entries: int
    first_broken: int | None
    hash: str | None


async def index(call: Call) -> Response:
    asked = call.asked(AuditQuery)
    page = page_of(asked.pagination)
    wanted = Wanted(
        since=moment(asked.start_time, name="startTime") if asked.start_time else None,
        until=moment(asked.end_time, name="endTime") if asked.end_time else None,
        subject=asked.resource_type,
        subject_id=asked.resource_id,
        actor=asked.actor,
        action=asked.type,
    )
    found, total = await run_in_threadpool(
        trail.listed,
        call.context.changes,
        call.principal,
        wanted,
        first=page.first,
        count=page.count,
    )
    return answer(Data(AuditPage([_shown(each) for each in found], page.of(total))))


async def verify(call: Call) -> Response:
    """Goes through every entry, and compares the end with the one kept beside the database."""
    kept = heads.kept(call.context.settings.data_dir)
    verdict = await run_in_threadpool(trail.verified, call.context.changes, call.principal, kept)
    newest = verdict.head.hash if verdict.head is not None else None
    return answer(Data(AuditVerdict(verdict.fits, verdict.entries, verdict.first_broken, newest)))


def _shown(entry: Entry) -> AuditEventV1:
    is_person = entry.actor.startswith("user:")
    return AuditEventV1(
        id=str(entry.number),
        timestamp=isoformat(entry.at),
        type=entry.action,
        actor=entry.actor,
        resource_id=entry.subject_id,
        resource_type=entry.subject,
        resource_name=entry.subject_name or entry.subject_id,
        actor_name=entry.actor_name,
        hash=entry.hash,
        actor_email=entry.actor_name if is_person and entry.actor_name else UNSET,
        before=_value(entry.before),
        after=_value(entry.after),
    )


def _value(text: str | None) -> Any:
    return None if text is None else msgspec.Raw(text.encode())


_TAG = "Audit Trail"

ROUTES = (
    ApiRoute(
        "GET",
        "/api/audit-events",
        Permission.AUDIT_READ,
        index,
        Doc(
            "List the entries of the audit trail.",
            _TAG,
            operation="listAuditEvents",
            query=AuditQuery,
            answer=Data[AuditPage],
        ),
    ),
    ApiRoute(
        "GET",
        "/api/audit-events/verification",
        Permission.AUDIT_READ,
        verify,
        Doc("Say whether the audit trail is whole.", _TAG, answer=Data[AuditVerdict]),
    ),
)
