"""From one page of a listing to the request for the next. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from headwater.pulls.rest.members import at
from headwater.pulls.rest.paging_rules import (
    LastId,
    Link,
    NextUrl,
    NoPaging,
    Offset,
    PageNumber,
    Paging,
    Token,
)


class Asked(NamedTuple):
    """A request: a path below the API's address, or a whole address that an answer gave."""

    path: str
    params: Mapping[str, Any]
    body: Mapping[str, Any]
    url: str = ""

    def mark(self) -> bytes:
        """The same for the same request."""
        return msgspec.json.encode([self.path, self.params, self.body, self.url])


class Answer(NamedTuple):
    """What came: the value, and the address of the Link header's next page."""

    value: Any
    link: str


def first(paging: Paging, asked: Asked) -> Asked:
    """The first request of a listing."""
    if isinstance(paging, PageNumber):
        return _with(asked, paging.param, paging.first, paging.where)
    return asked


def following(paging: Paging, asked: Asked, answer: Answer, entries: Sequence[Any]) -> Asked | None:
    """The request for the page after this one; None where it is the last."""
    match paging:
        case NoPaging():
            return None
        case Link():
            return _leading(asked, answer.link)
        case NextUrl():
            more = _is_more(paging.more, answer)
            return _leading(asked, at(answer.value, paging.at)) if more else None
        case Token():
            return _by_token(paging, asked, answer)
        case LastId():
            if not entries or not _is_more(paging.more, answer):
                return None
            last = at(entries[-1], paging.member)
            return None if last is None else _with(asked, paging.param, last, "query")
        case PageNumber() | Offset():
            return _by_number(paging, asked, answer, len(entries))


def token_of(paging: Token, answer: Answer) -> str:
    """The token in an answer; empty where there is none."""
    found = at(answer.value, paging.at)
    return "" if found is None else str(found)


def with_token(paging: Token, asked: Asked, token: str) -> Asked:
    """The request that goes on at a token."""
    params = {name: value for name, value in asked.params.items() if name not in paging.drops}
    return _with(asked._replace(params=params), paging.param, token, paging.where)


def _by_token(paging: Token, asked: Asked, answer: Answer) -> Asked | None:
    token = token_of(paging, answer)
    is_end = bool(paging.end) and at(answer.value, paging.end) is True
    if not token or is_end or not _is_more(paging.more, answer):
        return None
    return with_token(paging, asked, token)


def _by_number(
    paging: PageNumber | Offset, asked: Asked, answer: Answer, count: int
) -> Asked | None:
    if count == 0 or not _is_more(paging.more, answer) or count < paging.size:
        return None
    values = asked.params if paging.where == "query" else asked.body
    now = int(values.get(paging.param, 0) or 0)
    if isinstance(paging, Offset):
        after = now + count
        total = at(answer.value, paging.total) if paging.total else None
        if isinstance(total, int) and after >= total:
            return None
    else:
        after = now + 1
        pages = at(answer.value, paging.pages) if paging.pages else None
        if isinstance(pages, int) and after >= paging.first + pages:
            return None
    return _with(asked, paging.param, after, paging.where)


def _is_more(path: str, answer: Answer) -> bool:
    return not path or bool(at(answer.value, path))


def _leading(asked: Asked, url: Any) -> Asked | None:
    if not isinstance(url, str) or not url:
        return None
    return asked._replace(url=url, params={})


def _with(asked: Asked, name: str, value: Any, where: str) -> Asked:
    if where == "body":
        return asked._replace(body={**asked.body, name: value})
    return asked._replace(params={**asked.params, name: value})
