"""The settings pages: workspace, members, groups, tokens, labels, one's account, the server."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from headwater.access.admission import by_token
from headwater.access.permissions import Permission
from headwater.errors import UnauthorizedError
from headwater.settings import keep_origins
from headwater.web.browsers import browser_name
from tests.web.people import EMAIL, PASSWORD, People


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def owner(people: People) -> TestClient:
    return people.set_up()


def id_of(page: str, path: str, number: int = 0) -> str:
    """The id in the nth link to something below a path."""
    return re.findall(rf'data-href="{path}/([^"]+)"', page)[number]


def test_the_workspace_is_renamed_and_an_impossible_name_is_shown_with_its_fault(
    owner: TestClient,
) -> None:
    assert owner.post("/settings", data={"name": "Coffee"}).status_code == 303
    assert "The name is changed." in owner.get("/settings").text
    answer = owner.post("/settings", data={"name": "  "})
    assert answer.status_code in (400, 422)
    assert 'aria-invalid="true"' in answer.text


def test_somebody_without_rights_is_led_to_his_own_account(people: People, owner: object) -> None:
    guest = people.join("guest@example.com", role="minimal-user")
    assert guest.get("/settings").headers["location"] == "/settings/me"
    assert "/settings/members" not in guest.get("/settings/me").text


def test_a_person_of_two_workspaces_goes_from_one_to_the_other(
    people: People, owner: TestClient
) -> None:
    user_id = id_of(owner.get("/settings/members").text, "/settings/members")
    other = people.belongs_elsewhere(user_id, "Second")
    assert "Second" in owner.get("/settings").text
    assert owner.post("/workspace", data={"workspace": other}).status_code == 303
    assert 'value="Second"' in owner.get("/settings").text
    assert owner.post("/workspace", data={"workspace": "none"}).status_code == 404


def test_roles_are_given_on_a_source_or_a_label_and_told_so(
    people: People, owner: TestClient
) -> None:
    source = people.source("Shop")
    owner.post("/settings/labels", data={"key": "environment", "value": "production"})
    people.join("bob@example.com")
    user_id = id_of(owner.get("/settings/members").text, "/settings/members", 1)
    answer = owner.post(
        f"/settings/members/{user_id}",
        data={
            "role": ["source-admin", "source-read-only", ""],
            "scope": [f"SOURCE:{source.id}", "LABEL:environment=production", "WORKSPACE"],
        },
    )
    assert answer.status_code == 303, answer.text
    page = owner.get("/settings/members").text
    assert "Source Admin" in page
    assert "· Shop" in page
    assert "· environment: production" in page
    form = owner.get(f"/settings/members/{user_id}").text
    assert f'value="SOURCE:{source.id}" selected' in form


@pytest.mark.parametrize(
    ("role", "scope", "said"),
    [
        ("no-such", "WORKSPACE", "no such role"),
        ("source-admin", "MOON", "no such place"),
        ("workspace-owner", "SOURCE", "is for the whole workspace"),
        ("source-admin", "LABEL:x=y", "no label"),
    ],
)
def test_roles_that_cannot_be_given_are_named(
    people: People, owner: TestClient, role: str, scope: str, said: str
) -> None:
    people.join("bob@example.com")
    user_id = id_of(owner.get("/settings/members").text, "/settings/members", 1)
    answer = owner.post(f"/settings/members/{user_id}", data={"role": role, "scope": scope})
    assert answer.status_code == 422
    assert said in answer.text


def test_the_last_owner_can_neither_be_removed_nor_lose_the_role(owner: TestClient) -> None:
    user_id = id_of(owner.get("/settings/members").text, "/settings/members")
    answer = owner.post(f"/settings/members/{user_id}", data={"role": "minimal-user"})
    assert answer.status_code in (409, 422)
    answer = owner.post(f"/settings/members/{user_id}/remove", data={"typed": EMAIL})
    assert answer.status_code == 409
    assert "no owner" in answer.text


def test_a_member_is_removed_only_when_the_address_was_typed(
    people: People, owner: TestClient
) -> None:
    bob = people.join("bob@example.com")
    user_id = id_of(owner.get("/settings/members").text, "/settings/members", 1)
    path = f"/settings/members/{user_id}/remove"
    assert owner.post(path, data={"typed": "bob"}).status_code == 422
    assert bob.get("/settings/me").status_code == 200
    assert owner.post(path, data={"typed": "bob@example.com"}).status_code == 303
    assert bob.get("/settings/me").status_code == 303


def test_several_are_invited_at_once_each_with_a_link_and_an_invitation_is_withdrawn(
    people: People, owner: TestClient
) -> None:
    emails = "grace@example.com, alan@example.com\nmary@example.com"
    page = owner.post("/settings/members/invite", data={"emails": emails}).text
    links = set(re.findall(r"http://headwater\.test/invitation\?token=[\w-]+", page))
    assert len(links) == 3
    owner.post("/settings/members/withdraw", data={"email": "alan@example.com"})
    listed = owner.get("/settings/members").text
    assert "The invitation is withdrawn." in listed
    assert "alan@example.com" not in listed
    assert "mary@example.com" in listed


def test_an_invitation_without_an_address_or_with_an_odd_one_is_shown_again(
    owner: TestClient,
) -> None:
    for emails in ("", "nobody", EMAIL):
        answer = owner.post("/settings/members/invite", data={"emails": emails})
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_a_group_gives_its_members_its_roles_and_is_deleted_by_its_name(
    people: People, owner: TestClient
) -> None:
    bob = people.join("bob@example.com", role="minimal-user")
    assert owner.post("/settings/groups", data={"name": ""}).status_code == 422
    made = owner.post("/settings/groups", data={"name": "Auditors"})
    path = made.headers["location"]
    owner.post(f"{path}/roles", data={"role": "workspace-owner", "scope": "WORKSPACE"})
    form = {"email": ["bob@example.com"], "others": "grace@example.com"}
    assert owner.post(f"{path}/people", data=form).status_code == 303
    assert bob.get("/audit").status_code == 200
    assert "grace@example.com" in owner.get("/settings/members").text
    assert owner.post(f"{path}/name", data={"name": "Controllers"}).status_code == 303
    assert "Controllers" in owner.get(path).text
    assert owner.post(f"{path}/remove", data={"typed": "Auditors"}).status_code == 422
    assert owner.post(f"{path}/remove", data={"typed": "Controllers"}).status_code == 303
    assert bob.get("/audit").status_code == 403


def test_a_token_is_shown_once_does_what_its_role_admits_and_is_revoked(
    people: People, owner: TestClient
) -> None:
    given = {"name": "Export", "days": "30", "role": "workspace-member", "scope": "WORKSPACE"}
    page = owner.post("/settings/tokens/new", data=given).text
    secret = re.findall(r"hw_[\w-]{20,}", page)[0]
    known = by_token(people.changes, secret)
    assert known.may(Permission.SOURCE_READ)
    assert not known.may(Permission.SOURCE_ADMIN)
    listed = owner.get("/settings/tokens").text
    assert secret not in listed
    assert "Export" in listed
    token_id = re.findall(r'action="/settings/tokens/(\w+)/revoke"', listed)[1]
    path = f"/settings/tokens/{token_id}/revoke"
    assert owner.post(path, data={"typed": "export"}).status_code == 422
    assert owner.post(path, data={"typed": "Export"}).status_code == 303
    with pytest.raises(UnauthorizedError):
        by_token(people.changes, secret)


def test_a_token_that_ran_out_says_so(people: People, owner: TestClient) -> None:
    given = {"name": "Short", "days": "7", "role": "workspace-member", "scope": "WORKSPACE"}
    owner.post("/settings/tokens/new", data=given)
    assert "expired" not in owner.get("/settings/tokens").text
    people.clock.advance(seconds=6 * 86_400)
    owner.get("/settings/tokens")
    people.clock.advance(seconds=2 * 86_400)
    assert "expired" in owner.get("/settings/tokens").text


def test_a_token_without_a_name_or_a_role_is_shown_again(owner: TestClient) -> None:
    for form in ({"name": "", "role": "workspace-member", "scope": "WORKSPACE"}, {"name": "X"}):
        answer = owner.post("/settings/tokens/new", data=form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    answer = owner.post("/settings/tokens/new", data={"name": "X", "days": "1000000"})
    assert answer.status_code == 422


def test_a_label_is_made_once_and_deleted_while_nothing_bears_it(owner: TestClient) -> None:
    form = {"key": "team", "value": "web", "description": "Who answers for it"}
    assert owner.post("/settings/labels", data=form).status_code == 303
    assert owner.post("/settings/labels", data=form).status_code == 409
    assert "Who answers for it" in owner.get("/settings/labels").text
    assert owner.post("/settings/labels/delete", data=form).status_code == 303
    assert owner.post("/settings/labels/delete", data=form).status_code == 404


def test_ones_name_language_and_zone_are_changed(owner: TestClient) -> None:
    form = {"name": "Countess", "language": "zh_CN", "time_zone": "Asia/Tokyo"}
    assert owner.post("/settings/me", data=form).status_code == 303
    page = owner.get("/settings/me").text
    assert "Countess" in page
    assert 'lang="zh-CN"' in page
    assert 'data-zone="Asia/Tokyo" data-zone-chosen="yes"' in page
    for wrong in ({"language": "tlh"}, {"time_zone": "Moon/Crater"}, {"name": ""}):
        assert owner.post("/settings/me", data={**form, **wrong}).status_code == 422


def test_the_password_is_changed_with_the_old_one_and_ends_other_sessions(
    people: People, owner: TestClient
) -> None:
    other = people.sign_in(EMAIL)
    path = "/settings/me/password"
    wrong = owner.post(path, data={"old": "nonsense", "new": "another good password"})
    assert wrong.status_code == 422
    assert "This is not your current password." in wrong.text
    weak = owner.post(path, data={"old": PASSWORD, "new": "short"})
    assert weak.status_code == 422
    assert owner.post(path, data={"old": PASSWORD, "new": "another good one"}).status_code == 303
    assert owner.get("/settings/me").status_code == 200
    assert other.get("/settings/me").status_code == 303
    assert people.sign_in(EMAIL, "another good one").get("/settings/me").status_code == 200


def test_sessions_are_listed_and_ended(people: People, owner: TestClient) -> None:
    other = people.sign_in(EMAIL)
    page = owner.get("/settings/sessions").text
    assert "this one" in page
    session_id = re.findall(r'name="session" value="(\w+)"', page)[0]
    assert owner.post("/settings/sessions", data={"session": session_id}).status_code == 303
    assert other.get("/settings/me").status_code == 303
    third = people.sign_in(EMAIL)
    owner.post("/settings/sessions")
    assert third.get("/settings/me").status_code == 303
    assert owner.get("/settings/me").status_code == 200


def test_a_token_has_no_account_page(people: People, owner: TestClient) -> None:
    assert people.ada.get("/settings/me").headers["location"].startswith("/sign-in")
    assert people.ada.get("/settings").status_code == 200


def test_the_options_say_their_value_and_where_it_comes_from_and_tell_no_secret(
    people: People, owner: TestClient
) -> None:
    (people.folder / "run").mkdir()
    keep_origins(people.folder / "run", {"log_max_age_days": "HEADWATER_LOG_MAX_AGE_DAYS"})
    page = owner.get("/settings/retention").text
    assert "HEADWATER_LOG_MAX_AGE_DAYS" in page
    assert "default" in page
    everything = owner.get("/settings/server").text
    assert "query_timeout_seconds" in everything
    for name in ("warehouse", "log"):
        assert owner.get(f"/settings/{name}").status_code == 200


def test_about_says_the_version_and_how_to_upgrade(owner: TestClient) -> None:
    page = owner.get("/settings/about").text
    assert "headwater backup" in page
    assert "CHANGELOG.md" in page


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/1 Safari/1", "Chrome, macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS) Version/1 Safari/1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/1 Safari/1 Edg/1", "Edge, Windows"),
        ("curl/8.1", "curl"),
        ("", "–"),
    ],
)
def test_a_browser_is_named_by_what_it_says(said: str, name: str) -> None:
    assert browser_name(said) == name
