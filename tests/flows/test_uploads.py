"""Files sent through the API to a running Headwater, which imports them by itself."""

import gzip
import json
import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from headwater.testing.whole import Whole
from tests.flows.children import child

pytestmark = pytest.mark.whole

CHILD = "headwater.uploads.child"
ROWS = 20_000
LINES = [f"{n},Ordered,2024-03-01 09:30:{n % 60:02d},{n / 4:.2f},上海" for n in range(ROWS)]
LINES[77] = "77,Ordered,never,1,上海"
TEXT = "\n".join(["用户编号,事件名称,下单时间,金额,城市", *LINES])


class Files:
    """The uploads of one source, through the API."""

    def __init__(self, http: httpx.Client, source_id: str) -> None:
        self.http = http
        self.path = f"/sources/{source_id}/uploads"

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        response = self.http.request(method, self.path + path, json=body)
        assert response.status_code == status, response.text
        return response.json()["data"] if status < 300 else response.json()

    def send(self, name: str, content: bytes) -> str:
        upload = self.call("POST", "", {"file": name, "size": len(content)}, 201)["upload"]["id"]
        half = len(content) // 2
        for offset, piece in ((0, content[:half]), (half, content[half:])):
            self.piece(upload, offset, piece)
        return str(upload)

    def piece(self, upload: str, offset: int, piece: bytes, status: int = 200) -> None:
        answer = self.http.put(
            f"{self.path}/{upload}/content?offset={offset}",
            content=piece,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert answer.status_code == status, answer.text

    def show(self, upload: str) -> Any:
        return self.call("GET", f"/{upload}")["upload"]


@pytest.fixture
def files(whole: Whole, http: httpx.Client) -> Callable[[str], Files]:
    return lambda name: Files(http, whole.create_source(name, "file")[0])


def test_an_upload_is_looked_at_mapped_and_imported_whatever_is_killed(
    whole: Whole, files: Callable[[str], Files]
) -> None:
    shop = files("Uploaded shop")
    upload = shop.send("shop.csv.gz", gzip.compress(TEXT.encode("gb18030")))
    shop.piece(upload, 5, b"x", 409)

    found = shop.call("POST", f"/{upload}/look", {})["found"]
    assert (found["format"], found["encoding"]) == ("csv", "gb18030")
    roles = {each["name"]: each["role"] for each in found["columns"]}
    assert roles == {
        "用户编号": "userId",
        "事件名称": "event",
        "下单时间": "timestamp",
        "金额": "value",
        "城市": "value",
    }
    mapping = found["mapping"]
    mapping["columns"]["下单时间"]["zone"] = "Asia/Shanghai"
    preview = shop.call("POST", f"/{upload}/preview", {"mapping": mapping})["preview"]
    assert preview["shown"][0]["timestamp"] == "2024-03-01T01:30:00.000Z"
    assert [each["line"] for each in preview["problems"]] == [79]

    shop.call("POST", f"/{upload}/import", {"mapping": mapping})
    shop.call("POST", f"/{upload}/import", {"mapping": mapping}, 409)
    for victim in ("child", "control", "collector"):
        whole.wait_until(lambda: child(whole, CHILD) is not None or _ended(shop, upload))
        pid = child(whole, CHILD) if victim == "child" else whole.roles()[victim]
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    whole.wait_until(lambda: _ended(shop, upload))
    shown = shop.show(upload)
    assert (shown["state"], shown["message"]) == ("finished", "")
    assert (shown["run"]["rows"], shown["run"]["accepted"], shown["run"]["rejected"]) == (
        *(ROWS, 2 * (ROWS - 1), 1),
    )
    whole.wait_until_loaded()
    rows = whole.query(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT user_id) AS users, "
        "CAST(MIN(timestamp) AS VARCHAR) AS first FROM uploaded_shop.tracks"
    )
    assert rows == [{"n": ROWS - 1, "users": ROWS - 1, "first": "2024-03-01 01:30:00"}]

    rejected = shop.http.get(f"{shop.path}/{upload}/rejected")
    assert json.loads(rejected.text)["line"] == 79
    assert "gb18030" not in shop.http.get(f"{shop.path}/{upload}/mapping").text
    shop.call("DELETE", f"/{upload}")
    shop.call("GET", f"/{upload}", None, 404)
    assert not (whole.data_dir / "uploads" / upload).exists()


def _ended(files: Files, upload: str) -> bool:
    try:
        return bool(files.show(upload)["state"] not in ("importing",))
    except (httpx.TransportError, AssertionError):  # a role is just being started again
        return False


def test_an_import_that_is_cancelled_goes_on_when_begun_again(
    whole: Whole, files: Callable[[str], Files]
) -> None:
    shop = files("Uploaded and cancelled")
    lines = [json.dumps({"userId": f"u{n}", "event": "Ran"}) for n in range(ROWS)]
    upload = shop.send("runs", "\n".join(lines).encode())
    found = shop.call("POST", f"/{upload}/look", {})["found"]
    assert (found["format"], found["choices"]["as_sent"]) == ("jsonl", True)
    shop.call("POST", f"/{upload}/import", {})
    cancelled = shop.call("POST", f"/{upload}/cancel")["upload"]
    assert cancelled["state"] == "cancelled"
    shop.call("POST", f"/{upload}/cancel", None, 409)
    shop.call("POST", f"/{upload}/import", {})
    whole.wait_until(lambda: _ended(shop, upload))
    assert shop.show(upload)["run"]["accepted"] == ROWS
    whole.wait_until_loaded()
    assert whole.query("SELECT COUNT(*) AS n FROM uploaded_and_cancelled.tracks") == [{"n": ROWS}]
