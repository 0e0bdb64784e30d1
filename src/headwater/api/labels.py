"""Labels: what sources are marked with, and what permissions can be limited by."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import labels
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.workspaces.labels import DescribedLabel
from headwater.workspaces.model import Label


class LabelV1(msgspec.Struct, frozen=True):
    """A label."""

    key: Annotated[str, Meta(min_length=1, max_length=100)]
    value: Annotated[str, Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET


class OneLabel(msgspec.Struct, frozen=True):
    """A label."""

    label: LabelV1


class Labels(msgspec.Struct, frozen=True):
    """Labels."""

    labels: list[LabelV1]


class LabelDescription(msgspec.Struct, frozen=True):
    """What a label is for."""

    description: Annotated[str, Meta(max_length=500)]


async def index(call: Call) -> Response:
    found = await run_in_threadpool(labels.listed, call.context.changes, call.principal)
    return answer(Data(Labels([shown(each) for each in found])))


async def create(call: Call) -> Response:
    given = (await call.body(OneLabel)).label
    wanted = DescribedLabel(given.key, given.value, given.description or "")
    made = await run_in_threadpool(labels.create, call.context.changes, call.principal, wanted)
    return answer(Data(OneLabel(shown(made))), 201)


async def describe(call: Call) -> Response:
    given = await call.body(LabelDescription)
    wanted = DescribedLabel(call.path("key"), call.path("value"), given.description)
    after = await run_in_threadpool(labels.describe, call.context.changes, call.principal, wanted)
    return answer(Data(OneLabel(shown(after))))


async def remove(call: Call) -> Response:
    """A label that a source bears is refused."""
    label = Label(call.path("key"), call.path("value"))
    await run_in_threadpool(labels.delete, call.context.changes, call.principal, label)
    return answer(DONE)


def shown(label: DescribedLabel) -> LabelV1:
    """A label as Segment's Public API writes it."""
    return LabelV1(label.key, label.value, label.description or UNSET)


ROUTES = (
    ApiRoute(
        "GET",
        "/api/labels",
        Permission.WORKSPACE_READ,
        index,
        Doc("List the labels.", "Labels", operation="listLabels", answer=Data[Labels]),
    ),
    ApiRoute(
        "POST",
        "/api/labels",
        Permission.WORKSPACE_ADMIN,
        create,
        Doc(
            "Make a label.",
            "Labels",
            operation="createLabel",
            body=OneLabel,
            answer=Data[OneLabel],
            status=201,
            errors=(409,),
        ),
    ),
    ApiRoute(
        "PATCH",
        "/api/labels/{key}/{value}",
        Permission.WORKSPACE_ADMIN,
        describe,
        Doc(
            "Say what a label is for.",
            "Labels",
            body=LabelDescription,
            answer=Data[OneLabel],
        ),
    ),
    ApiRoute(
        "DELETE",
        "/api/labels/{key}/{value}",
        Permission.WORKSPACE_ADMIN,
        remove,
        Doc(
            "Delete a label.",
            "Labels",
            operation="deleteLabel",
            answer=Data[Status],
            errors=(409,),
        ),
    ),
)
