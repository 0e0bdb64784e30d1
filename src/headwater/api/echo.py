"""An operation that does nothing: clients try their connection and their errors by it."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response

from headwater.access.model import Access
from headwater.api.errors import Problem, ProblemDetail
from headwater.api.frame import ApiRoute, Call, Data, Doc, answer

_SECRET: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


class EchoQuery(msgspec.Struct, frozen=True, rename="camel"):
    """What is echoed, and how."""

    message: Annotated[str, Meta(max_length=2000, description="What comes back.")]
    delay: Annotated[
        int, Meta(ge=0, le=2_000, description="Milliseconds to wait before the answer.")
    ] = 0
    trigger_error: Annotated[bool, Meta(description="Answer with an error.")] = False
    trigger_multiple_errors: Annotated[bool, Meta(description="Answer with several errors.")] = (
        False
    )
    trigger_unexpected_error: Annotated[
        bool, Meta(description="Answer with an error of a type that nobody knows.")
    ] = False
    status_code: Annotated[
        Literal[400, 401, 403, 404, 409, 422, 429], Meta(description="The status of the error.")
    ] = 422


class EchoV1(msgspec.Struct, frozen=True):
    """What was called, and how."""

    method: Literal["get", "post"]
    message: str
    headers: Mapping[str, str]


async def echo(call: Call) -> Response:
    """A status of 500 or more cannot be had: those are left for what really is broken."""
    asked = call.asked(EchoQuery)
    await asyncio.sleep(asked.delay / 1000)
    kinds = _kinds(asked)
    if kinds:
        return _refusal(asked, kinds)
    headers = {name: value for name, value in call.request.headers.items() if name not in _SECRET}
    return answer(Data(EchoV1("get", asked.message, headers)))


def _refusal(asked: EchoQuery, kinds: tuple[str, ...]) -> Response:
    status = asked.status_code
    details = tuple(
        ProblemDetail(type=kind, message=asked.message, status=status) for kind in kinds
    )
    response = answer(
        Problem(code=kinds[0], message=asked.message, hint="This was asked for.", errors=details),
        status,
    )
    if status == 429:
        response.headers["Retry-After"] = "1"
    return response


def _kinds(asked: EchoQuery) -> tuple[str, ...]:
    if asked.trigger_unexpected_error:
        return ("unexpected",)
    if asked.trigger_multiple_errors:
        return ("echo", "echo_again")
    return ("echo",) if asked.trigger_error else ()


ROUTES = (
    ApiRoute(
        "GET",
        "/api/echo",
        Access.MEMBER,
        echo,
        Doc(
            "Answer with what was sent.",
            "Testing",
            operation="echo",
            query=EchoQuery,
            answer=Data[EchoV1],
            errors=(400, 409),
        ),
    ),
)
