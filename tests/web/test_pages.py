"""The console's pages."""

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from headwater.access.model import Access
from headwater.settings import Settings
from headwater.web.pages import ACCESS, application


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(Settings(), lambda: {"collector": "up", "warehouse": "down"}))


def test_every_page_declares_who_may_see_it() -> None:
    paths = [r.path for r in application(Settings(), dict).routes if isinstance(r, Route)]
    assert {path: type(ACCESS[path]) for path in paths} == dict.fromkeys(paths, Access)


def test_the_start_says_how_to_send_an_event_where_it_was_called(client: TestClient) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "events.example.com"}
    page = client.get("/", headers=headers).text
    assert "curl https://events.example.com/v1/track" in page
    assert "headwater query" in page


def test_the_start_says_how_the_roles_are(client: TestClient) -> None:
    page = client.get("/").text
    assert "collector" in page
    assert "down" in page


def test_what_a_caller_says_of_itself_is_escaped(client: TestClient) -> None:
    page = client.get("/", headers={"X-Forwarded-Host": "<script>alert(1)</script>"}).text
    assert "<script>" not in page


def test_nothing_is_loaded_from_another_host(client: TestClient) -> None:
    response = client.get("/")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for word in ("src=", "@import", "<script", "<link"):
        assert word not in response.text


def test_an_unknown_page_leads_back(client: TestClient) -> None:
    response = client.get("/no<b>thing")
    assert response.status_code == 404
    assert 'href="/"' in response.text
    assert "<b>" not in response.text
