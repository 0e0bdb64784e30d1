"""The frame of the pages: safe headers, files, errors, forms, looks."""

import gzip
import re
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from headwater.access.model import Access
from headwater.errors import BadRequestError
from headwater.web import assets
from headwater.web.application import application
from headwater.web.frame import Page, Visit, local_path
from tests.web.people import People


@pytest.fixture
def people(tmp_path: Path) -> People:
    return People(tmp_path)


@pytest.fixture
def owner(people: People) -> TestClient:
    return people.set_up()


def test_no_page_runs_or_loads_anything_but_files_of_its_own_host(owner: TestClient) -> None:
    for path in ("/settings", "/styleguide", "/sign-in", "/nothing"):
        answer = owner.get(path, follow_redirects=True)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        loaded = re.findall(r'(?:src|href)="(https?:)?//', answer.text)
        assert not loaded
        inline = r"<script(?![^>]*(?:src=|application/json))|\son\w+=|\sstyle="
        assert not re.findall(inline, answer.text)


def test_a_page_is_not_kept_and_a_file_is_for_a_year(owner: TestClient) -> None:
    page = owner.get("/settings")
    assert page.headers["cache-control"] == "no-store"
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        file = owner.get(path)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
        assert file.headers["x-content-type-options"] == "nosniff"


def test_a_file_asked_for_by_an_old_address_is_not_kept(owner: TestClient) -> None:
    assert owner.get("/static/0000/js/main.js").headers["cache-control"] == "no-store"
    assert owner.get(f"/static/{assets.digest()}/js/none.js").status_code == 404
    assert owner.get(f"/static/{assets.digest()}/../frame.py").status_code == 404
    assert owner.get("/static/plotly-0.0.min.js").status_code == 404


def test_every_module_that_a_script_imports_is_served() -> None:
    names = set(assets.assets())
    for name, asset in assets.assets().items():
        if name.endswith(".js"):
            for imported in re.findall(r'from "(\.[^"]+)"', asset.body.decode()):
                found = (Path("/") / name).parent / imported
                path = Path(*[part for part in found.parts if part != "."])
                parts: list[str] = []
                for part in path.parts[1:]:
                    parts = parts[:-1] if part == ".." else [*parts, part]
                assert "/".join(parts) in names, f"{name} imports {imported}"


def test_text_files_are_sent_packed_to_who_takes_that(owner: TestClient) -> None:
    asset = assets.assets()["css/components.css"]
    assert gzip.decompress(asset.packed) == asset.body
    answer = owner.get(assets.url("css/components.css"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == asset.body


def test_a_page_with_all_its_files_weighs_less_than_200_kb_apart_from_plotly(
    owner: TestClient,
) -> None:
    own = ("css/tokens.css", "css/base.css", "css/frame.css", "css/components.css", "icon.svg")
    shared = [name for name in assets.assets() if name.startswith("js/") and name.count("/") == 1]
    files = sum(len(assets.assets()[name].body) for name in (*own, *shared))
    for path in ("/settings/me", "/styleguide", "/audit", "/health-page", "/settings/server"):
        assert len(owner.get(path).content) + files < 200_000, path


def test_an_error_of_ours_is_told_and_one_of_the_code_is_not(people: People) -> None:
    async def refused(visit: Visit) -> None:
        raise BadRequestError("The moon is full.", hint="Wait for a week.")

    async def broken(visit: Visit) -> None:
        raise RuntimeError("the secret recipe")

    pages = [
        Page("GET", "/refused", Access.ANYONE, refused),  # type: ignore[arg-type]
        Page("GET", "/broken", Access.ANYONE, broken),  # type: ignore[arg-type]
    ]
    client = TestClient(application(people.context, pages), raise_server_exceptions=False)
    answer = client.get("/refused")
    assert answer.status_code == 400
    assert "The moon is full." in answer.text
    assert "Wait for a week." in answer.text
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "secret recipe" not in answer.text
    assert "Something went wrong in Headwater itself." in answer.text


class Sent(msgspec.Struct):
    """A form with a field of each kind."""

    name: str = ""
    count: int = 1
    ticked: bool = False
    chosen: list[str] = []


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({}, Sent()),
        (
            {"name": "a\r\nb", "count": "7", "ticked": "on", "chosen": ["x", "y"]},
            Sent("a\nb", 7, True, ["x", "y"]),
        ),
        ({"unknown": "1", "ticked": "off"}, Sent()),
    ],
)
def test_a_form_is_read_as_its_type(people: People, data: dict[str, str], seen: Sent) -> None:
    assert _sent(people, data).json() == msgspec.to_builtins(seen)


def test_a_field_that_cannot_be_used_is_named(people: People) -> None:
    answer = _sent(people, {"count": "many"})
    assert answer.status_code == 400
    assert answer.text.startswith("count|")


def test_a_form_of_a_thousand_fields_too_many_is_refused(people: People) -> None:
    assert _sent(people, {"chosen": ["x"] * 3000}).status_code == 400


def _sent(people: People, data: object) -> "object":
    async def read(visit: Visit) -> object:
        try:
            return visit.json(await visit.form(Sent))
        except BadRequestError as error:
            problem = visit.problem(error)
            from starlette.responses import PlainTextResponse

            return PlainTextResponse(f"{problem.field}|{problem.message}", 400)

    pages = [Page("POST", "/form", Access.ANYONE, read)]  # type: ignore[arg-type]
    client = TestClient(
        application(people.context, pages), headers={"Sec-Fetch-Site": "same-origin"}
    )
    return client.post("/form", data=data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("/a?b=c#d", "/a?b=c#d"),
        ("//host", "/"),
        ("/\\host", "/"),
        ("host", "/"),
        ("https://host/", "/"),
        ("/a\nb", "/"),
        ("/\t/host", "/"),
    ],
)
def test_a_redirect_stays_on_this_host(path: str, goes: str) -> None:
    assert local_path(path) == goes


def test_a_notice_is_shown_once_and_escaped(owner: TestClient) -> None:
    owner.post("/settings/groups", data={"name": "<b>Bold</b>"})
    group_id = owner.get("/settings/groups").text.split('data-href="/settings/groups/')[1][:22]
    owner.post(f"/settings/groups/{group_id}/remove", data={"typed": "<b>Bold</b>"})
    page = owner.get("/settings/groups").text
    assert "The group &lt;b&gt;Bold&lt;/b&gt; is deleted." in page
    assert "is deleted." not in owner.get("/settings/groups").text


def test_an_odd_notice_or_preference_is_passed_over(people: People) -> None:
    cookies = "headwater_notice=%5B1; headwater_theme=x; headwater_zone=../etc/passwd"
    page = people.browser(Cookie=cookies).get("/setup").text
    assert 'data-theme="system"' in page
    assert 'data-zone="UTC"' in page


def test_the_language_and_the_theme_are_kept_by_the_browser(people: People) -> None:
    visitor = people.browser()
    answer = visitor.post("/preferences", data={"language": "zh_CN", "back": "/setup"})
    assert answer.headers["location"] == "/setup"
    visitor.post("/preferences", data={"theme": "dark"})
    page = visitor.get("/setup").text
    assert 'lang="zh-CN"' in page
    assert 'data-theme="dark"' in page
    assert visitor.post("/preferences", data={"theme": "pink"}).status_code == 400


def test_a_chosen_language_goes_with_the_person_to_another_browser(people: People) -> None:
    owner = people.set_up()
    owner.post("/preferences", data={"language": "zh_CN"})
    assert 'lang="zh-CN"' in people.sign_in("ada@example.com").get("/settings").text
