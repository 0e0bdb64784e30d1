"""The routes over log and warehouse: who may, what is masked, how imports are told of."""

from dataclasses import replace
from typing import Any, cast

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access import sources, tokens
from headwater.access.admission import by_token
from headwater.access.model import EVERYTHING, Grant, Reach
from headwater.access.permissions import Kind
from headwater.access.roles import Role
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.backends import backends
from headwater.ports import Entry, LogWriter, Owner, Record, Stream
from headwater.search.model import EventRows, EventsSeen, StoredRow
from headwater.spec import collected
from headwater.workspaces import snapshot
from headwater.workspaces.model import Source, SourceType

ROUTES = (
    "/api/events",
    "/api/events/m1",
    "/api/debugger?once=1",
    "/api/sources/{id}/debugger?once=1",
    "/api/sources/{id}/schema",
    "/api/quarantine",
    "/api/quarantine/events",
    "/api/quarantine/runs",
    "/api/volumes/overview",
    "/api/volumes/sources",
    "/api/imports",
)


class Warehouse:
    """Holds one event of every source that is asked about, and nothing else."""

    async def look(self, name: str, workspace_id: str, wanted: bytes) -> bytes:
        asked = msgspec.json.decode(wanted)
        if name == "events":
            return msgspec.json.encode(EventsSeen([_stored(slug) for slug in asked["slugs"]]))
        if name == "event":
            return msgspec.json.encode([EventRows(_stored(slug), []) for slug in asked["slugs"]])
        if name == "whereabouts":
            return b'{"loaded": [], "kept_aside": []}'
        return b"[]"


def _stored(slug: str) -> StoredRow:
    return StoredRow(
        slug=slug,
        message_id="m1",
        type="track",
        event="Paid",
        name=None,
        user_id="ada",
        anonymous_id=None,
        received_at=1,
        timestamp=1,
        json={"type": "track", "userId": "ada", "properties": {"card": "4242"}},
    )


@pytest.fixture
def context(context: Context) -> Context:
    """With a warehouse that answers."""
    made = backends(
        context.settings,
        context.changes,
        context.log,
        context.published,
        cast("Any", Warehouse()),
    )
    return replace(context, backends=made)


@pytest.fixture
def source(context: Context) -> Source:
    return sources.create(context.changes, _owner(context), name="Shop", type=SourceType.SERVER)


@pytest.fixture
def collector(context: Context) -> LogWriter:
    return context.log.writer(Owner.COLLECTOR)


def _owner(context: Context) -> Any:
    return by_token(context.changes, "token-of-alice")


