"""WooCommerce: orders, customers, products, coupons.

Signature: https://woocommerce.com/document/webhooks/
"""

from typing import Any

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    UnreadableError,
    digest,
    identify,
    in_base64,
    member,
    person,
    require_equal,
    spoken,
    track,
)


def verify(request: Incoming, secret: str, _now: int) -> None:
    """WooCommerce signs no time: a repeated delivery of the same state is a duplicate."""
    require_equal(request.header("x-wc-webhook-signature"), in_base64(secret, request.body))


def answer(request: Incoming, _secret: str) -> bytes | None:
    """A new webhook is tried with a form that says its id alone, which is not signed."""
    is_ping = request.body.startswith(b"webhook_id=") and not request.header("x-wc-webhook-topic")
    return b"{}" if is_ping else None


def events(request: Incoming, _secret: str) -> list[Event]:
    topic = request.header("x-wc-webhook-topic")
    if not topic:
        raise UnreadableError("the header X-WC-Webhook-Topic is missing")
    body = request.record()
    # The delivery's id is a new one with each attempt: the content tells repetitions.
    message_id = f"woocommerce-{digest(topic.encode() + request.body)}"
    is_customer = topic.startswith("customer.")
    customer = body.get("id") if is_customer else body.get("customer_id") or None
    billing = body.get("billing") if isinstance(body.get("billing"), dict) else {}
    email = body.get("email") or member(billing, "email")
    fallback = f"woocommerce-{body.get('id') or message_id}"
    who = person(customer, email, fallback=fallback)
    at = _utc(body.get("date_modified_gmt") or body.get("date_created_gmt"))
    made = [track(spoken(topic), message_id, body, timestamp=at, **who)]
    about = {
        "email": email,
        "firstName": body.get("first_name") or member(billing, "first_name"),
        "lastName": body.get("last_name") or member(billing, "last_name"),
        "phone": member(billing, "phone"),
        "company": member(billing, "company"),
        "address": billing,
    }
    if "userId" in who and email:
        made.insert(0, identify(f"{message_id}-identify", about, timestamp=at, **who))
    return made


def _utc(value: Any) -> str | None:
    return f"{value}Z" if isinstance(value, str) and value else None


PRESET = Preset(
    "woocommerce",
    "WooCommerce",
    "The webhook's secret, under Settings, Advanced, Webhooks.",
    verify,
    events,
    answer,
)
