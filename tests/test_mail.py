"""Messages by e-mail, against a real mail server on this machine."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller

from headwater import mail
from headwater.errors import BadRequestError, UnavailableError
from headwater.mail import Message
from headwater.settings import Settings
from tests.web.people import People


class Box:
    """Keeps what the mail server takes; it refuses whatever goes to `full@`."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("full@"):
            return "452 the box is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def settings(box: Box) -> Iterator[Settings]:
    """Those of a Headwater that sends through the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield Settings(
        smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", mail_from="cdp@example.com"
    )
    controller.stop()


def test_a_message_arrives_as_it_was_written(settings: Settings, box: Box) -> None:
    mail.send(settings, Message("bob@example.com", "你好", "a line\nand 中文\n"))
    (message,) = box.taken
    assert message["To"] == "bob@example.com"
    assert message["From"] == "cdp@example.com"
    assert message["Subject"] == "你好"
    assert message.get_content().splitlines() == ["a line", "and 中文"]


def test_without_a_server_it_says_what_to_set() -> None:
    assert not mail.is_configured(Settings())
    with pytest.raises(BadRequestError, match="smtp_host"):
        mail.send(Settings(), Message("bob@example.com", "", ""))


def test_a_refusal_is_told_with_the_servers_reason(settings: Settings) -> None:
    with pytest.raises(UnavailableError, match="did not take the message"):
        mail.send(settings, Message("full@example.com", "", ""))


def test_a_server_that_is_not_there_or_offers_no_tls_is_told_so(settings: Settings) -> None:
    for changed in ({"smtp_port": 1}, {"smtp_security": "starttls"}):
        odd = msgspec.structs.replace(settings, **changed)
        with pytest.raises(UnavailableError):
            mail.send(odd, Message("bob@example.com", "", ""))


@pytest.fixture
def people(tmp_path: Path, settings: Settings) -> People:
    return People(tmp_path, msgspec.structs.replace(settings, data_dir=tmp_path))


def test_an_invitation_goes_to_its_person_and_can_be_accepted(people: People, box: Box) -> None:
    owner = people.set_up()
    page = owner.post("/settings/members/invite", data={"emails": "bob@example.com"}).text
    assert "Each link was sent to its person by e-mail." in page
    (message,) = box.taken
    assert message["Subject"] == "Ada invites you to Tea & Co"
    path = message.get_content().split("http://headwater.test")[1].strip()
    assert "Join Tea &amp; Co" in people.browser().get(path).text


def test_an_invitation_that_was_not_sent_keeps_its_link_on_the_page(people: People) -> None:
    owner = people.set_up()
    page = owner.post("/settings/members/invite", data={"emails": "full@example.com"}).text
    assert "did not take the message" in page
    assert "/invitation?token=" in page


def test_a_test_message_shows_whether_it_works(people: People, box: Box) -> None:
    owner = people.set_up()
    assert owner.post("/settings/email").status_code == 303
    assert box.taken[0]["To"] == "ada@example.com"
    assert "The mail server took a message" in owner.get("/settings/email").text
