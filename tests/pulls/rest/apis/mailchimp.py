"""Mailchimp's audiences, members, campaigns and reports, as its Marketing API tells."""

import base64
from datetime import UTC, datetime
from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request


class Mailchimp(Api):
    KEY = "abc-us21"

    def __init__(self, now: int, *, page: int = 2) -> None:
        super().__init__()
        self.now = now
        self.page = page
        self.lists: list[dict[str, Any]] = []
        self.members: dict[str, list[dict[str, Any]]] = {}
        self.campaigns: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []

    def put(self, audience: str, number: str, **values: Any) -> None:
        """Make a member, or change it."""
        self.now += 1
        listed = self.members.setdefault(audience, [])
        old = next((each for each in listed if each["id"] == number), {"status": "subscribed"})
        if old in listed:
            listed.remove(old)
        changed = datetime.fromtimestamp(self.now, UTC).isoformat()
        address = f"{number}@example.com"
        new = {"id": number, "email_address": address, **old, **values, "last_changed": changed}
        listed.append(new)

    def answer(self, request: Request) -> Reply:
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        if not base64.b64decode(given).decode().endswith(f":{self.KEY}"):
            return self._error(401, "API Key Invalid", "Your API key may be invalid")
        match request.path.strip("/").split("/"):
            case ["3.0", "lists"]:
                return self._listed("lists", self.lists, request)
            case ["3.0", "lists", audience, "members"] if audience in self.members:
                return self._listed("members", self._members(audience, request), request)
            case ["3.0", "campaigns"]:
                return self._listed("campaigns", self.campaigns, request)
            case ["3.0", "reports"]:
                return self._listed("reports", self.reports, request)
        return self._error(404, "Resource Not Found", "The requested resource could not be found.")

    def _members(self, audience: str, request: Request) -> list[dict[str, Any]]:
        since, status = request.first("since_last_changed"), request.first("status")
        listed = [
            each
            for each in self.members[audience]
            if (each["status"] == status if status else each["status"] != "archived")
            and (not since or _time(each["last_changed"]) > _time(since))
        ]
        if request.first("sort_field") == "last_changed":
            is_down = request.first("sort_dir") == "DESC"
            listed.sort(key=lambda each: str(each["last_changed"]), reverse=is_down)
        return listed

    def _listed(self, name: str, listed: list[dict[str, Any]], request: Request) -> Reply:
        count, offset = int(request.first("count", "10")), int(request.first("offset", "0"))
        if count > 1000:
            return self._error(400, "Invalid Resource", "count is larger than 1000")
        page = listed[offset : offset + min(count, self.page)]
        return Reply({name: page, "total_items": len(listed), "_links": []})

    def _error(self, status: int, title: str, detail: str) -> Reply:
        body = {"type": "https://mailchimp.com/developer/", "title": title, "status": status}
        return Reply(
            {**body, "detail": detail, "instance": "1"}, status, kind="application/problem+json"
        )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
