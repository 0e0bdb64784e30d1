"""/api/functions: code of people, kept, versioned and deployed."""

from typing import Any, Final

from msgspec import UNSET
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.api.frame import DONE, ApiRoute, Call, Data, Doc, Status, answer
from headwater.api.function_bodies import (
    ChangeFunction,
    CreateFunction,
    Deployment,
    Functions,
    ListedFunctions,
    OneFunction,
    OneVersion,
    RestoreVersion,
    Versions,
    function_of,
    item_of,
    settings_of,
    version_of,
)
from headwater.api.pages import Paged, page_of
from headwater.functions import changing
from headwater.functions.changing import Wanted
from headwater.functions.checking import check

TAG: Final = "Functions"


async def index(call: Call) -> Response:
    asked = call.asked(ListedFunctions)
    page = page_of(asked.pagination)
    found = await run_in_threadpool(changing.listed, call.context.changes, call.principal)
    shown = [item_of(each) for each in found if asked.resource_type in (UNSET, each.resource_type)]
    return answer(Data(Functions(page.cut(shown), page.of(len(shown)))))


async def create(call: Call) -> Response:
    """The code is loaded once: what does not load is refused with the line. It runs nowhere until
    it is deployed and connected."""
    body = await call.body(CreateFunction)
    made = await run_in_threadpool(
        changing.create,
        call.context.changes,
        call.principal,
        body.resource_type,
        _wanted(body),
        check,
    )
    return answer(Data(OneFunction(function_of(made))))


async def show(call: Call) -> Response:
    found = await run_in_threadpool(changing.one, *_named(call))
    return answer(Data(OneFunction(function_of(found))))


async def change(call: Call) -> Response:
    wanted = _wanted(await call.body(ChangeFunction))
    after = await run_in_threadpool(changing.change, *_named(call), wanted, check)
    return answer(Data(OneFunction(function_of(after))))


async def remove(call: Call) -> Response:
    """Refused with 409 while the function is connected."""
    await run_in_threadpool(changing.remove, *_named(call))
    return answer(DONE)


async def deploy(call: Call) -> Response:
    """Its connections take the newest version from the pipeline's next batch on."""
    await run_in_threadpool(changing.deploy, *_named(call), check)
    return answer(Data(Deployment()))


async def versions(call: Call) -> Response:
    """The newest first."""
    page = page_of(call.asked(Paged).pagination)
    found = await run_in_threadpool(changing.versions, *_named(call))
    shown = [version_of(each) for each in found]
    return answer(Data(Versions(page.cut(shown), page.of(len(shown)))))


async def restore(call: Call) -> Response:
    """The answer is the new version, which holds the old one's code and is not deployed yet."""
    wanted = (await call.body(RestoreVersion)).version_id
    made = await run_in_threadpool(changing.restore, *_named(call), wanted)
    return answer(Data(OneVersion(version_of(made))))


async def version(call: Call) -> Response:
    found = await run_in_threadpool(changing.version, *_named(call), call.path("version_id"))
    return answer(Data(OneVersion(version_of(found))))


def _named(call: Call) -> tuple[Any, Any, str]:
    return call.context.changes, call.principal, call.path("function_id")


def _wanted(body: CreateFunction | ChangeFunction) -> Wanted:
    return Wanted(
        display_name=_given(body.display_name),
        code=_given(body.code),
        description=_given(body.description),
        logo_url=_given(body.logo_url),
        settings=None if body.settings is UNSET else settings_of(body.settings),
    )


def _given(value: Any) -> Any:
    return None if value is UNSET else value


_READ: Final = OnSome(Permission.FUNCTION_READ)
_ADMIN: Final = OnSome(Permission.FUNCTION_ADMIN)
_PATH: Final = "/api/functions"
_ONE: Final = f"{_PATH}/{{function_id}}"

ROUTES = (
    ApiRoute(
        "GET",
        _PATH,
        _READ,
        index,
        Doc(
            "List the functions.",
            TAG,
            query=ListedFunctions,
            answer=Data[Functions],
            operation="listFunctions",
        ),
    ),
    ApiRoute(
        "POST",
        _PATH,
        Permission.FUNCTION_ADMIN,
        create,
        Doc(
            "Make a function.",
            TAG,
            body=CreateFunction,
            answer=Data[OneFunction],
            operation="createFunction",
            errors=(409,),
        ),
    ),
    ApiRoute(
        "GET",
        _ONE,
        _READ,
        show,
        Doc("One function.", TAG, answer=Data[OneFunction], operation="getFunction"),
    ),
    ApiRoute(
        "PATCH",
        _ONE,
        _ADMIN,
        change,
        Doc(
            "Change a function.",
            TAG,
            body=ChangeFunction,
            answer=Data[OneFunction],
            operation="updateFunction",
            errors=(409,),
        ),
    ),
    ApiRoute(
        "DELETE",
        _ONE,
        _ADMIN,
        remove,
        Doc(
            "Delete a function.",
            TAG,
            answer=Data[Status],
            operation="deleteFunction",
            errors=(409,),
        ),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/deploy",
        _ADMIN,
        deploy,
        Doc(
            "Make a function's newest version run.",
            TAG,
            answer=Data[Deployment],
            operation="createFunctionDeployment",
        ),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/versions",
        _READ,
        versions,
        Doc(
            "List a function's versions.",
            TAG,
            query=Paged,
            answer=Data[Versions],
            operation="listFunctionVersions",
        ),
    ),
    ApiRoute(
        "POST",
        f"{_ONE}/versions",
        _ADMIN,
        restore,
        Doc(
            "Save the code of an older version anew.",
            TAG,
            body=RestoreVersion,
            answer=Data[OneVersion],
            operation="restoreFunctionVersion",
        ),
    ),
    ApiRoute(
        "GET",
        f"{_ONE}/versions/{{version_id}}",
        _READ,
        version,
        Doc(
            "One version of a function.",
            TAG,
            answer=Data[OneVersion],
            operation="getFunctionVersion",
        ),
    ),
)
