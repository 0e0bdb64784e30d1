"""The six calls as the shop's libraries write them."""

from typing import Any, Final

from headwater.demo.catalogue import AGENTS, Campaign
from headwater.demo.model import Event, Person, make_id
from headwater.kit.clock import isoformat

SITE: Final = "https://shop.example.com"
_WEB_LIBRARY: Final = {"name": "analytics.js", "version": "npm:next-1.84.3"}
_SERVER_LIBRARY: Final = {"name": "analytics-python", "version": "2.4.0"}
_APP_LIBRARY: Final = {"name": "analytics-swift", "version": "1.9.0"}


def call(person: Person, kind: str, at: int, *, is_known: bool, **members: Any) -> Event:
    """An event of a person. `is_known` says whether they are signed in."""
    event: Event = {"type": kind, "messageId": f"demo-{make_id(person.rng)}"}
    event |= {"anonymousId": person.anonymous_id}
    if is_known:
        event["userId"] = person.user_id
    event |= members
    event["timestamp"] = isoformat(at)
    return event


def web_context(
    person: Person, path: str, title: str, campaign: Campaign | None = None
) -> dict[str, Any]:
    """The context of a page of the website."""
    context: dict[str, Any] = {
        "library": _WEB_LIBRARY,
        "ip": f"203.0.113.{person.number % 254 + 1}",
        "locale": person.country.locale,
        "timezone": person.country.zone,
        "userAgent": AGENTS[person.number % len(AGENTS)],
        "page": {"path": path, "url": SITE + path, "title": title, "search": "", "referrer": ""},
    }
    if campaign is not None:
        context["campaign"] = {
            "name": campaign.name,
            "source": campaign.source,
            "medium": campaign.medium,
        } | ({"term": campaign.term} if campaign.term else {})
        context["page"]["referrer"] = f"https://{campaign.source}.example.net/"
        context["page"]["search"] = f"?utm_source={campaign.source}&utm_medium={campaign.medium}"
    return context


def app_context(person: Person, version: str) -> dict[str, Any]:
    """The context of a screen of the app."""
    is_apple = person.number % 2 == 0
    return {
        "library": _APP_LIBRARY,
        "app": {"name": "Shop", "version": version, "build": version.replace(".", "")},
        "device": {
            "id": make_id(person.rng),
            "type": "ios" if is_apple else "android",
            "manufacturer": "Apple" if is_apple else "Google",
            "model": "iPhone15,4" if is_apple else "Pixel 9",
        },
        "os": {"name": "iOS" if is_apple else "Android", "version": "18.5" if is_apple else "15"},
        "network": {"wifi": person.rng.random() < 0.7, "cellular": person.rng.random() < 0.5},
        "screen": {"width": 393, "height": 852},
        "locale": person.country.locale,
        "timezone": person.country.zone,
    }


def server_context() -> dict[str, Any]:
    """The context of a call from the shop's server."""
    return {"library": _SERVER_LIBRARY}
