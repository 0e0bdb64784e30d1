"""What-if over the API: what may be proposed, by whom, on which events; nothing is kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from headwater.access import tokens
from headwater.access.model import Grant
from headwater.access.roles import Role
from headwater.api.application import application
from headwater.ports import Entry, Owner, Stream
from headwater.whatif.leading import Seen
from headwater.whatif.trial import pasted
from tests.whatif.instance import TOKEN, Instance, instance_folder

TRIM = {
    "kind": "cleaning-rule",
    "name": "Trim",
    "rule": "trim",
    "settings": {"paths": ["properties.*"]},
}
EVENT = {"type": "track", "event": "Sold", "userId": "u1", "properties": {"plan": " gold "}}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return instance_folder(tmp_path_factory.mktemp("template"))


class Api:
    """The API of an instance, as its owner and as others ask it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._app = application(instance.context)
        self.owner = self.client(TOKEN)

    def client(self, token: str) -> TestClient:
        return TestClient(self._app, headers={"Authorization": f"Bearer {token}"})

    def having(self, *roles: Role) -> TestClient:
        """Someone with these roles."""
        with self.instance.database.writing() as connection:
            tokens.insert_token(
                connection,
                self.instance.owner.workspace_id,
                name="Bob",
                grants=[Grant(role) for role in roles],
                created_by="system",
                now=1,
                secret=f"of-{roles}",
            )
        return self.client(f"of-{roles}")

    def ask(
        self, proposal: dict[str, Any], client: TestClient | None = None, **events: Any
    ) -> dict[str, Any]:
        """The run's result, or what was wrong."""
        events = events or {"given": [EVENT]}
        body = {"proposal": proposal, "events": events}
        answer = (client or self.owner).post("/api/what-if", json=body)
        found: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            return {"status": answer.status_code, **found}
        return found["data"]["whatIf"]

    def collect(self, *events: dict[str, Any], source: str = "shop", at: int) -> None:
        ids = {slug: key for key, slug in self.instance.slugs().items()}
        records = [each.record for each in pasted(events, ids[source], at)]
        writer = self.instance.log.writer(Owner.COLLECTOR)
        writer.append(Entry(records={Stream.COLLECTED: records}))
        writer.close()


@pytest.fixture
def api(template: Path, tmp_path: Path) -> Iterator[Api]:
    folder = tmp_path / "instance"
    shutil.copytree(template, folder)
    instance = Instance(folder)
    yield Api(instance)
    instance.close()


def test_what_would_be_is_told_and_nothing_is_kept(api: Api) -> None:
    run = api.ask({"documents": [TRIM]})
    assert run["state"] == "done"
    assert run["steps"] == [{"action": "create", "kind": "cleaning-rule", "key": "Trim"}]
    summary = run["result"]["summary"]
    assert summary["effects"] == {"changed": 1}
    assert (summary["read"], summary["people"]) == (1, 1)
    [touched] = summary["touched"]
    assert run["names"][touched["id"]] == "Trim"
    [field] = summary["fields"]
    assert (field["path"], field["changed"]) == ("properties.plan", 1)
    [sample] = run["result"]["samples"]
    assert sample["differences"][0]["after"] == "gold"
    assert api.owner.get("/api/cleaning-rules").json()["data"]["cleaningRules"] == []
    assert "Cleaning Rule Created" not in api.owner.get("/api/audit-events").text


def test_several_changes_are_tried_at_once_on_what_there_is(api: Api) -> None:
    body = {"name": "Trim", "kind": "trim", "settings": {"paths": ["properties.*"]}}
    rule = api.owner.post("/api/cleaning-rules", json=body).json()["data"]["cleaningRule"]
    off = {"method": "PATCH", "path": f"/cleaning-rules/{rule['id']}", "body": {"enabled": False}}
    renames = {
        "kind": "transformation",
        "name": "Tiers",
        "source": "shop",
        "propertyRenames": [{"oldName": "plan", "newName": "tier"}],
    }
    run = api.ask({"documents": [renames], "changes": [off]})
    [sample] = run["result"]["samples"]
    assert sample["before"]["properties"] == {"plan": "gold"}
    assert sample["after"]["properties"] == {"tier": " gold "}
    removed = api.ask({"removed": [{"kind": "cleaning-rule", "key": "Trim"}]})
    emptied = api.ask({"deletes": True, "documents": [{"kind": "source", "name": "shop",
                      "slug": "shop", "type": "server"}]})  # fmt: skip
    assert removed["result"]["summary"]["effects"] == {"changed": 1}
    assert {(each["action"], each["key"]) for each in emptied["steps"]} >= {
        ("delete", "Trim"),
        ("delete", "site"),
    }
    assert api.owner.get(f"/api/cleaning-rules/{rule['id']}").json()["data"]["cleaningRule"][
        "enabled"
    ]


