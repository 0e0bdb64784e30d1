"""A real browser on a real Headwater: Debian's chromium, driven by Playwright.

    def test_a_source_is_made_on_its_page(owner: Visitor) -> None:
        owner.go("/sources")
        owner.page.get_by_role("link", name="New source").click()
        owner.check_access()

`owner` is signed in, English, light; `look` as a further argument runs a test in both languages and
themes (`visit(look)`). Each visitor fails its test where a request left the host, a script broke,
or the content security policy was broken. HEADWATER_SHOTS=FOLDER keeps a picture of each
`visitor.shot(name)`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    sync_playwright,
)

from headwater.testing.whole import Whole

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
AXE = Path(__file__).parents[1] / "flows" / "node" / "node_modules" / "axe-core" / "axe.min.js"
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_INLINE_STYLE = "Applying inline style violates"
_PLOTLY = "/static/plotly-"
"""Plotly tries to write styles of its own, is refused, and draws all the same: that alone is
known, by the script that tried."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.whole)


class Look(msgspec.Struct, frozen=True):
    """The language and theme that a visitor has chosen, and the width of the window."""

    language: str = "en"
    theme: str = "light"
    width: int = 1280

    @property
    def name(self) -> str:
        return f"{self.language}-{self.theme}" + ("-phone" if self.width < 600 else "")


LOOKS = [
    Look(language, theme, width)
    for language, theme, width in (
        ("en", "light", 1280),
        ("zh_CN", "dark", 1280),
        ("zh_CN", "light", 390),
        ("en", "dark", 390),
    )
]


class Visitor:
    """A person at a browser window."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.faults: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: self._watch(request.url))
        self.page: Page = self.open()

    def open(self) -> Page:
        """One more tab."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", self._hear)
        return page

    def go(self, path: str) -> Response | None:
        """Open a page of the console, and wait until its scripts stand ready."""
        response = self.page.goto(self.url + path)
        self.page.wait_for_selector("html[data-ready]", state="attached")
        return response

    def check_access(self, without: tuple[str, ...] = ()) -> None:
        """Fail where axe finds a serious or critical fault against WCAG 2.2 AA on this page."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate(
            "levels => axe.run(document, {runOnly: {type: 'tag', values: levels}})", _LEVELS
        )
        faults = [
            f"{fault['id']} ({fault['impact']}): {node['html'][:200]} — {node['failureSummary']}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical") and fault["id"] not in without
            for node in fault["nodes"][:5]
        ]
        assert not faults, f"{self.page.url}:\n" + "\n".join(faults)

    def shot(self, name: str) -> None:
        """Keep a picture of the page, where HEADWATER_SHOTS names a folder."""
        if folder := os.environ.get("HEADWATER_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    def check(self) -> None:
        """Fail on whatever went wrong on the way."""
        assert not self.faults, "\n".join(self.faults)

    def _watch(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "blob:", "about:")):
            self.faults.append(f"a request left the host: {url}")

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type != "error" or "status of 4" in said.text:
            return
        where = said.location["url"]
        if _INLINE_STYLE not in said.text or _PLOTLY not in where:
            self.faults.append(f"console: {said.text} ({where}:{said.location['lineNumber']})")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A Headwater that nobody has set up yet has its owner made: ada@example.com."""
    folder = tmp_path_factory.mktemp("console")
    with Whole(
        folder,
        disk_reserve_bytes=0,
        load_interval_seconds=0.1,
        connections_folder=str(tmp_path_factory.getbasetemp()),
    ) as whole:
        set_up(whole)
        yield whole


def set_up(whole: Whole) -> None:
    """Make the owner, as the form of /setup does."""
    answer = httpx.post(
        f"{whole.url}/setup",
        data={
            "token": whole.token,
            "name": "Ada Lovelace",
            "email": EMAIL,
            "password": PASSWORD,
            "workspace": "Tea & Co",
        },
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303, answer.text


@pytest.fixture(scope="session")
def session(server: Whole) -> list[Any]:
    """The cookies of the owner, signed in."""
    answer = httpx.post(
        f"{server.url}/sign-in",
        data={"email": EMAIL, "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 303, answer.text
    value = answer.cookies["headwater_session"]
    return [{"name": "headwater_session", "value": value, "url": server.url}]


def person(whole: Whole, owner: list[Any], email: str) -> list[Any]:
    """The cookies of a new person, who owns the workspace too: for tests that change an account."""
    cookies = {each["name"]: each["value"] for each in owner}
    given = {"role": "workspace-owner", "scope": "WORKSPACE"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=whole.url, headers=headers, cookies=cookies) as client:
        made = client.post("/settings/members/invite", data={"emails": email, **given})
        secret = made.text.split("/invitation?token=")[1].split("<")[0].split('"')[0]
        account = {"token": secret, "name": "Somebody Else", "password": PASSWORD}
        answer = httpx.post(f"{whole.url}/invitation", data=account, headers=headers)
    assert answer.status_code == 303, answer.text
    value = answer.cookies["headwater_session"]
    return [{"name": "headwater_session", "value": value, "url": whole.url}]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one file: Playwright's loop must not run beside those of other tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids=lambda look: look.name)
def look(request: pytest.FixtureRequest) -> Look:
    """Both languages, both themes, a desk and a phone, in four pairs."""
    chosen: Look = request.param
    return chosen


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, server: Whole, session: list[Any]) -> Iterator[Visit]:
    """Opens windows: `visit(look)` signed in as the owner, `visit(look, stranger=True)` not."""
    visitors: list[Visitor] = []

    def open_window(
        look: Look = LOOKS[0],
        *,
        stranger: bool = False,
        whole: Whole = server,
        cookies: list[Any] = session,
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": look.width, "height": 844 if look.width < 600 else 860},
            locale="zh-CN" if look.language == "zh_CN" else "en-US",
            color_scheme="dark" if look.theme == "dark" else "light",
            timezone_id="Asia/Shanghai" if look.language == "zh_CN" else "Europe/London",
            reduced_motion="reduce",
        )
        if not stranger:
            context.add_cookies(cookies)
        visitors.append(Visitor(context, whole.url))
        return visitors[-1]

    yield open_window
    for each in visitors:
        each.context.close()
    for each in visitors:
        each.check()


@pytest.fixture
def owner(visit: Visit) -> Visitor:
    """The owner at a window: English, light."""
    return visit()


@pytest.fixture
def stranger(visit: Visit) -> Visitor:
    """Somebody who has not signed in."""
    return visit(stranger=True)


@pytest.fixture(scope="session")
def segments_snippet() -> Callable[[str, str], str]:
    """Segment's published snippet with only its host replaced."""
    if not (AXE.parents[1] / "@segment" / "snippet").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=AXE.parents[2], check=True)

    def rendered(url: str, key: str) -> str:
        host = url.removeprefix("http://")
        program = (
            "import snippet from '@segment/snippet';"
            f"console.log(snippet.min({{host: {json.dumps(host)}, apiKey: {json.dumps(key)}}}))"
        )
        done = subprocess.run(
            ["node", "--input-type=module", "-e", program],
            cwd=AXE.parents[2],
            check=True,
            capture_output=True,
            text=True,
        )
        # It is made for https alone; the server of the tests has none.
        return f"<script>{done.stdout.replace('https://' + host, url)}</script>"

    return rendered
