"""HubSpot's CRM search and listings, as https://developers.hubspot.com/docs/api/crm tells."""

from datetime import UTC, datetime
from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request


class HubSpot(Api):
    """Objects by type. Search gives at most `most` of a query, in pages of `page`."""

    TOKEN = "pat-1"

    def __init__(self, now: int, *, page: int = 2, most: int = 10_000) -> None:
        super().__init__()
        self.now = now
        self.page = page
        self.most = most
        self.tokens = {self.TOKEN}
        self.objects: dict[str, list[dict[str, Any]]] = {
            "contacts": [],
            "companies": [],
            "deals": [],
        }
        self.number = 0

    def put(self, kind: str, number: str, **properties: Any) -> None:
        self.now += 1
        listed = self.objects[kind]
        old = next((each for each in listed if each["id"] == number), None)
        if old is not None:
            listed.remove(old)
        before = old or {"properties": {}, "createdAt": self._time(), "archived": False}
        modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        merged = {**before["properties"], **properties, modified: self._time()}
        listed.append({**before, "id": number, "properties": merged, "updatedAt": self._time()})

    def archive(self, kind: str, number: str) -> None:
        self.now += 1
        found = next(each for each in self.objects[kind] if each["id"] == number)
        found |= {"archived": True, "archivedAt": self._time()}

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            message = "Authentication credentials not found."
            return Reply(
                {"status": "error", "message": message, "category": "INVALID_AUTHENTICATION"}, 401
            )
        parts = request.path.split("/")[1:]
        assert parts[:3] == ["crm", "v3", "objects"]
        kind = parts[3]
        if parts[4:] == ["search"]:
            return self._found(kind, request.json())
        wanted = request.first("archived") == "true"
        listed = [each for each in self.objects[kind] if each["archived"] is wanted]
        return self._paged(listed, int(request.first("after", "0")), int(request.first("limit")))

    def _found(self, kind: str, asked: dict[str, Any]) -> Reply:
        [sort], [group] = asked["sorts"], asked["filterGroups"]
        [rule] = group["filters"]
        assert (rule["operator"], sort["direction"]) == ("GTE", "ASCENDING")
        after, limit = int(asked.get("after", 0)), asked["limit"]
        if limit > 200 or after + limit > max(self.most, limit):
            message = "The after parameter must be less than 10000"
            return Reply({"status": "error", "message": message}, 400)
        since = datetime.fromtimestamp(int(rule["value"]) / 1000, UTC)
        member = rule["propertyName"]
        listed = [
            {**each, "properties": _only(each["properties"], asked["properties"])}
            for each in sorted(self.objects[kind], key=lambda each: each["properties"][member])
            if not each["archived"] and datetime.fromisoformat(each["properties"][member]) >= since
        ]
        reply = self._paged(listed, after, limit)
        return Reply({"total": len(listed), **reply.body}, 200, reply.headers)

    def _paged(self, listed: list[dict[str, Any]], after: int, limit: int) -> Reply:
        size = min(limit, self.page)
        body: dict[str, Any] = {"results": listed[after : after + size]}
        if after + size < len(listed):
            body["paging"] = {"next": {"after": str(after + size), "link": "?after="}}
        return Reply(body, 200, {"X-HubSpot-RateLimit-Remaining": "99"})

    def _time(self) -> str:
        moment = datetime.fromtimestamp(self.now, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _only(properties: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: properties.get(name) for name in names}
