"""`headwater user` and `headwater token`, against a whole server and a folder at rest."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

PASSWORD = "correct horse battery"
PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with Whole(tmp_path_factory.mktemp("people"), disk_reserve_bytes=0) as whole:
        yield whole


def refused(whole: Whole, *arguments: str) -> str:
    """What a command that is refused says on standard error."""
    environment = whole.environment() | {"HEADWATER_URL": whole.url, "HEADWATER_TOKEN": whole.token}
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


def get(whole: Whole, path: str, secret: str) -> httpx.Response:
    return httpx.get(whole.url + path, headers={"Authorization": f"Bearer {secret}"})


def test_a_token_lives(whole: Whole) -> None:
    made: dict[str, Any] = json.loads(
        whole.command(
            *("token", "create", "--name", "Robot", "--role", "Source Read-only"),
            *("--source", "Test", "--days", "30"),
        )
    )
    assert made["permissions"][0]["resources"][0]["type"] == "SOURCE"
    assert made["expiresAt"]
    assert get(whole, "/api/sources", made["secret"]).status_code == 200
    assert get(whole, "/api/users", made["secret"]).status_code == 403
    listed = json.loads(whole.command("token", "list"))
    assert [each["name"] for each in listed] == ["First owner", "Robot"]
    assert made["secret"] not in json.dumps(listed)
    whole.command("token", "revoke", made["id"])
    assert get(whole, "/api/sources", made["secret"]).status_code == 401
    assert "no token" in refused(whole, "token", "revoke", made["id"])


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--role", "Emperor"), "Workspace Owner"),
        (("--role", "Source Admin", "--source", "none"), "no source"),
        (("--role", "Source Admin", "--label", "env"), "KEY:VALUE"),
        (("--role", "Source Admin", "--label", "env:none"), "no label"),
        (("--role", "Source Admin", "--days", "-1"), "--days"),
    ],
)
def test_a_token_that_cannot_be_is_explained(
    whole: Whole, arguments: tuple[str, ...], word: str
) -> None:
    assert word in refused(whole, "token", "create", "--name", "x", *arguments)


def test_somebody_is_invited_comes_in_and_forgets_his_password(whole: Whole) -> None:
    link = whole.command("user", "invite", "bob@example.com", "--role", "Workspace Member")
    url = link.decode().strip()
    assert url.startswith(f"{whole.url}/invitation?token=")
    assert json.loads(whole.command("user", "list"))["invited"] == ["bob@example.com"]
    assert httpx.get(url).status_code == 200
    form = {"token": url.partition("=")[2], "name": "Bob", "password": PASSWORD}
    joined = httpx.post(f"{whole.url}/invitation", data=form, headers=PAGE)
    assert joined.status_code == 303, joined.text
    [bob] = json.loads(whole.command("user", "list"))["users"]
    assert (bob["email"], bob["permissions"]) == ("bob@example.com", ["Workspace Member"])
    assert httpx.get(f"{whole.url}/api", cookies=joined.cookies).status_code == 200

    assert whole.stop() == 0
    new = "another horse entirely"
    subprocess.run(
        [sys.executable, "-m", "headwater", "user", "password", "Bob@Example.com"],
        env=whole.environment(),
        input=f"{new}\n",
        text=True,
        timeout=120,
        check=True,
    )
    whole.start()
    assert httpx.get(f"{whole.url}/api", cookies=joined.cookies).status_code == 401
    for password, status in ((PASSWORD, 401), (new, 303)):
        form = {"email": "bob@example.com", "password": password}
        signed_in = httpx.post(f"{whole.url}/sign-in", data=form, headers=PAGE)
        assert signed_in.status_code == status, signed_in.text


def test_the_first_owner_is_made_by_the_link_that_is_printed(tmp_path: Path) -> None:
    with Whole(tmp_path, disk_reserve_bytes=0) as whole:
        printed = whole.command("welcome").decode()
        url = next(word for word in printed.split() if "/setup?token=" in word)
        assert httpx.get(url).status_code == 200
        form = {
            "token": url.partition("=")[2],
            "name": "Alice",
            "email": "alice@example.com",
            "password": PASSWORD,
            "workspace": "Alice's shop",
        }
        made = httpx.post(f"{whole.url}/setup", data=form, headers=PAGE)
        assert made.status_code == 303, made.text
        workspace = httpx.get(f"{whole.url}/api", cookies=made.cookies).json()["data"]["workspace"]
        assert workspace["name"] == "Alice's shop"
        assert "/setup" not in whole.command("welcome").decode()
        again = httpx.post(f"{whole.url}/setup", data=form, headers=PAGE)
        assert again.status_code == 409
