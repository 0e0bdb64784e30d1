"""Each sender's sample in, the right events out; what is not signed, or long ago, is refused."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.webhooks.presets import PRESETS
from headwater.webhooks.presets.preset import Incoming, RefusedError, UnreadableError
from tests.webhooks.senders import (
    EXPECTED,
    SAMPLES,
    SIGN,
    SIGNS_TIME,
    Sent,
    secret_of,
)

KNOWN = [name for name in PRESETS if name != "custom"]
"""Those that need no mapping; of the other there is test_mapped.py."""
URL = "https://events.example.com/webhooks/s1"
AT = 1_760_000_100.0
NOW = int(AT * 1_000_000)


def incoming(sent: Sent) -> Incoming:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return Incoming(sent.method, URL, sent.query, headers, sent.body)


def told(events: list[dict]) -> list[tuple[str, str, str]]:
    return [
        (event["type"], event.get("event", ""), event.get("userId") or event["anonymousId"])
        for event in events
    ]


def events(preset: str, body: object, **more: str) -> list[dict]:
    """The events of a body that is signed, and found genuine."""
    request = incoming(SIGN[preset](body, URL, AT, **more))
    PRESETS[preset].verify(request, secret_of(preset), NOW)
    return PRESETS[preset].events(request, secret_of(preset))


def test_every_preset_is_tried_here() -> None:
    assert set(SIGN) == set(SAMPLES) == set(EXPECTED) == set(KNOWN)


@pytest.mark.parametrize("preset", KNOWN)
def test_a_sample_becomes_the_right_events(preset: str) -> None:
    found = events(preset, SAMPLES[preset])
    assert told(found) == EXPECTED[preset]
    assert all(event["messageId"] for event in found)
    assert len({event["messageId"] for event in found}) == len(found)


@pytest.mark.parametrize("preset", KNOWN)
def test_a_repeated_request_makes_the_same_message_ids(preset: str) -> None:
    first, again = events(preset, SAMPLES[preset]), events(preset, SAMPLES[preset])
    assert first == again


@pytest.mark.parametrize("preset", KNOWN)
def test_a_request_that_is_not_signed_with_the_secret_is_refused(preset: str) -> None:
    sent = SIGN[preset](SAMPLES[preset], URL, AT)
    genuine = incoming(sent)
    verify = PRESETS[preset].verify
    verify(genuine, secret_of(preset), NOW)
    for request in (
        incoming(Sent(sent.body, {}, "")),
        incoming(Sent(sent.body, dict.fromkeys(sent.headers, "x"), "secret=x")),
    ):
        with pytest.raises(RefusedError):
            verify(request, secret_of(preset), NOW)
    if preset != "mailchimp":  # it signs nothing: its secret stands in the address
        with pytest.raises((RefusedError, UnreadableError)):
            verify(
                incoming(Sent(sent.body + b" ", sent.headers, sent.query)), secret_of(preset), NOW
            )
    if preset != "sendgrid":
        with pytest.raises(RefusedError):
            verify(genuine, "another secret", NOW)


@pytest.mark.parametrize("preset", sorted(SIGNS_TIME))
def test_an_old_request_is_a_replay(preset: str) -> None:
    request = incoming(SIGN[preset](SAMPLES[preset], URL, AT))
    PRESETS[preset].verify(request, secret_of(preset), NOW + 299_000_000)
    with pytest.raises(RefusedError, match="replay"):
        PRESETS[preset].verify(request, secret_of(preset), NOW + 302_000_000)


def test_feishu_is_answered_its_challenge_and_mailchimp_its_trial() -> None:
    body = {"type": "url_verification", "challenge": "ajls384kdjx98XX", "token": "t"}
    request = incoming(SIGN["feishu"](body, URL, AT))
    answer = PRESETS["feishu"].answer(request, secret_of("feishu"))
    assert json.loads(answer or b"") == {"challenge": "ajls384kdjx98XX"}
    assert PRESETS["feishu"].answer(request, "another secret") is None
    trial = Incoming("GET", URL, "", {}, b"")
    assert PRESETS["mailchimp"].answer(trial, "s") == b"{}"
    assert (
        PRESETS["woocommerce"].answer(Incoming("POST", URL, "", {}, b"webhook_id=5"), "s") == b"{}"
    )


@pytest.mark.parametrize("preset", KNOWN)
@given(body=st.binary(max_size=80), value=st.text("0123456789abcdefv1,=t", max_size=30))
def test_no_request_brings_a_preset_down(preset: str, body: bytes, value: str) -> None:
    names = SIGN[preset](SAMPLES[preset], URL, AT).headers
    request = incoming(Sent(body, dict.fromkeys(names, value), f"secret={value}"))
    for step in (
        lambda: PRESETS[preset].verify(request, secret_of(preset), NOW),
        lambda: PRESETS[preset].events(request, secret_of(preset)),
        lambda: PRESETS[preset].answer(request, secret_of(preset)),
    ):
        try:
            step()
        except (RefusedError, UnreadableError):
            pass


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_MEMBERS = ("type", "id", "data", "topic", "event", "header", "detail", "customer", "object")


@pytest.mark.parametrize("preset", sorted(set(KNOWN) - {"twilio", "mailchimp"}))
@given(body=json_values | st.dictionaries(st.sampled_from(_MEMBERS), json_values, max_size=4))
def test_any_json_makes_events_with_ids_or_says_why_not(preset: str, body: object) -> None:
    request = incoming(SIGN[preset](body, URL, AT))
    try:
        found = PRESETS[preset].events(request, secret_of(preset))
    except UnreadableError:
        return
    for event in found:
        assert event["type"] in ("track", "identify")
        assert isinstance(event["messageId"], str)
        assert event.get("userId") or event.get("anonymousId")


@pytest.mark.shared
def test_stripes_recorded_events_become_events(shared: Path) -> None:
    for path in sorted((shared / "data" / "stripe_webhooks").glob("*.json")):
        body = json.loads(path.read_text())
        found = events("stripe", body)
        assert found[-1]["event"].lower().replace(" ", ".") == body["type"].replace("_", ".")
        assert found[-1]["messageId"] == body["id"]
        assert found[-1]["properties"]["id"] == body["data"]["object"]["id"]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "topic", "name"),
    [
        ("order.json", "orders/create", "Order Created"),
        ("customer.json", "customers/update", "Customer Updated"),
        ("product.json", "products/delete", "Product Deleted"),
        ("refund.json", "refunds/create", "Refund Created"),
        ("fulfillment.json", "fulfillments/update", "Fulfillment Updated"),
    ],
)
def test_shopifys_bodies_become_events(shared: Path, file: str, topic: str, name: str) -> None:
    body = json.loads((shared / "data" / "shopify_payloads" / file).read_text())
    inner = next(iter(body.values())) if len(body) == 1 else body
    found = events("shopify", inner, topic=topic)
    assert found[-1]["event"] == name
    assert found[-1]["properties"] == inner


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "kind", "name", "who"),
    [
        ("issues", "issues", "Issues Assigned", "Codertocat"),
        ("issue_comment", "issue_comment", "Issue Comment Created", "Codertocat"),
        ("pull_request", "pull_request", "Pull Request Assigned", "Codertocat"),
        ("push", "push", "Push", "Codertocat"),
        ("release", "release", "Release Created", "Codertocat"),
        ("star", "star", "Star Created", "Codertocat"),
    ],
)
def test_githubs_examples_become_events(
    shared: Path, file: str, kind: str, name: str, who: str
) -> None:
    path = shared / "data" / "github_webhooks" / f"{file}.json.gz"
    found = events("github", json.loads(gzip.decompress(path.read_bytes())), kind=kind)
    assert told(found)[-1] == ("track", name, who)


@pytest.mark.shared
def test_the_examples_of_intercom_zendesk_and_sendgrid_become_events(shared: Path) -> None:
    support = shared / "data" / "intercom_zendesk_webhooks"
    company = json.loads((support / "intercom_company_created.json").read_text())
    assert told(events("intercom", company)) == [
        ("track", "Company Created", "intercom-6961d175205cf6a4438f0c21")
    ]
    ticket = json.loads((support / "zendesk_ticket.json").read_text())
    assert told(events("zendesk", ticket)) == [("track", "Ticket Updated", "zendesk-7")]
    mails = json.loads((shared / "data" / "sendgrid_webhooks" / "delivered.json").read_text())
    assert told(events("sendgrid", mails)) == [("track", "Email Delivered", "user@example.com")]
