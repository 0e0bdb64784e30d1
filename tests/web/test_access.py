"""Who may see which page: every page declares it, and it is kept."""

import re
import threading
from dataclasses import replace

import pytest
from starlette.routing import Route

from headwater.access.admission import lacking
from headwater.access.model import Access, Grant, Principal
from headwater.access.roles import Role
from headwater.backends import backends
from headwater.web.application import PAGES, application
from headwater.web.frame import Page
from tests.web.people import People

OPEN_TO_ANYONE = {"/setup", "/sign-in", "/invitation", "/invite/{token}", "/preferences"}
STATIC = {"/static/{digest}/{name:path}", "/static/{name}"}
ROLES = ("workspace-owner", "workspace-member", "source-read-only", "minimal-user")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    people = People(tmp_path_factory.mktemp("console"))
    given = people.context
    real = backends(
        given.settings,
        given.changes,
        given.log,
        given.published,
        given.warehouse,
        threading.Event(),
    )
    people.context = replace(given, backends=real)
    people.owner_browser = people.browser()
    people.set_up()
    return people


def concrete(path: str) -> str:
    """A path with something in its parameters' places."""
    return re.sub(r"\{(\w+)(:\w+)?\}", r"no-\1", path)


def by_name(page: Page) -> str:
    return f"{page.method} {page.path}"


def test_every_served_path_is_a_declared_page(people: People) -> None:
    served = {each.path for each in application(people.context).routes if isinstance(each, Route)}
    assert served == {page.path for page in PAGES} | STATIC
    assert len({by_name(page) for page in PAGES}) == len(PAGES), "a page is declared twice"


def test_nothing_is_open_to_anyone_that_is_not_listed_here() -> None:
    assert {page.path for page in PAGES if page.access is Access.ANYONE} == OPEN_TO_ANYONE


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_stranger_is_led_to_sign_in(people: People, page: Page) -> None:
    if page.access is Access.ANYONE:
        return
    answer = people.browser().request(page.method, concrete(page.path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_what_its_permissions_admit_and_nothing_else(
    people: People, role: str
) -> None:
    who = Principal("user:x", "w", (Grant(Role(role)),), user_id="x")
    visitor = people.join(f"{role}@example.com", role=role)
    for page in PAGES:
        if page.access is Access.ANYONE or page.path == "/sign-out":
            continue
        answer = visitor.request(page.method, concrete(page.path))
        is_refused = answer.status_code == 403
        assert is_refused is (lacking(page.access, who) is not None), by_name(page)
        assert answer.status_code < 500 or answer.status_code == 503, by_name(page)


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_and_the_palette_lead_nowhere_that_is_refused(people: People, role: str) -> None:
    visitor = people.join(f"menu-{role}@example.com", role=role)
    page = visitor.get("/settings/me").text
    links = set(re.findall(r'<a class="place" href="([^"]+)"', page))
    links |= {entry["href"] for entry in visitor.get("/palette").json() if entry.get("href")}
    assert "/settings/me" in links
    for path in links:
        assert visitor.get(path).status_code != 403, path


def test_what_is_not_there_and_what_is_anothers_look_the_same(people: People) -> None:
    visitor = people.sign_in("ada@example.com")
    for path in ("/settings/members/none", "/settings/groups/none", "/no/such/page"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert "To the overview" in answer.text
