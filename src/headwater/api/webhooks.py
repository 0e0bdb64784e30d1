"""/api/sources/{id}/webhook: who sends to a webhook source, and what its requests are signed by."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.webhooks import mapped, sending
from headwater.webhooks.model import Sender
from headwater.webhooks.presets import PRESETS

_TAG: Final = "Webhooks"


class WebhookPreset(msgspec.Struct, frozen=True):
    """A sender that is known: its name, and what its secret is."""

    name: str
    title: str
    secret: str


class WebhookPresets(msgspec.Struct, frozen=True):
    presets: list[WebhookPreset]


class Webhook(msgspec.Struct, frozen=True, rename="camel"):
    """A source's sender. The secret is never shown; `mapping` is that of a sender of your own."""

    source_id: str
    path: str
    preset: str | None
    mapping: str


class OneWebhook(msgspec.Struct, frozen=True):
    webhook: Webhook


class PutWebhook(msgspec.Struct, frozen=True):
    """Who sends, and the secret that the requests are signed with; of the sender `custom` also
    what becomes of a request."""

    preset: Annotated[str, Meta(max_length=100, description="One of `/api/webhook-presets`.")]
    secret: Annotated[str, Meta(max_length=sending.LONGEST_SECRET)]
    mapping: Annotated[str, Meta(max_length=mapped.LONGEST, description="TOML.")] = ""


class TryMapping(msgspec.Struct, frozen=True, rename="camel"):
    """A request to be tried with a mapping."""

    mapping: Annotated[str, Meta(max_length=mapped.LONGEST)]
    body: Annotated[str, Meta(max_length=500_000)]
    content_type: Annotated[str, Meta(max_length=200)] = "application/json"


class TriedMapping(msgspec.Struct, frozen=True):
    """The events that the request would become."""

    events: list[dict[str, Any]]


async def index(call: Call) -> Response:  # noqa: ARG001
    found = [WebhookPreset(each.name, each.title, each.secret) for each in PRESETS.values()]
    return answer(Data(WebhookPresets(found)))


async def show(call: Call) -> Response:
    """`preset` is null where none is set."""
    source_id = call.path("source_id")
    found = await run_in_threadpool(sending.show, call.context.changes, call.principal, source_id)
    return answer(Data(OneWebhook(_shown(source_id, found))))


async def put(call: Call) -> Response:
    """From then on a request that is not signed with the secret is refused with 401."""
    body = await call.body(PutWebhook)
    context, source_id = call.context, call.path("source_id")
    made = await run_in_threadpool(
        sending.put,
        context.changes,
        call.principal,
        context.vault,
        source_id,
        body.preset,
        body.secret,
        body.mapping,
    )
    return answer(Data(OneWebhook(_shown(source_id, made))))


async def remove(call: Call) -> Response:
    await run_in_threadpool(
        sending.remove, call.context.changes, call.principal, call.path("source_id")
    )
    return answer(DONE)


async def try_mapping(call: Call) -> Response:
    """Nothing is kept or sent."""
    body = await call.body(TryMapping)
    made = await run_in_threadpool(
        sending.try_mapping,
        call.context.changes,
        call.principal,
        call.path("source_id"),
        body.mapping,
        body.content_type,
        body.body,
    )
    return answer(Data(TriedMapping(made)))


def _shown(source_id: str, sender: Sender | None) -> Webhook:
    preset = None if sender is None else sender.preset
    mapping = "" if sender is None else sender.mapping
    return Webhook(source_id, f"/webhooks/{source_id}", preset, mapping)


_ONE: Final = "/api/sources/{source_id}/webhook"

ROUTES = (
    ApiRoute(
        "GET",
        "/api/webhook-presets",
        OnSome(Permission.SOURCE_READ),
        index,
        Doc("List the senders of webhooks that are known.", _TAG, answer=Data[WebhookPresets]),
    ),
    ApiRoute(
        "GET",
        _ONE,
        OnSome(Permission.SOURCE_READ),
        show,
        Doc("Show who sends to a webhook source.", _TAG, answer=Data[OneWebhook]),
    ),
    ApiRoute(
        "PUT",
        _ONE,
        OnSome(Permission.SOURCE_ADMIN),
        put,
        Doc(
            "Say who sends to a webhook source.",
            _TAG,
            body=PutWebhook,
            answer=Data[OneWebhook],
        ),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/preview",
        OnSome(Permission.SOURCE_ADMIN),
        try_mapping,
        Doc("Try a mapping of requests.", _TAG, body=TryMapping, answer=Data[TriedMapping]),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        OnSome(Permission.SOURCE_ADMIN),
        remove,
        Doc("Let a webhook source have no sender.", _TAG, answer=Data[Status]),
    ),
)
