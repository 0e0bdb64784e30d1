"""A shop's API, which answers as a test wants, and a definition of it."""

from collections.abc import Callable
from typing import Any

from tests.pulls.rest.apis.serving import Api, Reply, Request

DEFINITION = """
rest:
  base_url: URL
  auth: {AUTH}
  limits: {LIMITS}
resources:
  - name: orders
    path: /orders
    data: orders
    key: [id]
    paging: {PAGING}
    events:
      - event: Order
        userId: "{id}"
        when: {$change: [inserted, updated]}
      - event: Order Gone
        userId: "{id}"
        when: {$change: deleted}
"""


def text(
    url: str,
    *,
    paging: str = "{type: none}",
    auth: str = "{type: none}",
    limits: str = "{}",
) -> str:
    """The definition as YAML."""
    made = DEFINITION.replace("URL", url).replace("{AUTH}", auth)
    return made.replace("{LIMITS}", limits).replace("{PAGING}", paging)


def orders(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in numbers]


class Shop(Api):
    """Answers by a function of the request; all requests are good."""

    def __init__(self, answers: Callable[[Request], Reply]) -> None:
        super().__init__()
        self._answers = answers

    def answer(self, request: Request) -> Reply:
        return self._answers(request)


class Paged(Shop):
    """Five orders in pages of two, by every way of paging at once."""

    def __init__(self) -> None:
        super().__init__(self._page)
        self.orders = orders(1, 2, 3, 4, 5)

    def _page(self, request: Request) -> Reply:
        start = int(request.first("offset", "0") or 0)
        start += (int(request.first("page", "1")) - 1) * 2
        start += int(request.first("after", "0"))
        page = self.orders[start : start + 2]
        end = start + len(page)
        more = end < len(self.orders)
        link = f"{self.url}/orders?after={end}"
        body = {
            "orders": page,
            "total": len(self.orders),
            "pages": (len(self.orders) + 1) // 2,
            "more": more,
            "next": str(end) if more else None,
            "url": f"/orders?after={end}" if more else None,
        }
        return Reply(body, 200, {"Link": f'<{link}>; rel="next"'} if more else {})
