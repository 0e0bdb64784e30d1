"""The shop's app: screens, favourites, and the Chinese edition with names of its own."""

from collections.abc import Iterator
from typing import Any

from headwater.demo.calls import app_context, call
from headwater.demo.catalogue import PRODUCTS
from headwater.demo.model import APP, DAY, HOUR, MINUTE, SECOND, Happening, Person, Plan, make_id
from headwater.demo.people import at_busy_hour

_SHARE_OFFLINE = 0.06
_LONGEST_OFFLINE_HOURS = 70


def app_life(plan: Plan, person: Person, signed_up_at: int) -> Iterator[Happening]:
    """A person's use of the app, from its installation on."""
    rng = person.rng
    device = person._replace(anonymous_id=make_id(rng))
    at = max(signed_up_at, person.first_visit) + rng.randrange(1, 8) * DAY
    version = rng.choice(("3.9.2", "4.0.0", "4.0.1"))
    context = app_context(device, version)
    if at >= plan.end:
        return
    installed = {"version": version, "build": version.replace(".", "")}
    yield _app(device, "track", at, context, event="Application Installed", properties=installed)
    if signed_up_at < plan.end:
        alias = call(device, "alias", at + MINUTE, is_known=True, previousId=device.anonymous_id)
        yield Happening(at + MINUTE, APP, alias | {"context": context})
    while (at := at_busy_hour(at + rng.randrange(1, 9) * DAY, rng)) < plan.end:
        is_offline = rng.random() < _SHARE_OFFLINE
        delay = rng.randrange(1, _LONGEST_OFFLINE_HOURS) * HOUR if is_offline else 0
        for happening in _session(device, at, context):
            yield happening._replace(sent_at=happening.sent_at + delay)


def _session(person: Person, at: int, context: dict[str, Any]) -> Iterator[Happening]:
    rng = person.rng
    opened = {"from_background": rng.random() < 0.6}
    yield _app(person, "track", at, context, event="Application Opened", properties=opened)
    for name in ("Home", *rng.choices(("Shelf", "Product", "Orders", "Account"), k=3)):
        at += rng.randrange(4, 80) * SECOND
        yield _app(person, "screen", at, context, name=name, properties={"tab": name.lower()})
    product = rng.choice(PRODUCTS)
    at += rng.randrange(4, 60) * SECOND
    if person.country.code == "CN":
        properties: dict[str, Any] = {
            "商品": product.name,
            "分类": product.category,
            "价格": round(product.price * person.country.rate, 2),
            "是否会员": rng.random() < 0.5,
        }
        name = rng.choice(("收藏商品", "加入购物车", "分享给朋友 🎁"))
        yield _app(person, "track", at, context, event=name, properties=properties)
    elif rng.random() < 0.4:
        wished = {"product_id": product.id, "name": product.name, "wishlist_name": "Later"}
        yield _app(
            person, "track", at, context, event="Product Added to Wishlist", properties=wished
        )


def _app(person: Person, kind: str, at: int, context: dict[str, Any], **members: Any) -> Happening:
    event = call(person, kind, at, is_known=True, **members, context=context)
    return Happening(at, APP, event)
