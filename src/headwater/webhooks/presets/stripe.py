"""Stripe: payments, customers, subscriptions, invoices.

Signature: https://docs.stripe.com/webhooks#verify-manually
"""

from typing import Any

from headwater.webhooks.presets.preset import (
    Event,
    Incoming,
    Preset,
    RefusedError,
    UnreadableError,
    hexadecimal,
    identify,
    iso,
    member,
    person,
    require_equal,
    require_recent,
    spoken,
    track,
)


def verify(request: Incoming, secret: str, now: int) -> None:
    parts = [part.partition("=") for part in request.header("stripe-signature").split(",")]
    at = next((value for name, _, value in parts if name.strip() == "t"), "")
    wanted = hexadecimal(secret, at.encode() + b"." + request.body)
    given = [value for name, _, value in parts if name.strip() == "v1"]
    # While a secret is replaced, there is a signature by the old one beside that by the new one.
    for value in given:
        try:
            require_equal(value, wanted)
        except RefusedError:
            continue
        break
    else:
        require_equal(given[0] if given else "", wanted)
    require_recent(at, now)


def events(request: Incoming, _secret: str) -> list[Event]:
    body = request.record()
    found, kind, event_id = member(body, "data", "object"), body.get("type"), body.get("id")
    if not isinstance(found, dict) or not isinstance(kind, str) or not isinstance(event_id, str):
        raise UnreadableError("the body is no event of Stripe's: `type`, `id` and `data.object`")
    is_customer = found.get("object") == "customer"
    customer = found.get("id") if is_customer else found.get("customer")
    customer = member(customer, "id") if isinstance(customer, dict) else customer
    about = _traits(found, is_customer=is_customer)
    who = person(customer, about.get("email"), fallback=f"stripe-{found.get('id') or event_id}")
    at = iso(body.get("created"))
    properties = {**found, "livemode": body.get("livemode")}
    made = [track(spoken(kind), event_id, properties, timestamp=at, **who)]
    if "userId" in who and any(about.values()):
        made.insert(0, identify(f"{event_id}-identify", about, timestamp=at, **who))
    return made


def _traits(found: dict[str, Any], *, is_customer: bool) -> dict[str, Any]:
    """What an object says of its customer."""
    if is_customer:
        names = ("email", "name", "phone", "address", "metadata", "currency", "delinquent")
        return {name: found.get(name) for name in names}
    details = found.get("customer_details") or found.get("billing_details") or {}
    email = member(details, "email") or found.get("receipt_email") or found.get("customer_email")
    return {
        "email": email,
        "name": member(details, "name") or found.get("customer_name"),
        "phone": member(details, "phone"),
    }


PRESET = Preset(
    "stripe", "Stripe", "The endpoint's signing secret (whsec_…), under Webhooks.", verify, events
)
