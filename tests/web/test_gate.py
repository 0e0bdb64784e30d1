"""Set-up, sign-in, sign-out and invitations."""

from pathlib import Path

import pytest

from tests.web.people import EMAIL, PASSWORD, People
from tests.web.stage import ADA


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


def test_before_there_is_an_owner_every_way_leads_to_the_set_up(people: People) -> None:
    visitor = people.browser()
    assert visitor.get("/settings").headers["location"] == "/sign-in?next=/settings"
    assert visitor.get("/sign-in").headers["location"] == "/setup"
    page = visitor.get("/setup?token=abc").text
    assert 'value="abc"' in page
    assert "Welcome to Headwater" in page


def test_the_set_up_makes_the_owner_and_signs_in(people: People) -> None:
    owner = people.set_up()
    cookie = owner.cookies["headwater_session"]
    assert cookie
    page = owner.get("/settings").text
    assert "Tea &amp; Co" in page
    assert "Ada" in page


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(people: People) -> None:
    people.set_up()
    browser = people.browser(**{"X-Forwarded-Proto": "https"})
    answer = browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert word in cookie


def test_the_set_up_can_be_done_once(people: People) -> None:
    people.set_up()
    again = people.browser()
    assert again.get("/setup").headers["location"] == "/"
    form = {"token": ADA, "name": "Eve", "email": "eve@example.com", "password": PASSWORD}
    answer = again.post("/setup", data=form)
    assert answer.status_code == 409
    assert "has been made already" in answer.text
    assert "headwater_session" not in again.cookies


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"token": "guess"}, "The API token is not known."),
        ({"email": "nobody"}, "is no e-mail address"),
        ({"name": ""}, "Must be 1 to"),
        ({"password": "short"}, "Must have 10 to 200 characters."),
        ({"password": EMAIL}, "among the first that somebody would try"),
    ],
)
def test_a_set_up_that_cannot_be_used_is_shown_again_with_what_is_wrong(
    people: People, changed: dict[str, str], said: str
) -> None:
    form = {"token": ADA, "name": "Ada", "email": EMAIL, "password": PASSWORD, "workspace": "Tea"}
    answer = people.browser().post("/setup", data={**form, **changed})
    assert 400 <= answer.status_code < 500
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert 'value="Tea"' in answer.text


def test_a_wrong_password_says_no_more_than_a_wrong_address(people: People) -> None:
    people.set_up()
    answers = [
        people.browser().post("/sign-in", data={"email": email, "password": "wrong password"})
        for email in (EMAIL, "nobody@example.com")
    ]
    assert [each.status_code for each in answers] == [401, 401]
    said = [each.text.replace(EMAIL, "").replace("nobody@example.com", "") for each in answers]
    assert said[0] == said[1]


def test_signing_in_goes_on_to_where_one_wanted_to_go_and_never_to_another_host(
    people: People,
) -> None:
    people.set_up()
    for following, goes in (
        ("/settings/me?x=1", "/settings/me?x=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ):
        form = {"email": EMAIL, "password": PASSWORD, "next": following}
        assert people.browser().post("/sign-in", data=form).headers["location"] == goes


def test_signing_out_ends_the_session_on_the_server_too(people: People) -> None:
    owner = people.set_up()
    secret = owner.cookies["headwater_session"]
    assert owner.post("/sign-out").headers["location"] == "/sign-in"
    assert "headwater_session" not in owner.cookies
    stolen = people.browser(Cookie=f"headwater_session={secret}")
    assert stolen.get("/settings").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/setup", "/sign-out", "/settings", "/preferences"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused(
    people: People, path: str, headers: dict[str, str]
) -> None:
    owner = people.set_up()
    answer = owner.post(path, data={"name": "Evil"}, headers=headers)
    assert answer.status_code == 403
    assert "Tea &amp; Co" in owner.get("/settings").text


def test_an_invitation_is_accepted_once_and_gives_its_roles(people: People) -> None:
    owner = people.set_up()
    bob = people.join("bob@example.com", role="source-read-only")
    assert bob.get("/settings/me").status_code == 200
    assert bob.get("/audit").status_code == 403
    members = owner.get("/settings/members").text
    assert "bob@example.com" in members
    assert "Source Read-only" in members


def test_a_used_or_invented_link_leads_nowhere(people: People) -> None:
    people.set_up()
    answer = people.browser().get("/invitation?token=invented")
    assert answer.status_code == 404
    assert "of no use" in answer.text
    assert people.browser().get("/invite/abc").headers["location"] == "/invitation?token=abc"


def test_a_known_person_joins_with_the_password_alone(people: People) -> None:
    owner = people.set_up()
    people.join("bob@example.com")
    page = owner.get("/settings/members").text
    user_id = page.split('data-href="/settings/members/')[2].split('"')[0]
    people.belongs_elsewhere(user_id)
    owner.post(f"/settings/members/{user_id}/remove", data={"typed": "bob@example.com"})
    made = owner.post("/settings/members/invite", data={"emails": "bob@example.com"})
    secret = made.text.split("/invitation?token=")[1].split('"')[0].split("<")[0]
    back = people.browser()
    shown = back.get(f"/invitation?token={secret}").text
    assert "You have an account already" in shown
    assert 'name="name"' not in shown
    wrong = back.post("/invitation", data={"token": secret, "password": "wrong password"})
    assert wrong.status_code == 401
    right = back.post("/invitation", data={"token": secret, "password": PASSWORD})
    assert right.status_code == 303


def test_the_gate_speaks_chinese_to_a_chinese_browser_and_names_what_is_wrong(
    people: People,
) -> None:
    visitor = people.browser(**{"Accept-Language": "zh-CN,zh;q=0.9"})
    page = visitor.get("/setup").text
    assert 'lang="zh-CN"' in page
    assert "欢迎使用 Headwater" in page
    form = {"token": ADA, "name": "王", "email": EMAIL, "password": "short"}
    assert "长度须为 10 到 200 个字符。" in visitor.post("/setup", data=form).text
