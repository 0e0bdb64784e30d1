"""The form of answers that say no."""

import msgspec
import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from headwater.access.model import Access
from headwater.api.application import application
from headwater.api.errors import Problem
from headwater.api.frame import LARGEST_BODY, ApiRoute, Call, Context
from headwater.api.paths import tidy
from headwater.errors import RateLimitedError


def assert_envelope(body: dict[str, object], code: str) -> None:
    assert body["success"] is False
    assert body["code"] == code
    assert body["message"]
    assert isinstance(body["hint"], str)
    problem = msgspec.convert(body, Problem)
    [detail] = problem.errors
    assert detail.type == code
    assert detail.message == f"{problem.message} {problem.hint}".rstrip()


def test_an_unknown_path_is_not_found(alice: TestClient) -> None:
    response = alice.get("/api/nothing")
    assert response.status_code == 404
    assert_envelope(response.json(), "not_found")


def test_a_wrong_method_names_the_right_ones(alice: TestClient) -> None:
    response = alice.put("/api/sources")
    assert response.status_code == 405
    assert_envelope(response.json(), "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


@pytest.mark.parametrize(
    "path", ["/api/sources/", "//api//sources", "/api//sources", "/api/sources//"]
)
def test_doubled_and_trailing_slashes_do_not_matter(alice: TestClient, path: str) -> None:
    assert alice.get(f"http://testserver{path}").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"{", 400, "malformed_json"),
        (b"\xff\xfe", 400, "malformed_json"),
        (b'{"name": "\xff"}', 400, "malformed_json"),
        (b'{"name": "\\ud800"}', 400, "malformed_json"),
        (b'{"settings": {"a": ' + b"[" * 100_000, 400, "malformed_json"),
        (b"[]", 422, "invalid_body"),
        (b"null", 422, "invalid_body"),
        (b'{"name": 1}', 422, "invalid_body"),
        (b'{"name": "x", "enabled": "yes"}', 422, "invalid_body"),
        (b" " * (LARGEST_BODY + 1), 400, "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(
    alice: TestClient, body: bytes, status: int, code: str
) -> None:
    response = alice.post(
        "/api/sources", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == status
    assert_envelope(response.json(), code)


def test_a_wrong_field_is_named(alice: TestClient) -> None:
    body = alice.post("/api/sources", json={"name": 1}).json()
    assert body["message"].startswith("name: ")
    assert body["errors"][0]["field"] == "name"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_only_json_is_taken(alice: TestClient, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    response = alice.post("/api/sources", content=b'{"name": "x"}', headers=headers)
    assert response.status_code == 400
    assert_envelope(response.json(), "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/vnd.segment.v1+json"]
)
def test_segments_media_types_are_json(alice: TestClient, kind: str) -> None:
    response = alice.post("/api/sources", content=b'{"name": "x"}', headers={"Content-Type": kind})
    assert response.status_code == 201


async def too_fast(_: Call) -> Response:
    raise RateLimitedError("Too fast.", retry_after_seconds=3)


async def broken(_: Call) -> Response:
    raise ZeroDivisionError


def test_an_error_that_passes_says_when_to_try_again(context: Context) -> None:
    route = ApiRoute("GET", "/api/fast", Access.ANYONE, too_fast)
    response = TestClient(application(context, [route])).get("/api/fast")
    assert response.status_code == 429
    assert response.headers["retry-after"] == "3"
    assert_envelope(response.json(), "rate_limited")


def test_a_fault_of_ours_tells_nothing_of_its_inside(context: Context) -> None:
    route = ApiRoute("GET", "/api/broken", Access.ANYONE, broken)
    client = TestClient(application(context, [route]), raise_server_exceptions=False)
    response = client.get("/api/broken")
    assert response.status_code == 500
    assert_envelope(response.json(), "internal_error")
    assert "ZeroDivision" not in response.text


def test_answers_are_not_kept_by_browsers(alice: TestClient) -> None:
    assert alice.get("/api/sources").headers["cache-control"] == "no-store"


def versions(accept: str, client: TestClient) -> str:
    return client.get("/api/sources", headers={"Accept": accept}).headers["content-type"]


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_an_answer_bears_the_version_that_is_asked_for(alice: TestClient, version: str) -> None:
    wanted = f"application/vnd.segment.{version}+json"
    assert versions(wanted, alice) == wanted
    assert versions(f"{wanted}; charset=utf-8, application/json", alice) == wanted


@pytest.mark.parametrize("accept", ["application/json", "*/*", "", "text/html", "image/png;q=0.1"])
def test_an_answer_is_plain_json_where_no_version_is_asked_for(
    alice: TestClient, accept: str
) -> None:
    assert versions(accept, alice) == "application/json"


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/api/labels/team/a%2Fb", "/api/labels/team/a%2Fb"),
        (b"/api/labels/team/100%25", "/api/labels/team/100%25"),
        (b"/api/sources/%E9%94%AE/", "/api/sources/\u952e"),
        (b"//api//sources?x=/y/", "/api/sources"),
        (b"*", "/api"),
        (None, "/api"),
    ],
)
def test_a_slash_inside_a_part_of_a_path_ends_nothing(raw: bytes | None, path: str) -> None:
    assert tidy(raw, "/api") == path
