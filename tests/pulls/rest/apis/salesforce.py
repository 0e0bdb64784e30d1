"""Salesforce's token endpoint and queryAll, as its REST API Developer Guide tells."""

import re
from datetime import UTC, datetime
from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request

_QUERY = re.compile(
    r"SELECT (?P<fields>.+) FROM (?P<object>\w+) WHERE SystemModstamp >= (?P<since>\S+) "
    r"ORDER BY SystemModstamp"
)
_LITERAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_VERSION = "/services/data/v62.0"


class Salesforce(Api):
    """Records by object. An access token is good for `uses` requests."""

    CLIENT, SECRET = "3MVG9", "5F21"

    def __init__(self, now: int, *, page: int = 2, uses: int = 1000) -> None:
        super().__init__()
        self.now = now
        self.page = page
        self.uses = uses
        self.left: dict[str, int] = {}
        self.given = 0
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.queries: dict[str, list[dict[str, Any]]] = {}

    def put(self, kind: str, number: str, **values: Any) -> None:
        self.now += 1
        listed = self.records.setdefault(kind, [])
        old = next((each for each in listed if each["Id"] == number), {"CreatedDate": self._time()})
        if old in listed:
            listed.remove(old)
        listed.append(
            {**old, "Id": number, "IsDeleted": False, **values, "SystemModstamp": self._time()}
        )

    def delete(self, kind: str, number: str) -> None:
        self.put(kind, number, IsDeleted=True)

    def answer(self, request: Request) -> Reply:
        if request.path == "/services/oauth2/token":
            return self._token(request.form())
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.left.get(token, 0) < 1:
            return self._error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.left[token] -= 1
        if request.path == f"{_VERSION}/queryAll":
            return self._asked(request.first("q"))
        locator, _, start = request.path.rpartition("/")[2].rpartition("-")
        if request.path.startswith(f"{_VERSION}/query/") and locator in self.queries:
            assert not request.query
            return self._paged(locator, int(start))
        return self._error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")

    def _token(self, form: dict[str, str]) -> Reply:
        if form.get("grant_type") != "client_credentials":
            return Reply({"error": "unsupported_grant_type"}, 400)
        if (form.get("client_id"), form.get("client_secret")) != (self.CLIENT, self.SECRET):
            return Reply(
                {"error": "invalid_client", "error_description": "invalid client credentials"}, 400
            )
        self.given += 1
        token = f"00D!{self.given}"
        self.left[token] = self.uses
        return Reply({"access_token": token, "instance_url": self.url, "token_type": "Bearer"})

    def _asked(self, query: str) -> Reply:
        read = _QUERY.fullmatch(query)
        if read is None or not _LITERAL.fullmatch(read["since"]):
            return self._error(400, "MALFORMED_QUERY", f"unexpected token: {query[:60]}")
        since = datetime.fromisoformat(read["since"])
        kind, fields = read["object"], read["fields"].split(", ")
        found = [
            {"attributes": {"type": kind}, **{name: each.get(name) for name in fields}}
            for each in sorted(
                self.records.get(kind, []), key=lambda each: str(each["SystemModstamp"])
            )
            if datetime.fromisoformat(each["SystemModstamp"]) >= since
        ]
        locator = f"01g{len(self.queries)}"
        self.queries[locator] = found
        return self._paged(locator, 0)

    def _paged(self, locator: str, start: int) -> Reply:
        found, end = self.queries[locator], start + self.page
        body: dict[str, Any] = {"totalSize": len(found), "done": end >= len(found)}
        if end < len(found):
            body["nextRecordsUrl"] = f"{_VERSION}/query/{locator}-{end}"
        return Reply({**body, "records": found[start:end]})

    def _error(self, status: int, code: str, message: str) -> Reply:
        return Reply([{"message": message, "errorCode": code}], status)

    def _time(self) -> str:
        moment = datetime.fromtimestamp(self.now, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
