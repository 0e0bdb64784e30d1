"""Which paths belong to tracking."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.routes import Dialect, Kind, Route, find
from headwater.errors import BadRequestError

CALLS = {
    "track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a",
}  # fmt: skip


@pytest.mark.parametrize(("name", "letter"), CALLS.items())
@pytest.mark.parametrize(
    "form", ["/v1/{}", "/v1/{}/", "//v1//{}", "/shop/segment/v1/{}", "/v1/{}//"]
)
def test_a_call_is_found_by_its_name_and_letter_however_its_slashes_stand(
    name: str, letter: str, form: str
) -> None:
    for spelled in (name, letter):
        assert find(form.format(spelled).encode()) == Route(Kind.EVENT, name)


@pytest.mark.parametrize(
    ("path", "kind", "dialect"),
    [
        ("/v1/batch", Kind.BATCH, Dialect.SEGMENT),
        ("/v1/b", Kind.BATCH, Dialect.SEGMENT),
        ("/v1/b/", Kind.BATCH, Dialect.SEGMENT),
        ("/v1/import", Kind.IMPORT, Dialect.SEGMENT),
        ("/v1/import/", Kind.IMPORT, Dialect.SEGMENT),
        ("/v1/m", Kind.DISCARD, Dialect.SEGMENT),
        ("/rsaMetrics", Kind.DISCARD, Dialect.RUDDERSTACK),
        ("/beacon/v1/batch", Kind.BATCH, Dialect.RUDDERSTACK),
        ("/v1/batch/b", Kind.BATCH, Dialect.EITHER),
        ("/batch", Kind.BATCH, Dialect.EITHER),
        ("/b", Kind.BATCH, Dialect.EITHER),
        ("/api/s/s2s/batch", Kind.BATCH, Dialect.JITSU),
        ("/api/s/batch", Kind.BATCH, Dialect.JITSU),
        ("/sourceConfig", Kind.SOURCE_CONFIG, Dialect.RUDDERSTACK),
        ("//sourceConfig/", Kind.SOURCE_CONFIG, Dialect.RUDDERSTACK),
    ],
)
def test_every_familys_batch_and_side_paths_are_found(
    path: str, kind: Kind, dialect: Dialect
) -> None:
    route = find(path.encode())
    assert route is not None
    assert (route.kind, route.dialect) == (kind, dialect)


@pytest.mark.parametrize(
    ("path", "type_", "dialect"),
    [
        ("/v1/pixel/track", "track", Dialect.SEGMENT),
        ("/v1/pixel/p", "page", Dialect.SEGMENT),
        ("/pixel/v1/page", "page", Dialect.RUDDERSTACK),
        ("/api/px/track", "track", Dialect.JITSU),
        ("/api/px/event", "", Dialect.JITSU),
    ],
)
def test_every_familys_pixels_are_found(path: str, type_: str, dialect: Dialect) -> None:
    assert find(path.encode()) == Route(Kind.PIXEL, type_, dialect)


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/api/s/track", "track"),
        ("/api/s/s2s/identify", "identify"),
        ("/api/s/event", ""),
        ("/api/s/conversion", "conversion"),
    ],
)
def test_jitsus_calls_are_found(path: str, type_: str) -> None:
    assert find(path.encode()) == Route(Kind.EVENT, type_, Dialect.JITSU)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects/KEY/settings",
        "/projects/KEY/settings",
        "/v1/projects/projects/KEY/settings",
        "/cdn/v1/projects/KEY/settings/",
    ],
)
def test_settings_are_found_with_their_write_key(path: str) -> None:
    assert find(path.encode()) == Route(Kind.SETTINGS, write_key="KEY")


def test_the_path_of_an_event_fixes_its_user_and_its_name() -> None:
    route = find(b"/v1/events/a%2Fb/%E8%AE%A2%E5%8D%95%20done")
    assert route == Route(Kind.EVENT, "track", fixed={"userId": "a/b", "event": "订单 done"})


def test_a_path_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(BadRequestError, match="UTF-8"):
        find(b"/v1/events/%ff/x")


@pytest.mark.parametrize(
    "path",
    [
        "/", "", "/v1", "/v1/", "/v1/unknown", "/v1/events/u", "/v1/pixel/nothing", "/metrics",
        "/api/query", "/api/sources/x", "/api/v1/track", "/api/projects/KEY/settings",
        "/v1/spaces/s/collections/users/profiles/user_id:u/traits", "/webhooks",
        "/analytics.js/v1/KEY/classic.js", "/analytics.js/v1/KEY", "/login", "/track",
    ],
)  # fmt: skip
def test_other_paths_are_not_trackings(path: str) -> None:
    assert find(path.encode()) is None


@pytest.mark.parametrize("prefix", ["", "/", "/first/party"])
@pytest.mark.parametrize("file", ["analytics.min.js", "analytics.js", "autocapture.min.js"])
def test_the_trackers_files_are_found_below_any_prefix(prefix: str, file: str) -> None:
    found = find(f"{prefix}/analytics.js/v1/K%45Y/{file}".encode())
    assert found == Route(Kind.SCRIPT, write_key="KEY", file=file)


@given(st.text(st.sampled_from("/v1apisbtch%2fprojects.éx"), max_size=60))
def test_no_path_breaks_the_search(path: str) -> None:
    with suppress(BadRequestError):
        find(path.encode())


def test_a_webhook_names_its_source_and_whatever_follows() -> None:
    route = find(b"/webhooks/s%201//orders/v1/track/")
    assert route is not None
    assert (route.kind, route.source_id, route.file) == (Kind.WEBHOOK, "s 1", "orders/v1/track")
    assert set(route.kind.methods) >= {"GET", "POST", "PUT", "DELETE"}
