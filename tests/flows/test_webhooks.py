"""Senders of webhooks at a running server: what they sign becomes events, once; nothing else."""

from typing import Any

import httpx
import pytest

from headwater.kit.clock import SystemClock
from headwater.testing.whole import Whole
from tests.flows.awkward import stored
from tests.flows.public_api import raw
from tests.webhooks.senders import EXPECTED, SAMPLES, SIGN, SIGNS_TIME, Sent, secret_of

pytestmark = pytest.mark.whole


def made(http: httpx.Client, name: str) -> str:
    answer = http.post("/sources", json={"name": name, "type": "webhook"})
    assert answer.is_success, answer.text
    return str(answer.json()["data"]["source"]["id"])


def post(url: str, sent: Sent) -> httpx.Response:
    query = f"?{sent.query}" if sent.query else ""
    return httpx.post(f"{url}{query}", content=sent.body, headers=sent.headers)


def told(events: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return sorted(
        (event["type"], event.get("event", ""), event.get("userId") or event["anonymousId"])
        for event in events
    )


@pytest.fixture(scope="module")
def urls(whole: Whole) -> dict[str, str]:
    """An address for each sender."""
    with raw(whole.url, whole.token) as client:
        found = {}
        for preset in SIGN:
            source_id = made(client, f"Webhook {preset}")
            body = {"preset": preset, "secret": secret_of(preset)}
            put = client.put(f"/sources/{source_id}/webhook", json=body)
            assert put.json()["data"]["webhook"]["preset"] == preset
            found[preset] = f"{whole.url}/webhooks/{source_id}"
    for url in found.values():
        whole.wait_until(lambda url=url: post(url, Sent(b"{}", {})).status_code == 401)
    return found


@pytest.mark.parametrize("preset", SIGN)
def test_what_a_sender_signs_becomes_events_once_and_nothing_else_does(
    whole: Whole, urls: dict[str, str], preset: str
) -> None:
    url, sample, now = urls[preset], SAMPLES[preset], SystemClock().now() / 1_000_000

    unsigned = post(url, Sent(SIGN[preset](sample, url, now).body, {}))
    assert unsigned.status_code == 401
    assert unsigned.json()["code"] == "webhook_refused"
    if preset in SIGNS_TIME:
        old = post(url, SIGN[preset](sample, url, now - 3600))
        assert (old.status_code, "replay" in old.json()["message"]) == (401, True)
    for _ in range(2):  # a sender that did not see the answer sends again
        answer = post(url, SIGN[preset](sample, url, now))
        assert answer.status_code == 200, answer.text

    events = stored(whole, f"Webhook {preset}", expected=len(EXPECTED[preset]))
    assert told(events) == sorted(EXPECTED[preset])


def test_a_signed_request_of_which_no_event_can_be_made_is_kept_aside(
    whole: Whole, http: httpx.Client
) -> None:
    source_id = made(http, "Webhook broken")
    url = f"{whole.url}/webhooks/{source_id}"
    http.put(
        f"/sources/{source_id}/webhook", json={"preset": "github", "secret": secret_of("github")}
    )
    whole.wait_until(lambda: post(url, Sent(b"{}", {})).status_code == 401)

    assert post(url, SIGN["github"](["no object"], url, 0)).status_code == 200

    def kept() -> list[dict[str, Any]]:
        rows = whole.ledger()["rows"]
        return [row for row in rows if row["source"] == "Webhook broken" and row["rejected"]]

    whole.wait_until(lambda: bool(kept()))
    assert sum(sum(row["rejected"].values()) for row in kept()) == 1


def test_requests_of_any_other_sender_become_events_by_a_mapping(
    whole: Whole, http: httpx.Client
) -> None:
    source_id = made(http, "Webhook mapped")
    url, path = f"{whole.url}/webhooks/{source_id}", f"/sources/{source_id}/webhook"
    custom = {"preset": "custom", "secret": "long enough"}
    assert http.put(path, json=custom).status_code == 422
    mapping = '[[events]]\nevent = "Sale {kind}"\nuserId = "{who}"'
    assert http.put(path, json=custom | {"mapping": mapping}).is_success
    whole.wait_until(lambda: post(url, Sent(b"{}", {})).status_code == 401)
    signed = {"X-Webhook-Secret": "long enough", "Content-Type": "application/xml"}
    for _ in range(2):
        sent = Sent(b"<sale><kind>Done</kind><who>u1</who></sale>", signed)
        assert post(url, sent).status_code == 200
    assert told(stored(whole, "Webhook mapped", expected=1)) == [("track", "Sale Done", "u1")]


def test_the_secret_is_never_shown_and_what_cannot_be_set_is_refused(
    whole: Whole, http: httpx.Client
) -> None:
    source_id = made(http, "Webhook secret")
    path = f"/sources/{source_id}/webhook"
    assert http.get(path).json()["data"]["webhook"]["preset"] is None
    wrong = http.put(path, json={"preset": "nobody", "secret": "s"})
    assert (wrong.status_code, "stripe" in wrong.text) == (422, True)
    assert http.put(path, json={"preset": "stripe", "secret": " "}).status_code == 422
    other = http.put(
        f"/sources/{whole.source_id}/webhook", json={"preset": "stripe", "secret": "s"}
    )
    assert other.status_code == 400
    answers = [
        http.put(path, json={"preset": "stripe", "secret": "whsec_never shown"}),
        http.get(path),
        http.get("/audit-events"),
        http.get(f"/sources/{source_id}"),
    ]
    assert not any("never shown" in answer.text for answer in answers)
    assert http.delete(path).is_success
    assert http.get(path).json()["data"]["webhook"]["preset"] is None


def test_the_command_line_says_who_sends(whole: Whole) -> None:
    whole.command("source", "create", "--name", "Webhook cli", "--type", "webhook")
    address = whole.command("webhook", "set", "Webhook cli", "stripe", "--secret", "s").decode()
    assert address.startswith(f"{whole.url}/webhooks/")
    assert b"stripe" in whole.command("webhook", "show", "Webhook cli")
    assert b"Shopify" in whole.command("webhook", "presets")
    whole.command("webhook", "remove", "Webhook cli")
    assert b"no sender is set" in whole.command("webhook", "show", "Webhook cli")
