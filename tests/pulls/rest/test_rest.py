"""What a REST pull does beyond what the ready definitions show: paging, credentials, bounds."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import PullError
from headwater.pulls.around import Around
from headwater.pulls.definition import parse
from headwater.pulls.preview import preview
from headwater.pulls.run import Pulled
from headwater.pulls.state import rewind
from tests.pulls.rest.apis.serving import Api, Reply, Request, reset, served
from tests.pulls.rest.puller import Puller, definition
from tests.pulls.rest.shop import Paged, Shop, orders, text

KEY = "s3cret-key"


@contextmanager
def pulling(api: Api, folder: Path, **parts: str) -> Iterator[Puller]:
    with served(api):
        made = {name: part.replace("URL", api.url) for name, part in parts.items()}
        yield Puller(definition(text(api.url, **made)), {"KEY": KEY}, folder)


def fails(api: Api, folder: Path, **parts: str) -> str:
    """What a pull of an API says in failing."""
    with pulling(api, folder, **parts) as puller, pytest.raises(PullError) as caught:
        puller.pull()
    assert str(caught.value).startswith("orders: ")
    assert KEY not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "paging",
    [
        "{type: page, size: 2}",
        "{type: page, pages: pages}",
        "{type: offset, total: total}",
        "{type: offset}",
        "{type: cursor, at: next, param: after}",
        "{type: link}",
        "{type: next_url, at: url}",
        "{type: last_id, param: after, more: more}",
    ],
)
def test_all_pages_are_read_and_what_is_gone_is_seen(tmp_path: Path, paging: str) -> None:
    api = Paged()
    with pulling(api, tmp_path, paging=paging) as puller:
        assert puller.pull().changes == {"inserted": 5}
        assert puller.pull().changes == {}
        del api.orders[2:]
        assert puller.pull().changes == {"deleted": 3}
        assert puller.pull().changes == {}
        assert len(puller.events()) == 8


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        ("{type: bearer, token: '${KEY}'}", f"Bearer {KEY}"),
        (
            "{type: basic, user: ada, password: '${KEY}'}",
            "Basic " + base64.b64encode(f"ada:{KEY}".encode()).decode(),
        ),
        ("{type: api_key, name: Authorization, value: '${KEY}'}", KEY),
        ("{type: api_key, where: query, name: key, value: '${KEY}'}", ""),
    ],
)
def test_requests_say_who_asks(tmp_path: Path, auth: str, header: str) -> None:
    api = Shop(lambda _: Reply({"orders": orders(1)}))
    with pulling(api, tmp_path, auth=auth) as puller:
        puller.pull()
    [request] = api.requests
    assert request.headers.get("authorization", "") == header
    assert request.first("key") == ("" if header else KEY)


def test_a_refresh_token_that_is_replaced_is_kept_sealed(tmp_path: Path) -> None:
    given: list[str] = []

    def answer(request: Request) -> Reply:
        if request.path != "/token":
            good = request.headers["authorization"] == f"Bearer access-{len(given)}"
            return Reply({"orders": orders(1)}) if good else Reply({}, 401)
        form = request.form()
        assert (form["grant_type"], form["client_id"]) == ("refresh_token", "app")
        assert form["refresh_token"] == (given[-1] if given else KEY)
        given.append(f"refresh-{len(given)}")
        access = f"access-{len(given)}"
        return Reply({"access_token": access, "refresh_token": given[-1], "expires_in": 3600})

    auth = (
        "{type: oauth2, grant: refresh_token, token_url: 'URL/token', client_id: app, "
        "refresh_token: '${KEY}'}"
    )
    api = Shop(answer)
    with pulling(api, tmp_path, auth=auth) as puller:
        puller.pull()
        puller.pull()
        api.first += [Reply({"access_token": "old", "refresh_token": given[-1]}), Reply({}, 401)]
        puller.pull()  # the first access token had expired: one more is asked for
        puller.pull(is_reset=True)
        rewind(tmp_path / "data", puller.definition.id_in("s1"))
        puller.pull()
    assert len(given) == 5
    [state] = (tmp_path / "data" / "pulls").glob("*.sqlite")
    assert b"refresh-" not in state.read_bytes()


def test_what_may_pass_is_asked_again_more_and_more_slowly(tmp_path: Path) -> None:
    api = Shop(lambda _: Reply({"orders": orders(1)}))
    with pulling(api, tmp_path) as puller:
        api.first += [Reply({}, 500), reset, Reply({}, 502), Reply({}, 429, {"Retry-After": "12"})]
        assert puller.pull().changes == {"inserted": 1}
    first, second, third, asked = puller.waits
    assert first < second + 1 < third + 2
    assert 12 <= asked < 13


def test_a_failure_that_does_not_pass_ends_the_run(tmp_path: Path) -> None:
    api = Shop(lambda _: Reply({"error": {"message": f"down, {KEY}"}}, 503))
    auth = "{type: bearer, token: '${KEY}'}"
    said = fails(api, tmp_path, auth=auth, limits="{retries: 2}")
    assert "it answers 503: down, ***, also when asked again" in said
    assert len(api.requests) == 3


def test_a_secret_that_is_no_credential_is_not_said_either(tmp_path: Path) -> None:
    api = Shop(lambda request: Reply({"message": f"no shop {request.first('shop')}"}, 400))
    with served(api):
        made = text(api.url).replace("data: orders", "data: orders\n    params: {shop: '${KEY}'}")
        with pytest.raises(PullError, match=r"no shop \*\*\*"):
            Puller(definition(made), {"KEY": KEY}, tmp_path).pull()


def test_a_wait_that_is_too_long_ends_the_run(tmp_path: Path) -> None:
    api = Shop(lambda _: Reply({}, 429, {"Retry-After": "86400"}))
    assert "asks to wait 86400 s" in fails(api, tmp_path)
    assert len(api.requests) == 1


def test_the_pace_is_kept_and_a_header_that_says_none_is_left_is_heeded(tmp_path: Path) -> None:
    api = Paged()
    limits = "{requests_per_second: 4, remaining_header: X-Left, reset_header: X-Reset}"
    with pulling(api, tmp_path, paging="{type: offset}", limits=limits) as puller:
        api.first += [Reply({"orders": orders(9)}, 200, {"X-Left": "0", "X-Reset": "30"})]
        puller.pull()
    assert any(29 < wait <= 30 for wait in puller.waits)
    assert sum(wait > 0.1 for wait in puller.waits) >= 2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b"<html>", kind="text/html"), "it answers with text/html, where JSON is needed"),
        (Reply(b'{"orders": [', 200), "its answer is no JSON"),
        (Reply(b"[" * 200_000, 200), "its answer is no JSON"),
        (Reply({"data": []}), "its answer has no array at 'orders'"),
        (Reply({"orders": [1, 2]}), "has what is no object"),
        (Reply({"orders": ["x" * 3000]}), "an answer has more than 2,000 bytes"),
        (Reply({}, 301, {"Location": "http://localhost:1/x"}), "away from the API"),
        (Reply({}, 302, {"Location": "http://[bad"}), "redirects"),
        (Reply({}, 302, {"Location": "/orders"}), "redirects more than 5 times"),
        (Reply(b"no gzip", 200, {"Content-Encoding": "gzip"}), "not packed as it says"),
        (Reply({"message": "no such page"}, 404), "it answers 404: no such page"),
        (Reply({"message": "never"}, 403), "it answers 403: never"),
    ],
    ids=lambda value: "" if isinstance(value, Reply) else value[:30],
)
def test_an_answer_that_is_none_is_told(tmp_path: Path, reply: Reply, said: str) -> None:
    limits = "{max_bytes: 2000}" if "2,000" in said else "{}"
    assert said in fails(Shop(lambda _: reply), tmp_path, limits=limits)


def _same(_: Request) -> Reply:
    return Reply({"orders": orders(1), "next": "again", "url": "/orders?x=1"})


def _endless(request: Request) -> Reply:
    number = int(request.first("after", "0")) + 1
    return Reply({"orders": orders(number), "next": number})


@pytest.mark.parametrize(
    ("answer", "paging", "said"),
    [
        (_same, "{type: cursor, at: next}", "the same page again and again"),
        (lambda _: Reply({"orders": [], "next": "a"}), "{type: cursor, at: next}", "read already"),
        (_same, "{type: offset}", "the same page again and again"),
        (_same, "{type: next_url, at: url}", "the same page again and again"),
        (_endless, "{type: cursor, at: next, param: after}", "more than 30 pages"),
        (
            lambda _: Reply({"orders": orders(1), "url": "http://localhost:1/orders"}),
            "{type: next_url, at: url}",
            "leads to http://localhost:1, away from the API",
        ),
    ],
)
def test_paging_that_does_not_end_is_told(
    tmp_path: Path, answer: Any, paging: str, said: str
) -> None:
    assert said in fails(Shop(answer), tmp_path, paging=paging, limits="{max_pages: 30}")


def test_credentials_do_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    other = Shop(lambda _: Reply({"orders": orders(1)}))
    with served(other):
        away = Reply({}, 307, {"Location": f"{other.url}/orders"})
        fails(Shop(lambda _: away), tmp_path, auth="{type: bearer, token: '${KEY}'}")
    assert other.requests == []


@pytest.mark.parametrize(
    ("head", "drop"),
    [(b"Content-Length: 1000000\r\n\r\n", b" "), (b"X-Endless: ", b"x"), (b"\r\n", b" ")],
)
def test_an_answer_that_drips_is_given_up(tmp_path: Path, head: bytes, drop: bytes) -> None:
    # A byte at a time, each in time; the whole is not.
    listening = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
            while not ended.wait(0.02):
                try:
                    connection.sendall(drop)
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    made = definition(text(url, limits="{timeout_seconds: 0.2, retries: 0}"))
    try:
        with pytest.raises(PullError, match=r"orders: an answer takes more than 0\.2 s"):
            Puller(made, {}, tmp_path).pull()
    finally:
        ended.set()
        thread.join()
        listening.close()


def test_a_run_that_is_told_to_stop_ends_and_the_next_goes_on(tmp_path: Path) -> None:
    api = Paged()
    stop = threading.Event()

    def report(done: Pulled) -> None:
        if done.rows:
            stop.set()

    with pulling(api, tmp_path, paging="{type: offset}") as puller:
        done = puller.pull(around=Around(secrets={}, stop=stop), report=report)
        assert (done.is_stopped, done.changes) == (True, {"inserted": 2})
        assert puller.pull().changes == {"inserted": 3}
        assert len(puller.events()) == 5


def test_a_stop_ends_a_wait(tmp_path: Path) -> None:
    stop = threading.Event()
    api = Shop(lambda _: Reply({}, 429, {"Retry-After": "600"}))
    with pulling(api, tmp_path) as puller:
        timer = threading.Timer(0.1, stop.set)
        timer.start()
        assert puller.pull(around=Around(secrets={}, stop=stop)).is_stopped


def test_a_preview_shows_the_first_page_of_each_resource_and_sends_nothing(tmp_path: Path) -> None:
    api = Paged()
    with pulling(api, tmp_path, paging="{type: offset}") as puller:
        assert len(list(preview(puller.definition, puller.around()))) == 2
    assert len(api.requests) == 1


def test_a_run_reports_rows_and_requests_of_each_resource(tmp_path: Path) -> None:
    api = Paged()
    with pulling(api, tmp_path, paging="{type: offset, total: total}") as puller:
        done = puller.pull()
    assert (done.rows, done.requests, done.part, done.events) == (5, 3, "orders", 5)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("path: /orders", "path: orders", "`path` must begin with `/`"),
        ("http://api", "ftp://api", "must begin with https://"),
        ("key: [id]", "key: []", "key"),
        ("key: [id]", "keys: [id]", "keys"),
        ("type: none}\n  limits", "type: magic}\n  limits", "magic"),
        ("name: orders", "name: Orders!", "name"),
        ("name: orders", "name: orders\n    parent: shops", "parent 'shops'"),
        ("data: orders", "data: orders\n    feed: {path: /x}", "`feed` needs a `cursor`"),
        ("data: orders", "data: orders\n    restart_after: 5", "`restart_after` needs"),
        ("data: orders", "data: orders\n    data: twice", "is there twice"),
        ("rest:", "x: &a [1]\ny: *a\nrest:", "aliases are not taken"),
        ("events:", "nothing:", "nothing"),
        ("resources:", "resources: [", "cannot be used"),
    ],
)
def test_a_definition_that_cannot_be_used_is_refused(old: str, new: str, problem: str) -> None:
    whole = text("http://api")
    assert old in whole
    with pytest.raises(PullError, match=problem):
        parse(whole.replace(old, new), "shop.yaml")


def test_an_address_that_is_none_is_told(tmp_path: Path) -> None:
    made = definition(text("'${KEY}'"))
    with pytest.raises(PullError, match=r"`rest\.base_url` is no address"):
        Puller(made, {"KEY": "nowhere"}, tmp_path).pull()
