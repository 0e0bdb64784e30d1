"""The application, over ASGI: tracking, health, and the answers' headers."""

import asyncio
import base64
import gzip
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from headwater.collect.accept import Terms
from headwater.collect.addresses import TrustedProxies
from headwater.collect.application import Application, Parts
from headwater.collect.commit import Committer
from headwater.collect.current import CurrentSources
from headwater.collect.forward import Forwarder
from headwater.kit.clock import FakeClock
from headwater.settings import Settings
from headwater.workspaces.key_use import KeyUse
from headwater.workspaces.model import Configuration
from headwater.workspaces.snapshot import PublishedConfiguration, publish
from tests.collect.door import CONFIGURATION, KEY, source
from tests.collect.writers import Writer

EVENT = {"userId": "u", "event": "Signed Up"}
ORIGIN = {"Origin": "https://shop.example"}


class Stage:
    """An application on a writer and a data folder, and a client of it."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder, **options)  # type: ignore[arg-type]
        self.writer = Writer()
        self.clock = FakeClock()

    def publish(self, configuration: Configuration) -> None:
        publish(self.folder, configuration)

    def play(self, scene: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        """Run a scene against the application."""

        async def run() -> None:
            committer = Committer(self.writer.open, report=lambda _: None, monotonic=time.monotonic)
            current = CurrentSources(PublishedConfiguration(self.folder))
            forwarder = Forwarder(self.folder / "no.sock", body_timeout_seconds=1)
            terms = Terms(self.settings, TrustedProxies(self.settings.trusted_proxies))
            parts = Parts(terms, current, self.clock, committer, forwarder, KeyUse(self.folder))
            application = Application(parts)
            transport = httpx.ASGITransport(application, client=("192.0.2.7", 4711))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                async with asyncio.timeout(60):
                    await scene(client)
            self.writer.let_go(all_of_them=True)
            await committer.close()
            await forwarder.close()

        asyncio.run(run())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    staged = Stage(tmp_path)
    staged.publish(CONFIGURATION)
    return staged


def is_allowed(answer: httpx.Response, origin: str = "*") -> bool:
    return (
        answer.headers["access-control-allow-origin"] == origin
        and "Retry-After" in answer.headers["access-control-expose-headers"]
    )


def test_an_event_is_answered_once_it_is_in_the_log(stage: Stage) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
        assert answer.status_code == 200
        assert answer.json() == {"success": True}
        assert answer.headers["content-type"] == "application/json"
        assert is_allowed(answer)

    stage.play(scene)
    [record] = stage.writer.records
    assert json.loads(record.body) == EVENT
    assert record.received_at == stage.clock.at


def test_no_answer_is_given_before_the_append_has_returned(stage: Stage) -> None:
    stage.writer.hold()

    async def scene(client: httpx.AsyncClient) -> None:
        asked = asyncio.create_task(client.post("/v1/track", json=EVENT, auth=(KEY, "")))
        assert await asyncio.to_thread(stage.writer.appending.acquire, timeout=30)
        assert not asked.done()
        stage.writer.let_go()
        assert (await asked).status_code == 200

    stage.play(scene)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/track", b"{", 400),
        ("POST", "/v1/batch", b"{}", 400),
        ("POST", "/v1/track", b'{"writeKey":"nobody"}', 401),
        ("GET", "/v1/projects/nobody/settings", b"", 404),
        ("GET", "/sourceConfig", b"", 401),
        ("GET", "/v1/track", b"", 405),
        ("PUT", "/v1/batch", b"{}", 405),
        ("POST", "/v1/pixel/track", b"", 405),
        ("POST", "/v1/events/%ff/x", b"{}", 400),
    ],
)
def test_every_error_has_its_envelope_and_may_be_read_by_browsers(
    stage: Stage, method: str, path: str, body: bytes, status: int
) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.request(method, path, content=body, headers=ORIGIN)
        assert answer.status_code == status
        said = answer.json()
        assert said["success"] is False
        assert all(isinstance(said[name], str) for name in ("code", "message", "hint"))
        assert "access-control-allow-origin" in answer.headers

    stage.play(scene)


def test_an_origin_is_echoed_on_successes_and_errors(stage: Stage) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        for key in (KEY, "nobody"):
            answer = await client.post("/v1/t", json=EVENT, auth=(key, ""), headers=ORIGIN)
            assert is_allowed(answer, "https://shop.example")

    stage.play(scene)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/t", "/v1/batch", "/api/s/track", "/sourceConfig", "/v1/projects/k/settings",
        "/beacon/v1/batch",
    ],
)  # fmt: skip
def test_every_path_of_tracking_answers_a_preflight(stage: Stage, path: str) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        asked = {"Access-Control-Request-Headers": "authorization,content-type"}
        answer = await client.options(path, headers=ORIGIN | asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-headers"] == "authorization,content-type"
        assert is_allowed(answer, "https://shop.example")

    stage.play(scene)


@pytest.mark.parametrize("query", [f"writeKey={KEY}&userId=u&event=Opened", "writeKey=nobody", ""])
def test_a_pixel_is_always_a_picture(stage: Stage, query: str) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.get(f"/v1/pixel/track?{query}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/gif"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content.startswith(b"GIF89a")

    stage.play(scene)
    assert len(stage.writer.records) == (1 if KEY in query else 0)


def test_a_pixel_is_a_picture_also_while_the_disk_is_full(stage: Stage) -> None:
    stage.writer.is_full = True

    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.get(f"/v1/pixel/track?writeKey={KEY}&userId=u&event=Opened")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")

    stage.play(scene)


@pytest.mark.parametrize("sent", ["gzip", "chunked", "gzip and chunked"])
def test_bodies_come_compressed_and_in_chunks(stage: Stage, sent: str) -> None:
    body = json.dumps({"batch": [EVENT] * 300}).encode()
    content = gzip.compress(body) if "gzip" in sent else body

    async def chunks() -> "object":
        for start in range(0, len(content), 50):
            yield content[start : start + 50]

    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post(
            "/v1/batch",
            content=chunks() if "chunked" in sent else content,  # type: ignore[arg-type]
            auth=(KEY, ""),
        )
        assert answer.status_code == 200

    stage.play(scene)
    assert stage.writer.records[0].count == 300
    assert stage.writer.records[0].body == content


def test_a_full_disk_is_answered_with_503_and_a_time_to_come_back(stage: Stage) -> None:
    stage.writer.is_full = True

    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
        assert answer.status_code == 503
        assert answer.headers["retry-after"].isdigit()
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["code"] == "log_full"
        assert is_allowed(answer)
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["reasons"]
        assert (await client.get("/health/live")).status_code == 200
        stage.writer.is_full = False
        again = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
        assert again.status_code == 200

    stage.play(scene)


def test_too_fast_a_source_is_answered_with_429_and_a_time_to_come_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, rate_limit=2)
    stage.publish(CONFIGURATION)

    async def scene(client: httpx.AsyncClient) -> None:
        statuses = []
        for _ in range(3):
            answer = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
            statuses.append(answer.status_code)
        assert statuses == [200, 200, 429]
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["x-ratelimit-reset"] == "1"
        assert is_allowed(answer)
        stage.clock.advance(seconds=1)
        again = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
        assert again.status_code == 200

    stage.play(scene)


def test_a_new_sources_key_works_at_once(stage: Stage) -> None:
    key = "c" + "n" * 24
    changed = Configuration(2, CONFIGURATION.workspaces, (source(9, key),))

    async def scene(client: httpx.AsyncClient) -> None:
        assert (await client.post("/v1/track", json=EVENT, auth=(key, ""))).status_code == 401
        stage.publish(changed)  # the very next request finds it
        assert (await client.post("/v1/track", json=EVENT, auth=(key, ""))).status_code == 200

    stage.play(scene)
    assert stage.writer.records[0].source_id == "source-9"


def test_without_a_configuration_events_are_asked_to_come_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert (await client.get("/health/ready")).status_code == 503

    stage.play(scene)


def test_an_unreadable_configuration_leaves_the_known_sources_working(stage: Stage) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        (stage.folder / "configuration.json").write_bytes(b"{")
        assert (await client.post("/v1/track", json=EVENT, auth=("x", ""))).status_code == 401
        assert (await client.post("/v1/track", json=EVENT, auth=(KEY, ""))).status_code == 200

    stage.play(scene)


def test_health_says_live_and_ready(stage: Stage) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        assert (await client.get("/health/live")).json() == {"status": "live"}
        assert (await client.get("/health")).status_code == 200
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})

    stage.play(scene)
    assert stage.writer.records == []


@pytest.mark.parametrize("path", ["/", "/api/sources", "/metrics", "/v1/spaces/s/x"])
def test_without_the_control_role_other_paths_are_asked_to_come_back(
    stage: Stage, path: str
) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.get(path, headers=ORIGIN)
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["retry-after"]) >= 1
        assert "access-control-allow-origin" not in answer.headers

    stage.play(scene)


def test_the_clients_address_is_noted(stage: Stage) -> None:
    async def scene(client: httpx.AsyncClient) -> None:
        header = base64.b64encode(f"{KEY}:".encode()).decode()
        headers = {"Authorization": f"Basic {header}", "X-Forwarded-For": "198.51.100.1"}
        await client.post("/v1/track", json=EVENT, headers=headers)

    stage.play(scene)
    assert b'"ip":"192.0.2.7"' in stage.writer.records[0].meta


def test_a_fault_of_ours_is_one_requests_alone(stage: Stage) -> None:
    class BrokenClock(FakeClock):
        def now(self) -> int:
            raise RuntimeError("no time")

    whole, stage.clock = stage.clock, BrokenClock()
    assert whole is not None

    async def scene(client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/track", json=EVENT, auth=(KEY, ""))
        assert answer.status_code == 500
        assert answer.json()["code"] == "internal_error"
        assert (await client.get("/health/live")).status_code == 200

    stage.play(scene)
