"""Shopify: orders, customers, carts, products.

Signature: https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

from typing import Any, Final

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

_DONE: Final = {
    "create": "Created",
    "update": "Updated",
    "delete": "Deleted",
    "enable": "Enabled",
    "disable": "Disabled",
}


def verify(request: Incoming, secret: str, _now: int) -> None:
    """Shopify signs no time: a repeated request has the same webhook id, and is a duplicate."""
    require_equal(request.header("x-shopify-hmac-sha256"), in_base64(secret, request.body))


def events(request: Incoming, _secret: str) -> list[Event]:
    topic = request.header("x-shopify-topic")
    if not topic:
        raise UnreadableError("the header X-Shopify-Topic is missing")
    body = request.record()
    message_id = request.header("x-shopify-webhook-id") or digest(topic.encode() + request.body)
    customer = body if topic.startswith("customers/") else body.get("customer")
    customer = customer if isinstance(customer, dict) else {}
    fallback = f"shopify-{body.get('id') or message_id}"
    who = person(customer.get("id"), body.get("email"), fallback=fallback)
    at = request.header("x-shopify-triggered-at") or _text(
        body.get("updated_at") or body.get("created_at")
    )
    domain = request.header("x-shopify-shop-domain")
    shop = {"context": {"shop": domain}} if domain else {}
    made = [track(name_of(topic), message_id, body, timestamp=at, **shop, **who)]
    about = _traits(customer, body)
    if "userId" in who and any(about.values()):
        made.insert(0, identify(f"{message_id}-identify", about, timestamp=at, **who))
    return made


def name_of(topic: str) -> str:
    """`orders/create` is `Order Created`, `orders/partially_fulfilled` `Order Partially
    Fulfilled`."""
    things, _, verb = topic.partition("/")
    thing = things[:-3] + "y" if things.endswith("ies") else things.removesuffix("s")
    return f"{spoken(thing)} {_DONE.get(verb, spoken(verb))}".strip()


def _traits(customer: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    return {
        "email": customer.get("email") or body.get("email"),
        "firstName": customer.get("first_name"),
        "lastName": customer.get("last_name"),
        "phone": customer.get("phone"),
        "address": member(customer, "default_address"),
        "ordersCount": customer.get("orders_count"),
        "totalSpent": customer.get("total_spent"),
        "tags": customer.get("tags"),
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


PRESET = Preset(
    "shopify",
    "Shopify",
    "The app's client secret, or the signing key under Settings, Notifications, Webhooks.",
    verify,
    events,
)
