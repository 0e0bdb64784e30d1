"""The control API as an ASGI application: every route of every noun, behind its access rule."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from headwater.api import (
    account,
    analyses,
    audit,
    catalog,
    cleaning_rules,
    connections,
    debugger,
    definitions,
    delivery,
    destinations,
    echo,
    errors,
    event_volume,
    events,
    export,
    function_instances,
    function_trials,
    functions,
    groups,
    health,
    imports,
    invites,
    labels,
    ledger,
    media,
    metrics,
    plan_drifts,
    plan_inference,
    plan_versions,
    plan_violations,
    quarantine,
    query,
    questions,
    reference,
    replays,
    roles,
    schemas,
    setup,
    source_schema,
    sources,
    sync_rules,
    tokens,
    tracking_plans,
    transformations,
    uploads,
    usage,
    users,
    volumes,
    warehouse,
    warehouses,
    webhooks,
    what_if,
    workspace,
)
from headwater.api.authentication import admit
from headwater.api.frame import ApiRoute, Call, Context
from headwater.api.paths import TidyPaths
from headwater.errors import HeadwaterError

_NOUNS: Final[tuple[ApiRoute, ...]] = (
    *workspace.ROUTES,
    *catalog.ROUTES,
    *sources.ROUTES,
    *labels.ROUTES,
    *users.ROUTES,
    *groups.ROUTES,
    *roles.ROUTES,
    *invites.ROUTES,
    *tokens.ROUTES,
    *account.ROUTES,
    *setup.ROUTES,
    *audit.ROUTES,
    *source_schema.ROUTES,
    *cleaning_rules.ROUTES,
    *plan_inference.ROUTES,  # before the plans by their ids: a path that is said wins
    *tracking_plans.ROUTES,
    *plan_violations.ROUTES,
    *plan_versions.ROUTES,
    *plan_drifts.ROUTES,
    *transformations.ROUTES,
    *sync_rules.ROUTES,
    *function_trials.ROUTES,  # before the functions by their ids
    *functions.ROUTES,
    *function_instances.ROUTES,
    *webhooks.ROUTES,
    *destinations.ROUTES,
    *warehouses.ROUTES,
    *delivery.ROUTES,
    *event_volume.ROUTES,
    *usage.ROUTES,
    *query.ROUTES,
    *definitions.ROUTES,
    *questions.ROUTES,
    *analyses.ROUTES,
    *warehouse.ROUTES,
    *export.ROUTES,
    *volumes.ROUTES,
    *events.ROUTES,
    *schemas.ROUTES,
    *debugger.ROUTES,
    *quarantine.ROUTES,
    *replays.ROUTES,
    *what_if.ROUTES,
    *imports.ROUTES,
    *uploads.ROUTES,
    *connections.ROUTES,
    *ledger.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
    *echo.ROUTES,
)
ROUTES: Final[tuple[ApiRoute, ...]] = (*_NOUNS, *reference.routes(_NOUNS))


def application(context: Context, routes: Iterable[ApiRoute] = ROUTES) -> Starlette:
    """The application over a context. Unknown paths and wrong methods get the error envelope."""
    by_path: dict[str, dict[str, ApiRoute]] = defaultdict(dict)
    for route in routes:
        by_path[route.path][route.method] = route
    return Starlette(
        routes=[_starlette_route(context, path, methods) for path, methods in by_path.items()],
        middleware=[Middleware(TidyPaths)],
        exception_handlers={
            HeadwaterError: errors.refused,
            HTTPException: errors.not_served,
            Exception: errors.failed,
        },
    )


def _starlette_route(context: Context, path: str, methods: Mapping[str, ApiRoute]) -> Route:
    async def endpoint(request: Request) -> Response:
        route = methods["GET" if request.method == "HEAD" else request.method]
        principal = await admit(request, route.access, context.changes)
        response = await route.handle(Call(request, context, principal))
        response.headers.setdefault("Cache-Control", "no-store")
        return media.as_accepted(request, response)

    return Route(path, endpoint, methods=list(methods))
