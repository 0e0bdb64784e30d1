"""A console with people: Ada owns the workspace; a visitor is a browser with its own cookies."""

from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from headwater.access import members
from headwater.access.model import OWNER
from headwater.settings import Settings
from headwater.web.application import application
from headwater.workspaces import store
from tests.web.stage import ADA, Stage

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"


class People(Stage):
    """The stage, and browsers on it."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        super().__init__(folder)
        if settings is not None:
            self.context = replace(self.context, settings=settings)
        self.owner_browser = self.browser()

    def browser(self, **headers: str) -> TestClient:
        """A browser of somebody who has not signed in."""
        return TestClient(
            application(self.context),
            headers={"Sec-Fetch-Site": "same-origin", **headers},
            base_url="http://headwater.test",
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def set_up(self) -> TestClient:
        """The owner's browser, signed in by the set-up page."""
        owner = {"token": ADA, "name": "Ada", "email": EMAIL, "password": PASSWORD}
        answer = self.owner_browser.post("/setup", data={**owner, "workspace": "Tea & Co"})
        assert answer.status_code == 303, answer.text
        return self.owner_browser

    def sign_in(self, email: str, password: str = PASSWORD) -> TestClient:
        """A browser signed in by the page."""
        browser = self.browser()
        answer = browser.post("/sign-in", data={"email": email, "password": password})
        assert answer.status_code == 303, answer.text
        return browser

    def join(self, email: str, *, role: str = "workspace-member") -> TestClient:
        """Somebody whom the owner invites, who accepts."""
        made = self.owner_browser.post(
            "/settings/members/invite",
            data={"emails": email, "role": role, "scope": "WORKSPACE"},
        )
        assert made.status_code == 200, made.text
        secret = made.text.split("/invitation?token=")[1].split('"')[0].split("<")[0]
        browser = self.browser()
        given = {"token": secret, "name": email.partition("@")[0].title(), "password": PASSWORD}
        answer = browser.post("/invitation", data=given)
        assert answer.status_code == 303, answer.text
        return browser

    def belongs_elsewhere(self, user_id: str, name: str = "Elsewhere") -> str:
        """Make somebody an owner of another workspace too. Returns its id."""
        with self.changes.change(self.owner) as step:
            other = store.create_workspace(step.connection, name=name, now=step.now)
            members.put(step.connection, other.id, user_id, OWNER, now=step.now)
        return other.id
