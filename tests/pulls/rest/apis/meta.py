"""The Graph API's pages, posts and insights, as Meta's documentation tells."""

from datetime import UTC, datetime
from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request


class Meta(Api):
    PAGE, TOKEN = "1001", "EAAB-secret-token"

    def __init__(self, *, page: int = 2) -> None:
        super().__init__()
        self.page = page
        self.token = self.TOKEN
        self.fans = 10
        self.posts: list[dict[str, Any]] = []
        self.views: dict[int, int] = {}
        """Views of the page by the end of the day, in seconds."""

    def answer(self, request: Request) -> Reply:
        if request.first("access_token") != self.token:
            message = "Error validating access token: Session has expired."
            return self._error(400, 190, message)
        match request.path.split("/")[1:]:
            case [_, self.PAGE]:
                fields = request.first("fields").split(",")
                page = {"id": self.PAGE, "name": "Shop", "fan_count": self.fans}
                return Reply({name: value for name, value in page.items() if name in fields})
            case [_, self.PAGE, "posts"]:
                return self._posts(request)
            case [_, self.PAGE, "insights"]:
                return self._insights(request)
        return self._error(400, 100, "Unsupported get request.")

    def _posts(self, request: Request) -> Reply:
        ids = [post["id"] for post in self.posts]
        after = request.first("after")
        start = ids.index(after) + 1 if after else 0
        page = self.posts[start : start + min(int(request.first("limit")), self.page)]
        if not page:
            return Reply({"data": []})
        paging: dict[str, Any] = {"cursors": {"before": page[0]["id"], "after": page[-1]["id"]}}
        if start + len(page) < len(ids):
            link = f"{self.url}{request.path}?access_token={self.token}&after={page[-1]['id']}"
            paging["next"] = link
        return Reply({"data": page, "paging": paging})

    def _insights(self, request: Request) -> Reply:
        since = int(request.first("since"))
        values = [
            {"value": value, "end_time": datetime.fromtimestamp(at, UTC).strftime("%FT%T+0000")}
            for at, value in sorted(self.views.items())
            if at > since
        ]
        name = "page_views_total"
        about = {"name": name, "period": "day", "title": "Daily Total Views", "values": values}
        page = f"{self.url}{request.path}?since={since + 1}"
        paging = {"previous": page, "next": page}  # which lead on for ever
        entry = {**about, "id": f"{self.PAGE}/insights/{name}/day"}
        return Reply({"data": [entry] if values else [], "paging": paging})

    def _error(self, status: int, code: int, message: str) -> Reply:
        body = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A"}
        return Reply({"error": body}, status)


def post(number: int, reactions: int = 0) -> dict[str, Any]:
    """A post as the fields of the ready definition ask for it."""
    clicks = {"name": "post_clicks", "period": "lifetime", "values": [{"value": reactions * 2}]}
    return {
        "id": f"{Meta.PAGE}_{number}",
        "message": f"Post {number}",
        "created_time": "2025-10-01T10:00:00+0000",
        "reactions": {"data": [], "summary": {"total_count": reactions}},
        "comments": {"data": [], "summary": {"total_count": 0}},
        "insights": {"data": [clicks]},
    }
