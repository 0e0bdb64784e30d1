"""Zendesk's incremental exports by cursor, as its Ticketing API tells."""

import base64
from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request


class Zendesk(Api):
    """What happened to tickets and users, in its order. `a_minute` exports are answered between
    two calls of `minute`."""

    USER, TOKEN = "ada@example.com/token", "t0k"

    def __init__(self, *, page: int = 2, a_minute: int = 1000) -> None:
        super().__init__()
        self.page = page
        self.a_minute = self.left = a_minute
        self.changed: dict[str, list[dict[str, Any]]] = {"tickets": [], "users": []}

    def put(self, kind: str, number: int, **values: Any) -> None:
        listed = self.changed[kind]
        before = next((each for each in reversed(listed) if each["id"] == number), {})
        fresh = {"status": "open"} if kind == "tickets" else {"active": True}
        listed.append({**fresh, **before, "id": number, **values})

    def minute(self) -> None:
        """A minute has passed."""
        self.left = self.a_minute

    def answer(self, request: Request) -> Reply:
        wanted = base64.b64encode(f"{self.USER}:{self.TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return Reply({"error": "Couldn't authenticate you"}, 401)
        if self.left == 0:
            body = {"error": "APIRateLimitExceeded", "description": "Number of allowed incremental"}
            return Reply(body, 429, {"Retry-After": "37"})
        self.left -= 1
        kind = request.path.split("/")[4]
        assert request.path == f"/api/v2/incremental/{kind}/cursor.json"
        cursor, since = request.first("cursor"), request.first("start_time")
        if not cursor and not since:
            return Reply({"error": "StartTimeMissing", "description": "start_time missing"}, 400)
        start = int(base64.b64decode(cursor)) if cursor else 0
        listed = self.changed[kind]
        end = min(start + self.page, len(listed))
        after = base64.b64encode(str(end).encode()).decode()
        return Reply(
            {
                kind: listed[start:end],
                "after_cursor": after,
                "after_url": f"{self.url}{request.path}?cursor={after}",
                "before_cursor": None,
                "before_url": None,
                "end_of_stream": end >= len(listed),
            }
        )
