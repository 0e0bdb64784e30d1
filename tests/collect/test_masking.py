"""What is kept of a webhook's request holds nothing by which others could send in its name."""

import httpx
import msgspec
import pytest

from headwater.collect import routes
from headwater.collect.accept import Accepted, Call, accept
from headwater.collect.masking import MASK, without_secrets
from headwater.collect.sources import Sources
from headwater.spec import received
from headwater.spec.received import Request
from headwater.webhooks.model import PART, Handler, HandlerKind, Published, Sender
from headwater.webhooks.presets import PRESETS
from headwater.webhooks.presets.preset import Incoming
from headwater.workspaces.model import SourceType
from tests.collect.door import CONFIGURATION, TERMS, source
from tests.webhooks.senders import EXPECTED, SAMPLES, SECRET, SIGN, secret_of

URL = "http://cdp.example/webhooks/source-9"
AT = 1_700_000_000


def sources_with(preset: str) -> Sources:
    """A webhook source whose sender is this preset."""
    hook = msgspec.structs.replace(source(9), type=SourceType.WEBHOOK)
    part = Published(
        {hook.id: Handler(HandlerKind.PRESET, preset)},
        {hook.id: Sender(preset, "", secret_of(preset))},
    )
    return Sources(
        msgspec.structs.replace(
            CONFIGURATION,
            sources=(hook,),
            parts={PART: msgspec.Raw(msgspec.json.encode(part))},
        )
    )


@pytest.mark.parametrize("preset", SIGN)
def test_no_presets_secret_is_kept_and_its_events_are_made_all_the_same(preset: str) -> None:
    sent = SIGN[preset](SAMPLES[preset], URL, AT)
    headers = {name.lower().encode(): value.encode() for name, value in sent.headers.items()}
    headers |= {b"host": b"cdp.example", b"cookie": b"a=b", b"authorization": b"Bearer door-key"}
    route = routes.find(b"/webhooks/source-9")
    assert route is not None
    path = b"/webhooks/source-9"
    call = Call(route, sent.query.encode(), headers, sent.body, "192.0.2.1", path=path)

    kept = accept(call, sources_with(preset), TERMS, AT * 1_000_000)

    assert isinstance(kept, Accepted), kept
    request = received.DECODER.decode(kept.record.meta)
    told = str(httpx.URL(request.url).params) + str(request)
    assert SECRET not in told
    assert "door-key" not in told
    assert request.headers["cookie"] == MASK
    incoming = Incoming(
        request.method, request.url, request.query, request.headers, kept.record.body
    )
    events = PRESETS[preset].events(incoming, secret_of(preset))
    assert len(events) == len(EXPECTED[preset])


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("secret=s3cret+word%2F1&list=7", "secret=***&list=7"),
        ("list=7&secret=s3cret%20word/1", "list=7&secret=***"),
        ("k=%733cret+word%2F1", "k=***"),
        ("k=before-s3cret%20word/1-after", "k=***"),
        ("s3cret%20word%2F1", "***"),
        ("list=7&a=&b", "list=7&a=&b"),
        ("", ""),
    ],
)
def test_a_secret_in_the_address_is_masked_however_it_is_written(query: str, kept: str) -> None:
    url = f"https://h/webhooks/x?{query}" if query else "https://h/webhooks/x"
    request = Request("POST", url, query=query)

    masked = without_secrets(request, "s3cret word/1")

    assert masked.query == kept
    assert masked.url == (f"https://h/webhooks/x?{kept}" if kept else "https://h/webhooks/x")


def test_a_secret_in_the_path_or_a_header_is_masked_too() -> None:
    headers = {
        "x-note": "for s3cret/word only",
        "x-gitlab-token": "anything",
        "x-webhook-secret": "anything",
        "x-api-key": "anything",
        "authorization": "Basic anything",
        "x-hub-signature-256": "sha256=00ff",
        "content-type": "application/json",
    }
    request = Request("POST", "https://h/webhooks/x/s3cret%2Fword", "s3cret/word", "", headers)

    masked = without_secrets(request, "s3cret/word")

    assert masked.url == "https://h/webhooks/x/***"
    assert masked.path == MASK
    assert masked.headers == {
        "x-note": "for *** only",
        "x-gitlab-token": MASK,
        "x-webhook-secret": MASK,
        "x-api-key": MASK,
        "authorization": MASK,
        "x-hub-signature-256": "sha256=00ff",
        "content-type": "application/json",
    }


def test_a_short_secret_does_not_eat_words() -> None:
    masked = without_secrets(Request("POST", "https://h/abc?k=a&j=abc", query="k=a&j=abc"), "a")

    assert masked.query == "k=***&j=abc"
    assert masked.url == "https://h/abc?k=***&j=abc"
