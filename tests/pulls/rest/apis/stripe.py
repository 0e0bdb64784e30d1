"""Stripe's list endpoints and events, as https://docs.stripe.com/api tells."""

from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request

_KINDS = {
    "customers": "customer",
    "charges": "charge",
    "invoices": "invoice",
    "subscriptions": "customer.subscription",
}


class Stripe(Api):
    """Objects by kind, newest first, and what happened to them."""

    KEY = "rk_test_1"

    def __init__(self, now: int, *, page: int = 2) -> None:
        super().__init__()
        self.now = now
        self.page = page
        self.objects: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _KINDS}
        self.happened: list[dict[str, Any]] = []

    def put(self, kind: str, number: str, **values: Any) -> None:
        """Make an object, or change it."""
        self.now += 10
        listed = self.objects[kind]
        old = next((each for each in listed if each["id"] == number), None)
        made = {"id": number, "object": kind[:-1], "created": self.now, **(old or {}), **values}
        if old is None:
            listed.insert(0, made)
        else:
            listed[listed.index(old)] = made
        self._tell(f"{_KINDS[kind]}.{'created' if old is None else 'updated'}", made)

    def remove(self, kind: str, number: str) -> None:
        self.now += 10
        gone = next(each for each in self.objects[kind] if each["id"] == number)
        self.objects[kind].remove(gone)
        self._tell(f"{_KINDS[kind]}.deleted", gone)

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {self.KEY}":
            return self._error(401, "invalid_request_error", "Invalid API Key provided: rk_****")
        kind = request.path.rpartition("/")[2]
        if kind == "events":
            types = request.query.get("types[]", [])
            since = int(request.first("created[gte]", "0"))
            listed = [
                each
                for each in self.happened
                if each["created"] >= since and (not types or each["type"] in types)
            ]
        elif kind in self.objects:
            listed = self.objects[kind]
        else:
            return self._error(404, "invalid_request_error", f"Unrecognized request URL {kind}")
        return self._listed(request, listed)

    def _listed(self, request: Request, listed: list[dict[str, Any]]) -> Reply:
        after, limit = request.first("starting_after"), min(int(request.first("limit", "10")), 100)
        assert 1 <= limit <= 100
        size = min(limit, self.page)
        ids = [each["id"] for each in listed]
        if after and after not in ids:
            return self._error(404, "invalid_request_error", f"No such object: '{after}'")
        start = ids.index(after) + 1 if after else 0
        more = start + size < len(listed)
        page = listed[start : start + size]
        return Reply({"object": "list", "url": request.path, "has_more": more, "data": page})

    def _error(self, status: int, kind: str, message: str) -> Reply:
        return Reply({"error": {"type": kind, "message": message}}, status)

    def _tell(self, kind: str, about: dict[str, Any]) -> None:
        number = f"evt_{len(self.happened):04d}"
        self.happened.insert(
            0,
            {
                "id": number,
                "object": "event",
                "type": kind,
                "created": self.now,
                "data": {"object": dict(about)},
            },
        )