@pytest.mark.parametrize(
    ("proposal", "status", "said"),
    [
        ({"documents": [TRIM | {"rule": "no such"}]}, 422, "cleaning-rule Trim: kind: 'no such'"),
        ({"documents": [{"kind": "planet"}]}, 422, "documents[0]: kind: 'planet'"),
        ({"documents": [TRIM | {"description": "${env:HOME}"}]}, 422, "reference to a secret"),
        ({"documents": [TRIM | {"description": "${file:/etc/passwd}"}]}, 422, "reference"),
        ({"removed": [{"kind": "cleaning-rule", "key": "None"}]}, 422, "removed: there is no"),
        ({"removed": [{"kind": "planet", "key": "Mars"}]}, 422, "removed: there is no"),
        ({"changes": [{"method": "DELETE", "path": "/api/users"}]}, 404, "changes[0]: DELETE"),
        ({"changes": [{"method": "POST", "path": "/what-if"}]}, 404, "is no call by which"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    api: Api, proposal: dict[str, Any], status: int, said: str
) -> None:
    refused = api.ask(proposal)
    assert refused["status"] == status
    assert said in refused["message"]


def test_what_does_not_govern_is_passed_over(api: Api) -> None:
    group = {"kind": "group", "name": "Team", "permissions": []}
    run = api.ask({"documents": [TRIM, group]})
    assert run["passedOver"] == ["group"]


def test_who_sees_plans_and_people_may_try_rules_and_nobody_more_than_he_may(api: Api) -> None:
    member = api.having(Role.WORKSPACE_MEMBER, Role.PII_ACCESS)
    assert api.ask({"documents": [TRIM]}, member)["state"] == "done"
    source = {"kind": "source", "name": "New", "slug": "new", "type": "server"}
    assert api.ask({"documents": [source]}, member)["status"] == 403
    assert api.ask({"documents": [TRIM]}, api.having(Role.WORKSPACE_MEMBER))["status"] == 403
    assert member.post("/api/cleaning-rules", json={"name": "T", "kind": "trim"}).status_code == 403


def test_events_are_given_or_the_last_or_those_of_a_time(api: Api) -> None:
    second = 1_000_000
    start = 1_700_000_000 * second
    for n in range(6):
        source = "site" if n == 5 else "shop"
        api.collect(EVENT | {"messageId": f"m{n}"}, source=source, at=start + n * second)

    def read(**events: Any) -> int:
        return api.ask({"documents": [TRIM]}, **events)["result"]["summary"]["read"]

    assert read(last=3) == 3
    assert read(last=100, source="shop") == 5
    since, until = "2023-11-14T22:13:21Z", "2023-11-14T22:13:24Z"
    assert read(since=since, until=until) == 3
    assert read(since=since, most=2) == 2
    assert api.ask({}, since=until, until=since)["status"] == 422
    assert api.ask({}, since="yesterday")["status"] == 422
    assert api.ask({}, source="nowhere")["status"] == 422
    api.instance.changes.close()
    assert "what-if: cleaning-rule Trim" in str(api.owner.get("/api/audit-events").json())


def test_a_part_of_the_people_is_read_whole(api: Api) -> None:
    people = [f"u{n}" for n in range(40)]
    fill = {
        "kind": "cleaning-rule",
        "name": "Plans",
        "rule": "fill_last_known",
        "settings": {"paths": ["properties.plan"]},
    }
    events = [EVENT | {"userId": each} for each in people]
    events += [{"type": "track", "event": "Seen", "userId": each} for each in people]
    run = api.ask({"documents": [fill]}, given=events, every=4)
    summary = run["result"]["summary"]
    assert 0 < summary["read"] < 80
    assert summary["read"] == 2 * summary["effects"]["changed"] == 2 * summary["people"]
    assert summary["before"]["accepted"] == summary["read"]


def test_many_ids_are_known_again() -> None:
    ids = [n.to_bytes(16, "big") for n in range(1_000, 1_030)]
    seen = Seen(spilled=4)
    assert seen.fresh([ids[0], ids[0]]) == [True, False]
    for start in range(0, 30, 3):
        seen.fresh(ids[start : start + 3])
    assert seen.fresh(ids) == [False] * 30
    assert seen.fresh([b"\1" * 16]) == [True]


NEVER = [
    TRIM | {"events": ["Never"]},
    {
        "kind": "cleaning-rule",
        "name": "None",
        "rule": "drop",
        "settings": {"where": "event = 'Never'"},
    },
    {
        "kind": "transformation",
        "name": "Never",
        "source": "shop",
        "if": "event = 'Never'",
        "drop": True,
    },
    {
        "kind": "tracking-plan",
        "name": "Never",
        "sources": ["shop"],
        "rules": [{"type": "TRACK", "key": "Never", "jsonSchema": {"type": "object"}}],
    },
    {
        "kind": "function",
        "name": "Never",
        "code": "async function onTrack(event) { return event; }",
        "connections": {"shop": {}},
    },
]


def test_what_matches_nothing_changes_no_byte(api: Api) -> None:
    """All features at once, over events that are none of theirs."""
    odd = [
        EVENT,
        EVENT | {"properties": {"n": 1.50, "big": 10**17, "deep": {"a": [1, {"é": None}]}}},
        {
            "type": "track",
            "event": "x",
            "anonymousId": "a",
            "timestamp": "2023-10-01T02:00:00+02:00",
        },
        {"type": "identify", "userId": "u", "traits": {"name": " Li Lei "}, "extra": {"x": 1e-7}},
        {"type": "page", "userId": "u", "name": "Home", "context": {"ip": "1.2.3.4"}},
        {"type": "alias", "userId": "u", "previousId": "a"},
        {"type": "group", "userId": "u", "groupId": "g", "traits": {}},
    ]
    run = api.ask({"documents": NEVER}, given=odd, source="shop")
    summary = run["result"]["summary"]
    assert len(run["steps"]) == len(NEVER)
    assert (summary["read"], summary["effects"], summary["touched"]) == (len(odd), {}, [])
    assert summary["before"] == summary["after"]
    effect = summary["warehouse"]
    assert not effect["columnsAdded"] + effect["unfilled"] + effect["misfits"]
