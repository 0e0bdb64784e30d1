"""What a warehouse holds, for the pages of events and of the quarantine: the real backends ask it.

`Holding(folder)` has the sources Shop and Lab, each with an event stored and one kept aside. Ada
owns the workspace; `stranger()` has not signed in, `foreigner()` owns another workspace.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import msgspec
from starlette.testclient import TestClient

from headwater.access import tokens
from headwater.access.model import OWNER
from headwater.backends import backends
from headwater.debugger.model import Whereabouts
from headwater.errors import UnavailableError
from headwater.quarantine.model import KeptCount, KeptLook, KeptRow
from headwater.search.model import EventLook, EventRows, EventsLook, EventsSeen, Row, StoredRow
from headwater.web.application import application
from headwater.workspaces import store
from headwater.workspaces.model import Source
from tests.web.stage import ADA, Stage

AT = 1_700_000_000_000_000


def stored(source: Source, number: int) -> StoredRow:
    """A payment of Ann's, with the number of her card."""
    event = {
        "type": "track",
        "event": "Order Paid",
        "userId": "ann-7",
        "messageId": f"{source.slug}-{number}",
        "properties": {"card": f"4242-{source.slug}"},
        "context": {"ip": "203.0.113.7"},
    }
    return StoredRow(
        slug=source.slug,
        message_id=f"{source.slug}-{number}",
        type="track",
        event="Order Paid",
        name=None,
        user_id="ann-7",
        anonymous_id=None,
        received_at=AT + number,
        timestamp=AT + number,
        json=event,
    )


def aside(source: Source, number: int) -> KeptRow:
    """An event without a person, whose detail says a value of it."""
    return KeptRow(
        key=f"key-{source.slug}-{number}",
        source_id=source.id,
        received_at=AT + number,
        message_id=f"aside-{source.slug}-{number}",
        type="track",
        event="Order Lost",
        reason="no_user_anon_id",
        detail=f"It has the card 4242-{source.slug}.",
        raw=f'{{"type": "track", "properties": {{"card": "4242-{source.slug}"}}}}',
        envelope=None,
        state=None,
    )


@dataclass
class Warehouse:
    """Answers the looks of one workspace; while `is_away`, none."""

    workspace_id: str
    stored: list[StoredRow] = field(default_factory=list)
    kept: list[KeptRow] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        self.asked.append(name)
        if self.is_away:
            raise UnavailableError("The warehouse does not answer.")
        if workspace_id != self.workspace_id:
            empty = {"events": EventsSeen([]), "whereabouts": Whereabouts([], [])}
            return msgspec.json.encode(empty.get(name, []))
        answers: dict[str, Any] = {
            "events": self._events,
            "event": self._event,
            "whereabouts": lambda _: Whereabouts([], []),
            "quarantined": self._kept,
            "quarantined_counts": self._counts,
        }
        return msgspec.json.encode(answers[name](wanted))

    def _events(self, wanted: bytes) -> EventsSeen:
        slugs = msgspec.json.decode(wanted, type=EventsLook).slugs
        return EventsSeen([each for each in self.stored if each.slug in slugs])

    def _event(self, wanted: bytes) -> list[EventRows]:
        asked = msgspec.json.decode(wanted, type=EventLook)
        return [
            EventRows(each, [Row(f"{each.slug}.order_paid", {"card": f"4242-{each.slug}"})])
            for each in self.stored
            if each.slug in asked.slugs
            and each.message_id == asked.message_id
            and asked.received_at in (None, each.received_at)
        ]

    def _kept(self, wanted: bytes) -> list[KeptRow]:
        asked = msgspec.json.decode(wanted, type=KeptLook)
        chosen = asked.selection
        found = [
            each
            for each in self.kept
            if (not chosen.source_ids or each.source_id in chosen.source_ids)
            and (not chosen.keys or each.key in chosen.keys)
            and (asked.after is None or (each.received_at, each.key) < _place(asked))
        ]
        return sorted(found, key=lambda each: (-each.received_at, each.key))[: asked.count]

    def _counts(self, wanted: bytes) -> list[KeptCount]:
        ids = msgspec.json.decode(wanted)["selection"]["sourceIds"]
        return [
            KeptCount(each.reason, each.source_id, 0, 1, each.received_at)
            for each in self.kept
            if not ids or each.source_id in ids
        ]


def _place(asked: KeptLook) -> tuple[int, str]:
    return (asked.after.received_at, asked.after.key) if asked.after else (0, "")


class Holding(Stage):
    """A console over that warehouse."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.shop, self.lab = self.source("Shop"), self.source("Lab")
        both = (self.shop, self.lab)
        self.warehouse = Warehouse(
            self.owner.workspace_id,
            [stored(each, 1) for each in both],
            [aside(each, 1) for each in both],
        )
        given = self.context
        real = backends(
            given.settings,
            given.changes,
            given.log,
            given.published,
            cast("Any", self.warehouse),
        )
        self.context = replace(given, backends=real)
        self.ada = self.client(ADA)

    def stranger(self) -> TestClient:
        return TestClient(
            application(self.context), base_url="http://headwater.test", follow_redirects=False
        )

    def foreigner(self) -> TestClient:
        """The owner of another workspace."""
        with self.changes.change(self.owner) as step:
            other = store.create_workspace(step.connection, name="Elsewhere", now=step.now)
            _, secret = tokens.insert_token(
                step.connection,
                other.id,
                name="Eve",
                grants=OWNER,
                created_by="system",
                now=step.now,
            )
        return self.client(secret)
