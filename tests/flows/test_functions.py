"""Functions on a running server: written, connected, seen, and harmful to nothing but their own."""

import json
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

INSERT = """
async function onTrack(event, settings) {
  console.log('saw', event.event)
  if (event.event === 'Drop') throw new DropEvent('not wanted')
  if (event.event === 'Bad') throw new ValidationError('bad')
  event.properties.word = settings.word
  return event
}
"""
REQUEST = """
async function onRequest(request, settings) {
  const body = request.json()
  if (!body.orders) throw new ValidationError('no orders')
  for (const each of body.orders) Segment.track({event: 'Ordered', userId: each.user})
}
"""
LOOP = "async function onTrack(event) { for (;;) {} }"


def make(http: httpx.Client, kind: str, code: str, source_id: str, **settings: Any) -> str:
    """A function that is deployed and connected. Returns its id."""
    declared = [{"name": name, "sensitive": True} for name in settings]
    body = {"code": code, "displayName": f"{kind} of {source_id}", "resourceType": kind}
    made = http.post("/functions", json=body | {"settings": declared})
    assert made.status_code == 200, made.text
    function_id = str(made.json()["data"]["function"]["id"])
    assert http.post(f"/functions/{function_id}/deploy").status_code == 200
    connection = {
        "functionId": function_id,
        "integrationId": source_id,
        "enabled": True,
        "settings": settings,
    }
    connected = http.post("/insert-function-instances", json=connection)
    assert connected.status_code == 200, connected.text
    return function_id


def track(whole: Whole, key: str, *names: str) -> None:
    batch = [{"type": "track", "event": name, "userId": "u", "properties": {}} for name in names]
    answer = httpx.post(f"{whole.url}/v1/batch", json={"batch": batch}, auth=(key, ""))
    assert answer.status_code == 200


def rows(whole: Whole, schema: str, table: str) -> list[dict[str, Any]]:
    known = whole.query(
        f"SELECT 1 FROM information_schema.tables WHERE table_schema = '{schema}'"
        f" AND table_name = '{table}'"
    )
    return whole.query(f"SELECT * FROM {schema}.{table}") if known else []


def test_an_insert_function_changes_drops_and_keeps_aside(whole: Whole, http: httpx.Client) -> None:
    source_id, key = whole.create_source("Inserted")
    function_id = make(http, "INSERT_SOURCE", INSERT, source_id, word="secret-word-1")
    assert b"secret-word-1" not in (whole.data_dir / "configuration.json").read_bytes()
    track(whole, key, "Sold", "Drop", "Bad")
    whole.wait_until(lambda: len(rows(whole, "inserted", "sold")) == 1)
    assert rows(whole, "inserted", "sold")[0]["word"] == "secret-word-1"
    whole.wait_until_loaded()
    ledger = whole.ledger()
    assert ledger["totals"]["difference"] == 0
    [instance] = http.get(f"/insert-function-instances?functionId={function_id}").json()["data"][
        "instances"
    ]
    assert ledger["totals"]["filtered"][f"function:{instance['id']}"] == 1
    assert ledger["totals"]["rejected"]["function_error"] >= 1

    data = http.get(f"/functions/{function_id}/runs").json()["data"]
    lines = [line["text"] for run in data["runs"] for line in run["lines"]]
    assert sorted(lines) == ["saw Bad", "saw Drop", "saw Sold"]
    [error] = [error for run in data["runs"] for error in run["errors"]]
    assert (error["name"], error["line"]) == ("ValidationError", 5)
    assert sum(span["events"] for span in data["spans"]) == 3

    tried = http.post(
        f"/functions/{function_id}/test",
        json={"sourceId": source_id, "count": 3, "instanceId": instance["id"]},
    ).json()["data"]["trial"]["results"]
    assert {each["outcome"] for each in tried} == {"changed", "dropped", "failed"}


def test_what_a_webhook_source_is_sent_becomes_events_once(
    whole: Whole, http: httpx.Client
) -> None:
    source_id, _ = whole.create_source("Hooked", "webhook")
    hook = f"{whole.url}/webhooks/{source_id}"
    whole.wait_until(lambda: httpx.post(hook, json={}).status_code == 400)  # once it is known
    refused = httpx.post(hook, json={})
    assert (refused.status_code, refused.json()["code"]) == (400, "no_handler")
    assert httpx.post(f"{whole.url}/webhooks/nowhere", json={}).status_code == 404
    function_id = make(http, "SOURCE", REQUEST, source_id)
    orders = {"orders": [{"user": "u1"}, {"user": "u2"}]}

    def taken() -> bool:
        return httpx.post(hook, json=orders).status_code == 200

    whole.wait_until(taken)
    whole.wait_until(lambda: len(rows(whole, "hooked", "ordered")) == 2)
    assert httpx.put(f"{hook}/more?x=1", content=b"{}").status_code == 200
    wanted = {"selection": {"reason": "function_error", "sourceIds": [source_id]}}

    def kept() -> bool:
        preview = http.post("/quarantine/preview", json=wanted)
        return bool(preview.json()["data"]["preview"]["total"] == 1)

    whole.wait_until(kept)
    assert whole.ledger()["totals"]["difference"] == 0

    mended = REQUEST.replace(
        "throw new ValidationError('no orders')", f"body.orders = {json.dumps(orders['orders'])}"
    )
    assert http.patch(f"/functions/{function_id}", json={"code": mended}).status_code == 200
    assert http.post(f"/functions/{function_id}/deploy").status_code == 200
    replayed = http.post("/quarantine/replay", json=wanted)
    assert replayed.status_code in (200, 202), replayed.text
    whole.wait_until(lambda: len(rows(whole, "hooked", "ordered")) == 4)
    whole.wait_until_loaded()
    assert whole.ledger()["totals"]["difference"] == 0


def test_an_endless_loop_on_one_source_keeps_no_other_waiting(
    whole: Whole, http: httpx.Client
) -> None:
    looping, its_key = whole.create_source("Looping")
    _, other_key = whole.create_source("Unharmed")
    make(http, "INSERT_SOURCE", LOOP, looping)
    for _ in range(5):
        track(whole, its_key, *["Stuck"] * 20)
        track(whole, other_key, *["Fine"] * 20)
    whole.wait_until(lambda: len(rows(whole, "unharmed", "fine")) == 100)
    whole.wait_until_loaded()
    reasons = http.post(
        "/quarantine/preview",
        json={"selection": {"reason": "function_error", "sourceIds": [looping]}},
    )
    assert reasons.json()["data"]["preview"]["total"] == 100
    assert rows(whole, "looping", "stuck") == []
    assert whole.ledger()["totals"]["difference"] == 0
