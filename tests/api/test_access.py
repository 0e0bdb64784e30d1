"""Who may call what: every route declares it, and it is kept."""

import base64
from collections.abc import Iterator

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from headwater.access.model import Access, OnSome
from headwater.access.permissions import Permission
from headwater.api.application import ROUTES, application
from headwater.api.frame import ApiRoute, Context

OPEN_TO_ANYONE = {"/api/openapi.json", "/api/reference"}
OPEN_TO_THIS_MACHINE = {"/metrics", "/api/health", "/api/setup"}


def served(context: Context) -> Iterator[tuple[str, str]]:
    """The methods and paths that the application really serves."""
    for route in application(context).routes:
        assert isinstance(route, Route)
        for method in route.methods or ():
            if method != "HEAD":
                yield method, route.path


def concrete(path: str) -> str:
    """A path with something in its parameters' places."""
    return path.replace("{", "").replace("}", "")


def test_every_served_route_declares_who_may_call_it(context: Context) -> None:
    declared = {(route.method, route.path): route.access for route in ROUTES}
    for route in served(context):
        assert isinstance(declared.get(route), Access | Permission | OnSome | tuple), route
    assert len(declared) == len(ROUTES), "a route is declared twice"


def test_nothing_is_open_that_is_not_listed_here() -> None:
    assert {r.path for r in ROUTES if r.access is Access.ANYONE} == OPEN_TO_ANYONE
    assert {r.path for r in ROUTES if r.access is Access.LOCAL} == OPEN_TO_THIS_MACHINE


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.access is not Access.ANYONE],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_a_route_that_needs_a_token_refuses_charlie(anyone: TestClient, route: ApiRoute) -> None:
    for headers in ({}, {"Authorization": "Bearer guess"}):
        response = anyone.request(route.method, concrete(route.path), headers=headers)
        assert response.status_code == 401, response.text
        assert response.json()["code"] == "unauthorized"
        assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", sorted(OPEN_TO_THIS_MACHINE))
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.0.0.1, 127.0.0.1"])
def test_this_machine_needs_no_token_for_what_is_local(
    anyone: TestClient, path: str, address: str
) -> None:
    assert anyone.get(path, headers={"X-Forwarded-For": address}).status_code == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "203.0.113.9, 127.0.0.1", "", "nonsense"])
def test_a_proxy_on_this_machine_is_no_local_caller(anyone: TestClient, address: str) -> None:
    assert anyone.get("/metrics", headers={"X-Forwarded-For": address}).status_code == 401


def test_a_token_may_come_as_basic_authentication(anyone: TestClient) -> None:
    for pair in ("token-of-alice:", ":token-of-alice", "alice:token-of-alice"):
        header = "Basic " + base64.b64encode(pair.encode()).decode()
        response = anyone.get("/api", headers={"Authorization": header})
        assert response.status_code == 200, pair
