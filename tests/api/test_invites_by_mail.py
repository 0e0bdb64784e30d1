"""Invitations over the API, with a mail server on this machine."""

import dataclasses
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from starlette.testclient import TestClient

from headwater.api.application import application
from headwater.api.frame import Context
from tests.api.conftest import ALICE


class Box(Handler):
    """Keeps the text of what the mail server takes, by its address."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, str] = {}

    def handle_message(self, message: Any) -> None:
        self.taken[message["To"]] = message.get_payload(decode=True).decode()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def box(port: int) -> Iterator[Box]:
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def sender(context: Context, port: int) -> TestClient:
    """The owner of a Headwater that sends through that port."""
    settings = msgspec.structs.replace(
        context.settings,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        mail_from="cdp@example.com",
    )
    configured = dataclasses.replace(context, settings=settings)
    return TestClient(application(configured), headers={"Authorization": f"Bearer {ALICE}"})


def invite(client: TestClient) -> Any:
    body = {"invites": [{"email": "bob@example.com"}]}
    response = client.post("/api/invites", json=body)
    assert response.status_code == 201, response.text
    return response.json()["data"]


def test_a_link_goes_to_its_address(sender: TestClient, box: Box) -> None:
    made = invite(sender)
    assert made["areMailed"]
    assert made["links"][0]["url"] in box.taken["bob@example.com"]


def test_where_the_mail_server_is_away_the_link_is_passed_on_by_hand(sender: TestClient) -> None:
    made = invite(sender)
    assert (made["areMailed"], len(made["links"])) == (False, 1)


def test_without_a_mail_server_nothing_is_sent(alice: TestClient, box: Box) -> None:
    assert not invite(alice)["areMailed"]
    assert box.taken == {}
