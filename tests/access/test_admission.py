"""Who is let in, by a request's headers."""

import base64

import pytest

from headwater.access.admission import Credentials, admit, credentials, identify, is_local
from headwater.access.changes import Changes
from headwater.access.model import Access, Grant, OnSome, Principal, Reach, Rule
from headwater.access.permissions import Kind, Permission
from headwater.access.roles import Role
from headwater.errors import ForbiddenError, UnauthorizedError
from tests.access.conftest import ADMIN_TOKEN

BASIC = base64.b64encode(f"{ADMIN_TOKEN}:".encode()).decode()


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic YWJjOg==", "abc"),
        ("Basic OmFiYw==", "abc"),
        ("Basic bmFtZTphYmM=", "abc"),
        ("Basic !!!", ""),
        ("Basic /w==", ""),
        ("Digest abc", ""),
        ("abc", ""),
        ("", ""),
        (f"Bearer {'a' * 2000}", ""),
    ],
)
def test_a_header_holds_a_token_or_nothing(header: str, token: str) -> None:
    assert credentials({"authorization": header}).token == token


@pytest.mark.parametrize(
    ("cookie", "session"),
    [
        ("headwater_session=abc", "abc"),
        ("a=1; headwater_session=abc; b=2", "abc"),
        ('odd="; headwater_session=abc', "abc"),
        ("xheadwater_session=abc", ""),
        ("headwater_session=", ""),
        (f"headwater_session={'a' * 2000}", ""),
        ("", ""),
    ],
)
def test_a_cookie_holds_a_session_or_nothing(cookie: str, session: str) -> None:
    assert credentials({"cookie": cookie}).session == session


def test_a_token_goes_before_a_cookie() -> None:
    both = {"authorization": "Bearer abc", "cookie": "headwater_session=def"}
    assert credentials(both) == Credentials(token="abc")


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://cdp.example"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://cdp.example"}, True),
        ({"origin": "https://CDP.example"}, True),
        ({"origin": "http://cdp.example.evil.example"}, False),
        ({"origin": "http://cdp.example:8080"}, False),
        ({"origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_session_changes_something_only_from_a_page_of_ours(
    changes: Changes, headers: dict[str, str], is_ours: bool
) -> None:
    sent = {"host": "inner", "x-forwarded-host": "cdp.example", **headers}
    sent["cookie"] = "headwater_session=abc"
    for method in ("POST", "PUT", "PATCH", "DELETE", "ANYTHING"):
        if is_ours:
            assert identify(changes, method, sent) is None
        else:
            with pytest.raises(ForbiddenError) as raised:
                identify(changes, method, sent)
            assert raised.value.code == "other_origin"
    assert identify(changes, "GET", sent) is None


def test_basic_authentication_is_no_way_around_that(changes: Changes, alice: Principal) -> None:
    sent = {"authorization": f"Basic {BASIC}", "host": "cdp.example"}
    assert identify(changes, "POST", sent) == alice
    with pytest.raises(ForbiddenError):
        identify(changes, "POST", sent | {"sec-fetch-site": "cross-site"})
    with pytest.raises(ForbiddenError):
        identify(changes, "POST", sent | {"origin": "https://evil.example"})


def test_a_bearer_token_needs_no_page(changes: Changes, alice: Principal) -> None:
    sent = {"authorization": f"Bearer {ADMIN_TOKEN}", "sec-fetch-site": "cross-site"}
    assert identify(changes, "POST", sent) == alice


OWNER = Principal("user:alice", "w", (Grant(Role.WORKSPACE_OWNER),))
MINIMAL = Principal("user:mia", "w", (Grant(Role.MINIMAL_USER),))
SOME = Principal("user:sam", "w", (Grant(Role.SOURCE_READ_ONLY, (Reach(Kind.SOURCE, "s"),)),))
LOCAL, REMOTE = {"x-forwarded-for": "127.0.0.1"}, {"x-forwarded-for": "203.0.113.9"}
BOTH = (Permission.WAREHOUSE_READ, Permission.PII_READ)


@pytest.mark.parametrize(
    ("rule", "principal", "headers", "refusal"),
    [
        (Access.ANYONE, None, REMOTE, None),
        (Access.LOCAL, None, LOCAL, None),
        (Access.LOCAL, None, REMOTE, UnauthorizedError),
        (Access.LOCAL, OWNER, REMOTE, None),
        (Access.LOCAL, MINIMAL, REMOTE, ForbiddenError),
        (Access.MEMBER, None, LOCAL, UnauthorizedError),
        (Access.MEMBER, MINIMAL, REMOTE, None),
        (Permission.SOURCE_READ, OWNER, REMOTE, None),
        (Permission.SOURCE_READ, SOME, REMOTE, ForbiddenError),
        (Permission.SOURCE_READ, None, LOCAL, UnauthorizedError),
        (OnSome(Permission.SOURCE_READ), SOME, REMOTE, None),
        (OnSome(Permission.SOURCE_ADMIN), SOME, REMOTE, ForbiddenError),
        (BOTH, OWNER, REMOTE, None),
        (BOTH, Principal("a", "w", (Grant(Role.WAREHOUSE_ADMIN),)), REMOTE, ForbiddenError),
    ],
)
def test_a_rule_lets_in_whom_it_names(
    rule: Rule,
    principal: Principal | None,
    headers: dict[str, str],
    refusal: type[Exception] | None,
) -> None:
    if refusal is None:
        admit(rule, principal, headers)
    else:
        with pytest.raises(refusal):
            admit(rule, principal, headers)


@pytest.mark.parametrize(
    ("addresses", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("127.0.0.1, 127.0.0.1", True),
        ("203.0.113.9, 127.0.0.1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_proxy_on_this_machine_is_no_local_caller(addresses: str, local: bool) -> None:
    assert is_local({"x-forwarded-for": addresses}) is local