def client(context: Context, role: Role, only: Source | None = None) -> TestClient:
    scope = EVERYTHING if only is None else (Reach(Kind.SOURCE, only.id),)
    _, secret = tokens.create(
        context.changes, _owner(context), name="Eve", grants=[Grant(role, scope)]
    )
    return TestClient(application(context), headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("path", ROUTES)
def test_strangers_and_minimal_users_see_nothing(
    context: Context, anyone: TestClient, source: Source, path: str
) -> None:
    where = path.format(id=source.id)
    assert anyone.get(where).status_code == 401
    assert client(context, Role.MINIMAL_USER).get(where).status_code == 403


def test_who_may_not_see_people_finds_events_masked_and_not_by_whose_they_are(
    context: Context, alice: TestClient, source: Source
) -> None:
    eve = client(context, Role.WORKSPACE_MEMBER)
    [seen] = eve.get("/api/events").json()["data"]["events"]
    assert (seen["userId"], seen["json"]["properties"]) == ("•••", {"card": "•••"})
    for query in ("person=ada", "text=4242", "property=properties.card=4242"):
        assert eve.get(f"/api/events?{query}").status_code == 403
    trace = eve.get("/api/events/m1")
    assert trace.status_code == 200
    assert "ada" not in trace.text
    assert "4242" not in trace.text
    [seen] = alice.get("/api/events?person=ada").json()["data"]["events"]
    assert seen["userId"] == "ada"


def test_reads_of_personal_data_are_in_the_audit_trail(
    context: Context, alice: TestClient, source: Source
) -> None:
    alice.get("/api/events?person=ada")
    context.changes.close()
    entries = alice.get("/api/audit-events").json()["data"]["events"]
    assert "Personal Data Read" in {each["type"] for each in entries}


def test_a_source_that_one_may_not_see_is_not_found(
    context: Context, alice: TestClient, source: Source
) -> None:
    other = sources.create(context.changes, _owner(context), name="Other", type=SourceType.SERVER)
    eve = client(context, Role.SOURCE_ADMIN, source)
    assert eve.get(f"/api/sources/{source.id}/schema").status_code == 200
    for path in ("debugger?once=1", "schema", "schema/track"):
        assert eve.get(f"/api/sources/{other.id}/{path}").status_code == 404
    assert eve.get(f"/api/events?source={other.id}").status_code == 404
    assert [each["source"] for each in eve.get("/api/events").json()["data"]["events"]] == ["shop"]
    refused = eve.post("/api/quarantine/dismiss", json={"selection": {"sourceIds": [other.id]}})
    assert refused.status_code == 404


def test_the_last_events_come_masked_where_they_must(
    context: Context, alice: TestClient, source: Source, collector: LogWriter
) -> None:
    event = {"type": "track", "event": "Paid", "userId": "ada", "messageId": "m9"}
    meta = collected.ENCODER.encode(collected.Request(collected.Shape.EVENT, ip="203.0.113.7"))
    record = Record(source.id, 1, 1, msgspec.json.encode(event), meta)
    collector.append(Entry({Stream.COLLECTED: [record]}))
    snapshot.publish(context.settings.data_dir, context.changes.publish())
    eve = client(context, Role.WORKSPACE_MEMBER)
    [seen] = eve.get("/api/debugger?once=1").json()["data"]["events"]
    assert (seen["outcome"], seen["event"], seen["userId"]) == ("waiting", "Paid", "•••")
    assert "ada" not in str(seen)
    [seen] = alice.get("/api/debugger?once=1").json()["data"]["events"]
    assert (seen["userId"], seen["ip"]) == ("ada", "203.0.113.7")


def test_an_import_is_begun_told_of_and_listed(
    context: Context, alice: TestClient, source: Source
) -> None:
    new = {"importId": "i1", "sourceId": source.id, "file": "people.csv", "format": "csv"}
    begun = alice.post("/api/imports", json=new)
    assert begun.status_code == 201
    run = begun.json()["data"]["import"]
    assert run["state"] == "running"
    path = f"/api/imports/{run['id']}"
    reject = {"line": 2, "reason": "no user", "row": "ada@example.com"}
    told = {"rows": 9, "accepted": 8, "rejected": 1, "shareRead": 0.5, "rejects": [reject]}
    assert alice.patch(path, json=told).json()["data"]["import"]["accepted"] == 8
    context.clock.advance(seconds=61)  # type: ignore[attr-defined]
    assert alice.get(path).json()["data"]["import"]["state"] == "stopped"
    again = alice.post("/api/imports", json=new).json()["data"]["import"]
    assert (again["id"], again["state"], again["accepted"]) == (run["id"], "running", 8)
    done = alice.patch(path, json={"state": "finished", "shareRead": 1}).json()["data"]["import"]
    assert done["finishedAt"] is not None
    eve = client(context, Role.WORKSPACE_MEMBER)
    [listed] = eve.get(f"/api/imports?source={source.slug}").json()["data"]["imports"]
    assert listed["rejects"] == [{"line": 2, "reason": "•••", "row": "•••"}]
    assert eve.post("/api/imports", json=new).status_code == 403
    assert alice.patch(path, json={"shareRead": 2}).status_code == 422
    assert alice.get("/api/imports/other").status_code == 404
