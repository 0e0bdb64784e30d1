"""Events seen as they pass, found, followed, and mended where they were kept aside: on a server."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("debugging")
    with Whole(folder, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        yield whole


class Api:
    """The API of a server, as its owner calls it."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self.client = httpx.Client(
            base_url=whole.url, headers={"Authorization": f"Bearer {whole.token}"}, timeout=30
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def post(self, path: str, body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def send(self, *events: dict[str, Any], key: str = "") -> None:
        answer = self.client.post(
            "/v1/batch", json={"batch": events}, auth=(key or self.whole.write_key, "")
        )
        assert answer.status_code == 200, answer.text

    def stream(self, path: str, wanted: int, **query: Any) -> "Stream":
        return Stream(self, path, wanted, query)


class Stream:
    """Reads `seen` events of a stream, on a thread, until there are enough settled ones."""

    def __init__(self, api: Api, path: str, wanted: int, query: dict[str, Any]) -> None:
        self.seen: dict[str, dict[str, Any]] = {}
        self.opened = threading.Event()
        self._api, self._path, self._wanted, self._query = api, path, wanted, query
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self.opened.wait(20)

    def _read(self) -> None:
        with self._api.client.stream("GET", self._path, params=self._query) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                self.opened.set()
                if line.startswith("data: "):
                    event = json.loads(line[6:])
                    self.seen[event["id"]] = event
                settled = [e for e in self.seen.values() if e["outcome"] != "waiting"]
                if len(settled) >= self._wanted:
                    return

    def wait(self) -> list[dict[str, Any]]:
        self._thread.join(20)
        assert not self._thread.is_alive(), self.seen
        return list(self.seen.values())


@pytest.fixture
def api(whole: Whole) -> Api:
    return Api(whole)


def test_the_debugger_shows_each_event_with_what_became_of_it(whole: Whole, api: Api) -> None:
    stream = api.stream(f"/api/sources/{whole.source_id}/debugger", 3, history=0)
    good = {"type": "track", "event": "Watched", "userId": "w1", "messageId": "watched-1"}
    api.send(good, good, {"type": "track", "event": "Watched", "messageId": "watched-2"})

    seen = sorted(stream.wait(), key=lambda each: each["id"])

    assert [each["outcome"] for each in seen] == ["accepted", "duplicate", "quarantined"]
    assert seen[2]["reason"] == "no_user_anon_id"
    assert seen[0]["normalised"]["event"] == "Watched"
    assert json.loads(seen[0]["raw"]) == good


def test_the_debugger_filters_by_fql_and_text(whole: Whole, api: Api) -> None:
    fql = "properties.total > 10"
    stream = api.stream("/api/debugger", 1, history=0, fql=fql, text="NEEDLE")
    for total, note in ((5, "needle"), (50, "hay"), (50, "needle")):
        properties = {"total": total, "note": note}
        api.send({"type": "track", "event": "Filtered", "userId": "f", "properties": properties})
    [seen] = stream.wait()
    assert seen["normalised"]["properties"] == {"total": 50, "note": "needle"}
    refused = api.client.get("/api/debugger", params={"fql": "type = ("})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_fql")


def test_what_was_loaded_long_ago_is_shown_as_it_was(whole: Whole, api: Api) -> None:
    event = {"type": "track", "event": "Past", "userId": "p", "messageId": "past-1"}
    api.send(event)
    whole.wait_until_loaded()
    api.send(event)
    whole.wait_until_loaded()
    found = api.get("/api/debugger", once=1, text="past-1")["events"]
    assert [each["outcome"] for each in found] == ["duplicate", "accepted"]


def test_an_event_is_followed_to_its_row(whole: Whole, api: Api) -> None:
    context = {"library": {"name": "hand", "version": "1"}}
    api.send(
        {
            "type": "track",
            "event": "Followed",
            "userId": 7,
            "messageId": "followed-1",
            "context": context,
            "properties": {"total": 9},
        }
    )
    whole.wait_until_loaded()

    trace = api.get("/api/events/followed-1")["trace"]

    assert trace["outcome"] == "accepted"
    states = {stage["name"]: stage["state"] for stage in trace["stages"]}
    assert states == {
        "received": "done",
        "pipeline": "done",
        "accepted": "done",
        "loaded": "done",
        "deliveries": "none",
    }
    received, _, _, loaded, deliveries = trace["stages"]
    assert received["facts"]["library"] == "hand 1"
    assert [each["table"] for each in loaded["facts"]["tables"]] == ["test.tracks", "test.followed"]
    assert loaded["facts"]["tables"][1]["row"]["total"] == 9
    assert deliveries["facts"] == {"deliveries": []}
    changed = {each["path"]: each["change"] for each in trace["differences"]}
    assert changed["userId"] == "changed"
    assert changed["receivedAt"] == "added"
    assert api.client.get("/api/events/no-such-one").status_code == 404


def test_events_are_found_newest_first_and_page_by_page(whole: Whole, api: Api) -> None:
    api.send({"type": "identify", "userId": "finder", "traits": {"email": "Find@Me.example"}})
    for number in range(5):
        properties = {"number": number, "plan": "pro" if number % 2 else "free"}
        api.send({"type": "track", "event": "Found", "userId": "finder", "properties": properties})
    whole.wait_until_loaded()

    def numbers(**query: Any) -> list[Any]:
        found = api.get("/api/events", event="Found", **query)["events"]
        return [each["json"]["properties"]["number"] for each in found]

    assert numbers(person="find@me.example") == [4, 3, 2, 1, 0]
    assert numbers(property="properties.plan=pro") == [3, 1]
    assert numbers(property="properties.number=2") == [2]
    assert numbers(text='"PLAN":"fr') == [4, 2, 0]
    assert numbers(text="FREE") == [4, 2, 0]
    first = api.get("/api/events", event="Found", count=2)
    second = api.get("/api/events", event="Found", count=2, cursor=first["next"])
    paged = [e["json"]["properties"]["number"] for e in first["events"] + second["events"]]
    assert paged == [4, 3, 2, 1]
    assert api.client.get("/api/events", params={"cursor": "?"}).status_code == 400


def test_schemas_and_volumes_tell_what_came(whole: Whole, api: Api) -> None:
    for number in range(4):
        properties = {"size": number} if number else {"size": "big"}
        api.send({"type": "track", "event": "Measured", "userId": "m", "properties": properties})
    whole.wait_until_loaded()
    events = api.get(f"/api/sources/{whole.source_id}/schema")["events"]
    [measured] = [each for each in events if each["event"] == "Measured"]
    assert (measured["count"], measured["table"]) == (4, "test.measured")
    schema = api.get(f"/api/sources/{whole.source_id}/schema/track", event="Measured")["schema"]
    [size] = [each for each in schema["properties"] if each["path"] == "properties.size"]
    assert [each["type"] for each in size["types"]] == ["integer", "text"]
    assert size["presence"] == 1.0
    overview = api.get("/api/volumes/overview")["overview"]
    assert overview["balanced"]
    assert overview["totals"]["accepted"] == sum(each["count"] for each in overview["hourly"])
    [source] = api.get("/api/volumes/sources")["sources"]
    assert source["lastEventAt"]
    assert not source["isSilent"]


def test_quarantined_events_are_mended_and_sent_on_once(whole: Whole, api: Api) -> None:
    broken = {"type": "track", "event": "Mended", "properties": "none", "userId": "q"}
    api.send(*[{**broken, "messageId": f"mended-{number}"} for number in range(3)])
    whole.wait_until_loaded()
    whole.wait_until(lambda: _count(api, "properties_not_object") == 3)
    before = whole.ledger()["totals"]

    selection = {"reason": "properties_not_object", "event": "Mended"}
    fixes = [{"op": "cast", "path": "properties", "type": "object"}]
    preview = api.post("/api/quarantine/preview", {"selection": selection})["preview"]
    assert (preview["total"], preview["passes"], preview["fails"]) == (3, 0, 3)
    preview = api.post("/api/quarantine/preview", {"selection": selection, "fixes": fixes})
    assert preview["preview"]["passes"] == 3
    run = api.post("/api/quarantine/replay", {"selection": selection, "fixes": fixes})["run"]
    assert (run["events"], run["total"], run["state"]) == (3, 3, "done")
    whole.wait_until_loaded()

    after = whole.ledger()
    assert after["balanced"]
    assert after["totals"]["accepted"] == before["accepted"]
    assert after["totals"]["loaded"] == before["loaded"] + 3
    assert _count(api, "properties_not_object") == 0
    rows = whole.query(
        'SELECT t."messageId" AS id, t."receivedAt" = q.received_at AS same, q.state'
        ' FROM mended t JOIN quarantine q ON q.id = t."messageId" ORDER BY 1'
    )
    assert rows == [
        {"id": f"mended-{number}", "same": True, "state": "replayed"} for number in range(3)
    ]
    again = api.client.post("/api/quarantine/replay", json={"selection": selection})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_selected")


def test_one_event_is_edited_and_another_is_dismissed_and_restored(whole: Whole, api: Api) -> None:
    for number in (1, 2):
        api.send({"type": "track", "userId": "e", "messageId": f"edited-{number}"})
    whole.wait_until_loaded()
    whole.wait_until(lambda: _count(api, "event_not_defined") == 2)
    listed = api.get("/api/quarantine/events", reason="event_not_defined")["events"]
    assert [each["messageId"] for each in listed] == ["edited-2", "edited-1"]
    assert listed[0]["field"] == "event"
    keys = {each["messageId"]: each["key"] for each in listed}
    raw = json.dumps(json.loads(listed[1]["raw"]) | {"event": "Edited"})
    api.post("/api/quarantine/replay", {"selection": {"keys": [keys["edited-1"]]}, "raw": raw})
    whole.wait_until_loaded()
    assert whole.query("SELECT COUNT(*) AS n FROM edited") == [{"n": 1}]
    assert api.get(f"/api/quarantine/events/{keys['edited-1']}")["event"]["state"] == "replayed"

    run = api.post("/api/quarantine/dismiss", {"selection": {"keys": [keys["edited-2"]]}})["run"]
    assert _count(api, "event_not_defined") == 0
    api.post("/api/quarantine/restore", {"runId": run["id"]})
    assert _count(api, "event_not_defined") == 1
    kinds = [each["kind"] for each in api.get("/api/quarantine/runs")["runs"]]
    assert kinds[:3] == ["restore", "dismiss", "replay"]
    exported = api.client.get("/api/quarantine/export", params={"reason": "event_not_defined"})
    assert json.loads(exported.text)["messageId"] == "edited-2"
    entries = api.get("/api/audit-events")["events"]
    assert {"Quarantined Events Replayed", "Quarantined Events Restored"} <= {
        each["type"] for each in entries
    }


def test_a_kill_during_a_replay_neither_loses_nor_doubles(tmp_path: Path) -> None:
    with Whole(tmp_path, disk_reserve_bytes=0, load_interval_seconds=0.1) as whole:
        api = Api(whole)
        broken = {"type": "track", "event": "Killed", "properties": 1, "userId": "k"}
        for first in range(0, 3000, 500):
            api.send(*[{**broken, "messageId": f"k{first + n}"} for n in range(500)])
        whole.wait_until_loaded()
        whole.wait_until(lambda: _count(api, "properties_not_object") == 3000)
        fixes = [{"op": "remove", "path": "properties"}]
        selection = {"reason": "properties_not_object"}
        run = api.post("/api/quarantine/replay", {"selection": selection, "fixes": fixes})["run"]
        assert run["state"] == "running"
        whole.kill()
        whole.start()
        api = Api(whole)
        whole.wait_until(lambda: api.client.get("/api/quarantine/runs").is_success)
        whole.wait_until(lambda: api.get("/api/quarantine/runs")["runs"][0]["state"] == "done")
        whole.wait_until_loaded()
        [row] = whole.query('SELECT COUNT(*) AS n, COUNT(DISTINCT "messageId") AS ids FROM killed')
        assert row == {"n": 3000, "ids": 3000}
        ledger = whole.ledger()
        assert ledger["balanced"]
        assert ledger["totals"]["accepted"] == ledger["totals"]["loaded"] == 3000
        assert whole.stop() == 0


def _count(api: Api, reason: str) -> int:
    reasons = api.get("/api/quarantine")["reasons"]
    return sum(each["count"] for each in reasons if each["reason"] == reason)


def test_the_commands_list_mend_dismiss_and_trace(whole: Whole, api: Api) -> None:
    for number in (1, 2, 3):
        event = {"type": "page", "userId": "c", "name": 5, "messageId": f"command-{number}"}
        api.send(event)
    whole.wait_until_loaded()
    whole.wait_until(lambda: _count(api, "name_not_string") == 3)
    assert b"name_not_string" in whole.command("quarantine", "list")
    listed = json.loads(
        whole.command("quarantine", "list", "--reason", "name_not_string", "--json")
    )
    keys = [each["key"] for each in listed]
    assert json.loads(whole.command("quarantine", "show", keys[0]))["field"] == "name"
    cast = ("--cast", "name=text")
    tried = json.loads(whole.command("quarantine", "replay", keys[0], *cast, "--preview"))
    assert json.loads(tried["examples"][0]["after"])["name"] == "5"
    run = json.loads(whole.command("quarantine", "dismiss", keys[0]))
    whole.command("quarantine", "restore", run["id"])
    chosen = ("--reason", "name_not_string", "--source", whole.source_id)
    assert json.loads(whole.command("quarantine", "replay", *chosen, *cast))["events"] == 3
    whole.wait_until_loaded()
    said = whole.command("trace", "command-1").decode()
    assert "accepted" in said
    assert "test.pages" in said
    assert 'changed  name: 5 -> "5"' not in said  # the replay is what was received last
    assert b"Say which events" in _refused(whole, "quarantine", "replay")


def _refused(whole: Whole, *arguments: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *arguments],
        env=whole.environment() | {"HEADWATER_URL": whole.url, "HEADWATER_TOKEN": whole.token},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def test_an_import_is_told_of(whole: Whole, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    lines = [json.dumps({"type": "identify", "userId": f"i{n}"}) for n in range(50)]
    path.write_text("\n".join([*lines, "{broken"]))
    whole.command("import", str(path), "--source", "Imported and told")
    [told] = api.get("/api/imports", source="Imported and told")["imports"]
    counts = (told["state"], told["accepted"], told["rejected"], told["shareRead"])
    assert counts == ("finished", 50, 1, 1.0)
    assert told["rejects"][0]["line"] == 51
    assert api.get(f"/api/imports/{told['id']}")["import"] == told
