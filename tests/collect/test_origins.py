"""Which pages a source takes events from: the configuration says it, and the door holds to it."""

import json

import msgspec
import pytest

from headwater.collect import routes
from headwater.collect.accept import Accepted, Call, accept
from headwater.collect.answers import Answer
from headwater.collect.sources import Sources
from tests.collect.door import CONFIGURATION, KEY, NOW, TERMS, refused, source, taken

LIMITED = Sources(
    msgspec.structs.replace(
        CONFIGURATION,
        sources=(
            msgspec.structs.replace(source(1, KEY), allowed_origins=("https://shop.example",)),
        ),
    )
)
EVENT = json.dumps({"userId": "u", "event": "Signed Up", "writeKey": KEY}).encode()


def send(path: str, origin: str | None, *, body: bytes = EVENT) -> Accepted | Answer:
    route = routes.find(path.encode())
    assert route is not None
    headers = {} if origin is None else {b"origin": origin.encode()}
    return accept(Call(route, f"writeKey={KEY}".encode(), headers, body, "x"), LIMITED, TERMS, NOW)


def test_a_listed_page_may_send_and_so_may_a_program() -> None:
    assert taken(send("/v1/track", "https://shop.example")).record.count == 1
    assert taken(send("/v1/track", None)).record.count == 1


@pytest.mark.parametrize("origin", ["https://other.example", "http://shop.example", "null"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/track", EVENT),
        ("/v1/batch", b'{"batch": [{"type": "track"}]}'),
        ("/sourceConfig", b""),
        (f"/v1/projects/{KEY}/settings", b""),
    ],
)
def test_another_page_is_refused_with_a_code_and_a_hint(
    origin: str, path: str, body: bytes
) -> None:
    refusal = refused(send(path, origin, body=body))
    assert (refusal["status"], refusal["code"]) == (403, "origin_not_allowed")
    assert origin in refusal["message"]
    assert "allowed origins" in refusal["hint"]


def test_a_listed_page_may_load_the_settings() -> None:
    answer = send(f"/v1/projects/{KEY}/settings", "https://shop.example", body=b"")
    assert isinstance(answer, Answer)
    assert answer.status == 200
