"""What the routes of functions take and answer."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from headwater.api.pages import Paged, PaginationOutput
from headwater.debugger.model import Difference
from headwater.functions.model import (
    LARGEST_CODE,
    Function,
    ResourceType,
    Setting,
    SettingType,
    Version,
)
from headwater.functions.runs import Error, Logged, Run, Span
from headwater.kit.clock import isoformat

Code = Annotated[str, Meta(max_length=LARGEST_CODE, description="JavaScript.")]
Values = Annotated[dict[str, Any], Meta(description="The values of its settings, by their names.")]


class FunctionSettingV1(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that a function asks for. One that is sensitive is never shown."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z_$][\w$]*$")]
    label: Annotated[str, Meta(max_length=200)] = ""
    description: Annotated[str, Meta(max_length=5_000)] = ""
    type: SettingType = SettingType.STRING
    required: bool = False
    sensitive: bool = False


SettingsV1 = Annotated[list[FunctionSettingV1], Meta(max_length=100)]


class CreateFunction(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A function."""

    code: Code
    display_name: str
    resource_type: ResourceType
    settings: SettingsV1 = []
    description: str = ""
    logo_url: str = ""


class ChangeFunction(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What to change; what is left out stays. Other code is a new version."""

    code: Code | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    settings: SettingsV1 | UnsetType = UNSET
    description: str | UnsetType = UNSET
    logo_url: str | UnsetType = UNSET


class ListFunctionItemV1(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A function, without its code."""

    id: str
    resource_type: ResourceType
    created_at: str
    created_by: str
    display_name: str
    description: str | UnsetType = UNSET
    logo_url: str | UnsetType = UNSET


class FunctionV1(ListFunctionItemV1, frozen=True, rename="camel", kw_only=True):
    """A function with the code that was saved last. `isLatestVersion` says that this code runs."""

    code: str
    settings: list[FunctionSettingV1]
    deployed_at: str | UnsetType = UNSET
    is_latest_version: bool


class ListedFunctions(Paged, frozen=True, rename="camel", kw_only=True):
    resource_type: ResourceType | UnsetType = UNSET


class Functions(msgspec.Struct, frozen=True):
    functions: list[ListFunctionItemV1]
    pagination: PaginationOutput


class OneFunction(msgspec.Struct, frozen=True):
    function: FunctionV1


class DeploymentStatus(msgspec.Struct, frozen=True):
    status: str = "SUCCESS"


class Deployment(msgspec.Struct, frozen=True, rename="camel"):
    """That the newest version runs now."""

    function_deployment: DeploymentStatus = DeploymentStatus()


class VersionV1(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Code that was saved."""

    id: str
    author: str
    code: str
    is_deployed: bool
    created_at: str
    updated_at: str
    deployed_at: str | UnsetType = UNSET


class Versions(msgspec.Struct, frozen=True):
    versions: list[VersionV1]
    pagination: PaginationOutput


class OneVersion(msgspec.Struct, frozen=True):
    version: VersionV1


class RestoreVersion(msgspec.Struct, frozen=True, rename="camel"):
    """Which version's code to save anew."""

    version_id: str


class CreateInstance(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A function and the source to connect it to."""

    function_id: str
    integration_id: Annotated[str, Meta(description="The id of a source.")]
    name: str | UnsetType = UNSET
    enabled: bool = False
    settings: Values = {}


class ChangeInstance(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What to change; what is left out stays, and a setting that is null goes."""

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    settings: Values | UnsetType = UNSET


class InsertFunctionInstanceAlpha(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A function that is connected. What stands in `encryptedSettings` is masked."""

    id: str
    name: str
    integration_id: str
    class_id: str
    enabled: bool
    created_at: str
    updated_at: str
    settings: dict[str, Any]
    encrypted_settings: dict[str, Any]


class ListedInstances(Paged, frozen=True, rename="camel", kw_only=True):
    function_id: str = ""


class Instances(msgspec.Struct, frozen=True):
    instances: list[InsertFunctionInstanceAlpha]
    pagination: PaginationOutput


class OneInstance(msgspec.Struct, frozen=True, rename="camel"):
    insert_function_instance: InsertFunctionInstanceAlpha


class TryFunction(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Code to try, on given events, on a source's last ones, or on a request. Nothing is kept."""

    code: Code | UnsetType = UNSET
    resource_type: ResourceType = ResourceType.INSERT_SOURCE
    settings: Values = {}
    instance_id: Annotated[
        str, Meta(description="A connection whose settings are taken, secrets and all.")
    ] = ""
    handler: Annotated[
        str, Meta(description="The handler to call; empty is the one of the event's type.")
    ] = ""
    events: Annotated[list[dict[str, Any]], Meta(max_length=100)] = []
    source_id: Annotated[str, Meta(description="Whose last events to take.")] = ""
    count: Annotated[int, Meta(ge=1, le=100)] = 10


class Tried(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What became of one event or request: `events` are those that go on (or that were made)."""

    outcome: Annotated[str, Meta(description="unchanged, changed, made, dropped or failed")]
    before: dict[str, Any]
    events: list[dict[str, Any]]
    differences: Sequence[Difference] = ()
    reason: str = ""
    error: Error | None = None
    logs: Sequence[Logged] = ()
    milliseconds: float = 0.0


class FunctionTrial(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a function would do. `error` says why its code does not load."""

    handlers: list[str]
    results: list[Tried]
    error: Error | None = None
    logs: Sequence[Logged] = ()


class TriedFunction(msgspec.Struct, frozen=True):
    trial: FunctionTrial


class ListedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Which runs: those before the run `before`; `noted` are those that logged or failed."""

    count: Annotated[int, Meta(ge=1, le=200)] = 50
    before: Annotated[int, Meta(ge=0)] = 0
    noted: bool = False


class FunctionRuns(msgspec.Struct, frozen=True):
    """The last runs, the newest first, and what was done by five minutes of the last day."""

    runs: list[Run]
    spans: list[Span]


def item_of(function: Function) -> ListFunctionItemV1:
    return ListFunctionItemV1(**_described(function))


def function_of(function: Function) -> FunctionV1:
    return FunctionV1(
        **_described(function),
        code=function.code,
        settings=[FunctionSettingV1(**msgspec.structs.asdict(e)) for e in function.settings],
        deployed_at=_time(function.deployed_at),
        is_latest_version=function.is_latest_deployed,
    )


def _described(function: Function) -> dict[str, Any]:
    return {
        "id": function.id,
        "resource_type": function.resource_type,
        "created_at": isoformat(function.created_at),
        "created_by": function.created_by,
        "display_name": function.display_name,
        "description": function.description or UNSET,
        "logo_url": function.logo_url or UNSET,
    }


def version_of(version: Version) -> VersionV1:
    return VersionV1(
        id=version.id,
        author=version.author,
        code=version.code,
        is_deployed=version.is_live,
        created_at=isoformat(version.created_at),
        updated_at=isoformat(max(version.created_at, version.deployed_at)),
        deployed_at=_time(version.deployed_at),
    )


def settings_of(given: Sequence[FunctionSettingV1]) -> tuple[Setting, ...]:
    return tuple(Setting(**msgspec.structs.asdict(each)) for each in given)


def _time(at: int) -> str | UnsetType:
    return isoformat(at) if at else UNSET
