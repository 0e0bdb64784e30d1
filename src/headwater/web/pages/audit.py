"""/audit: every change and every read of personal data, by whom, and whether the trail fits."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from headwater.access import heads, tokens, trail, users
from headwater.access.audit import Entry
from headwater.access.permissions import Permission
from headwater.access.trail import Wanted
from headwater.kit.clock import isoformat, to_microseconds
from headwater.web import audit_words
from headwater.web.difference import Changed, difference
from headwater.web.frame import Page, Visit

_PAGE: Final = 50
_EXPORTED_AT_ONCE: Final = 1000
_DAY: Final = 86_400_000_000
_CHECKED_UNASKED: Final = 2000
"""Trails up to this length are gone through whenever the page is opened."""


class Shown(msgspec.Struct, frozen=True):
    """An entry as the page tells it."""

    entry: Entry
    action: str
    subject: str
    actor: str
    changes: list[Changed]


async def show(visit: Visit) -> Response:
    changes, by = visit.context.changes, visit.principal
    wanted = _wanted(visit)
    first = _first(visit.query("from_entry"))
    entries, total = await run_in_threadpool(
        trail.listed, changes, by, wanted, first=first, count=_PAGE
    )
    names = await run_in_threadpool(_actors, visit)
    verdict = None
    if visit.query("check") or total <= _CHECKED_UNASKED:
        kept = await run_in_threadpool(heads.kept, visit.context.settings.data_dir)
        verdict = await run_in_threadpool(trail.verified, changes, by, kept)
    return visit.render(
        "audit/page.html",
        shown=[_shown(visit, each, names) for each in entries],
        total=total,
        first=first,
        count=_PAGE,
        verdict=verdict,
        actors=list(names.items()),
        subjects=[
            (each, audit_words.subject(each, visit.translator)) for each in audit_words.SUBJECTS
        ],
        is_filtered=wanted != Wanted(),
    )


async def export(visit: Visit) -> Response:
    wanted = _wanted(visit)
    changes, by = visit.context.changes, visit.principal
    until = wanted.until or changes.clock.now() + 1
    wanted = msgspec.structs.replace(wanted, until=until)

    async def lines() -> AsyncIterator[bytes]:
        first = 0
        while True:
            entries, _ = await run_in_threadpool(
                trail.listed, changes, by, wanted, first=first, count=_EXPORTED_AT_ONCE
            )
            yield b"".join(_line(each) for each in entries)
            first += len(entries)
            if len(entries) < _EXPORTED_AT_ONCE:
                return

    return StreamingResponse(
        lines(),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="audit.jsonl"'},
    )


def _line(entry: Entry) -> bytes:
    values: dict[str, Any] = msgspec.structs.asdict(entry)
    for side in ("before", "after"):
        values[side] = msgspec.Raw(values[side].encode()) if values[side] else None
    values["at"] = isoformat(entry.at)
    return msgspec.json.encode(values) + b"\n"


def _wanted(visit: Visit) -> Wanted:
    return Wanted(
        since=_day(visit.query("since"), visit.zone),
        until=_day(visit.query("until"), visit.zone, days=1),
        subject=visit.query("subject"),
        subject_id=visit.query("subject_id"),
        actor=visit.query("actor"),
    )


def _actors(visit: Visit) -> dict[str, str]:
    """The names of those who may stand in the trail, as far as the visitor may know them."""
    changes, by = visit.context.changes, visit.principal
    names = {"system": visit._("The server")}
    if by.may(Permission.IAM_READ):
        people = users.listed(changes, by)
        names |= {f"user:{each.user.id}": each.user.name for each in people}
    if by.may(Permission.IAM_ADMIN):
        names |= {
            f"token:{each.id}": visit._("Token %(name)s", name=each.name)
            for each in tokens.listed(changes, by)
        }
    return names


def _shown(visit: Visit, entry: Entry, names: dict[str, str]) -> Shown:
    return Shown(
        entry,
        audit_words.action(entry.action, visit.translator),
        audit_words.subject(entry.subject, visit.translator),
        names.get(entry.actor) or entry.actor_name or entry.actor,
        difference(entry.before, entry.after),
    )


def _first(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _day(text: str, zone: ZoneInfo, *, days: int = 0) -> int | None:
    try:
        midnight = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return None
    return to_microseconds(midnight) + days * _DAY


PAGES = (
    Page("GET", "/audit", Permission.AUDIT_READ, show),
    Page("GET", "/audit/export", Permission.AUDIT_READ, export),
)
