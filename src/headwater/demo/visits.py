"""Visits to the website: pages, products, carts, sign-ups, and the orders they lead to."""

from collections.abc import Iterator
from typing import Any

from headwater.demo.calls import SITE, call, server_context, web_context
from headwater.demo.catalogue import CATEGORIES, COMPANIES, PRODUCTS, Campaign, Product
from headwater.demo.model import MINUTE, SECOND, SERVER, WEBSITE, Happening, Person
from headwater.kit.clock import isoformat


class Visit:
    """One visit: a clock that moves on, and what the visitor did so far."""

    def __init__(
        self, person: Person, at: int, *, is_known: bool, campaign: Campaign | None, added: str
    ) -> None:
        self.person = person
        self.at = at
        self.is_known = is_known
        self.campaign = campaign
        self.added = added
        """What the website calls an addition to the cart in this week."""
        self.cart: list[tuple[Product, int]] = []
        self.order_id = ""

    def happenings(self) -> Iterator[Happening]:
        """The visit, event by event."""
        rng = self.person.rng
        yield self._page("/", "Home", "")
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            yield from self._browse(rng.choice(CATEGORIES))
        if rng.random() < 0.12:
            query = rng.choice(("mug", "tea", "茶", "blanket", "gift"))
            yield self._track("Products Searched", "/search", {"query": query})
        signs_up = not self.is_known and rng.random() < 0.1 + 0.3 * self.person.keenness
        if signs_up:
            yield from self._sign_up()
        if self.cart and rng.random() < 0.35 + 0.5 * self.person.keenness:
            yield from self._check_out()

    def _browse(self, category: str) -> Iterator[Happening]:
        rng = self.person.rng
        shelf = [product for product in PRODUCTS if product.category == category]
        path = f"/{category.lower()}"
        yield self._page(path, category, "Shelf")
        listed = {"category": category, "products": [{"product_id": p.id} for p in shelf]}
        yield self._track("Product List Viewed", path, listed)
        for product in rng.sample(shelf, min(len(shelf), rng.choice((0, 1, 1, 2, 3)))):
            path = f"/{category.lower()}/{product.id}"
            yield self._page(path, product.name, "Product")
            yield self._track("Product Viewed", path, self._product(product))
            if rng.random() < 0.25 + 0.35 * self.person.keenness:
                quantity = rng.choice((1, 1, 1, 2, 3))
                self.cart.append((product, quantity))
                added = self._product(product) | {"quantity": quantity}
                yield self._track(self.added, path, added)
        if self.cart and rng.random() < 0.08:
            product, quantity = self.cart.pop()
            removed = self._product(product) | {"quantity": quantity}
            yield self._track("Product Removed", "/cart", removed)

    def _sign_up(self) -> Iterator[Happening]:
        person = self.person
        self.is_known = True
        traits: dict[str, Any] = {
            "email": person.email,
            "name": person.name,
            "createdAt": isoformat(self.at),
            "signedUp": True,
            "plan": "business" if person.company >= 0 else "personal",
            "address": {"city": person.country.city, "country": person.country.name},
            "newsletter": person.rng.random() < 0.6,
        }
        yield self._web("identify", "/account", traits=traits)
        method = person.rng.choice(("email", "email", "google", "apple"))
        yield self._track("Signed Up", "/account", {"method": method})
        if person.company >= 0:
            name, industry, employees, plan = COMPANIES[person.company]
            company = {"name": name, "industry": industry, "employees": employees, "plan": plan}
            group_id = f"company-{person.company + 1}"
            yield self._web("group", "/account", groupId=group_id, traits=company)

    def _check_out(self) -> Iterator[Happening]:
        rng = self.person.rng
        rate = self.person.country.rate
        value = round(sum(product.price * count for product, count in self.cart) * rate, 2)
        self.order_id = f"O-{self.person.number:05d}-{rng.getrandbits(24):06x}"
        shared = {"order_id": self.order_id, "currency": self.person.country.currency}
        cart = shared | {"value": value, "products": self._lines()}
        yield self._track("Checkout Started", "/checkout", cart)
        if rng.random() < 0.12:
            return
        step = shared | {"step": 2, "payment_method": rng.choice(("card", "paypal", "alipay"))}
        yield self._track("Payment Info Entered", "/checkout", step)
        if rng.random() < 0.06:
            yield self._from_server("Payment Failed", shared | {"reason": "card_declined"})
            return
        discount = round(value * 0.1, 2) if rng.random() < 0.15 else 0
        shipping = 0 if value > 60 * rate else round(4.9 * rate, 2)
        order = shared | {
            "revenue": round(value - discount, 2),
            "shipping": shipping,
            "tax": round((value - discount) * 0.19, 2),
            "total": round(value - discount + shipping, 2),
            "discount": discount,
            "products": self._lines(),
        }
        if discount:
            order["coupon"] = "WELCOME10"
        yield self._from_server("Order Completed", order)

    def _from_server(self, name: str, properties: dict[str, Any]) -> Happening:
        self.at += self.person.rng.randrange(2, 20) * SECOND
        event = call(
            *(self.person, "track", self.at),
            is_known=self.is_known,
            event=name,
            properties=properties,
            context=server_context(),
        )
        return Happening(self.at, SERVER, event)

    def _page(self, path: str, title: str, category: str) -> Happening:
        members: dict[str, Any] = {"name": title, "properties": {"url": SITE + path, "path": path}}
        if category:
            members["category"] = category
        return self._web("page", path, **members)

    def _track(self, name: str, path: str, properties: dict[str, Any]) -> Happening:
        return self._web("track", path, event=name, properties=properties)

    def _web(self, kind: str, path: str, **members: Any) -> Happening:
        self.at += self.person.rng.randrange(3, 90) * SECOND + self.person.rng.randrange(MINUTE)
        context = web_context(self.person, path, members.get("name", "Shop"), self.campaign)
        event = call(self.person, kind, self.at, is_known=self.is_known, **members, context=context)
        return Happening(self.at, WEBSITE, event)

    def _product(self, product: Product) -> dict[str, Any]:
        country = self.person.country
        return {
            "product_id": product.id,
            "name": product.name,
            "category": product.category,
            "price": round(product.price * country.rate, 2),
            "currency": country.currency,
        }

    def _lines(self) -> list[dict[str, Any]]:
        return [self._product(product) | {"quantity": count} for product, count in self.cart]
