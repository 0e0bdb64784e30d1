"""The console with many events stored: each page's server time and weight.

`python -m bench.console [--events N] [--turns N] [--keep FOLDER]` stores N events (1,000,000) in a
whole Headwater, signs in, and asks for every page of the console that is read by GET. It prints the
median and the worst server time of each, its weight as it is sent (gzip where the server packs),
and the weight of the styles and scripts that it loads, Plotly apart.
"""

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from bench.driver import drive
from bench.events import request_maker
from headwater.testing.whole import Whole
from headwater.web.application import PAGES

_BATCH = 100
_RATE = 20_000
"""Events a second while storing: a page of events must not be all of one moment."""
_EMAIL, _PASSWORD = "ada@example.com", "correct horse battery staple"
_LOADED = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
_IMPORTED = re.compile(r'from "(\.{1,2}/[^"]+\.js)"')


class Measured(msgspec.Struct, frozen=True):
    """A page: milliseconds of the server, kilobytes of the page and of what it loads."""

    path: str
    status: int
    median: float
    worst: float
    weight: float
    loaded: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=11)
    parser.add_argument("--keep", type=Path, help="A folder to keep, and to use again.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        is_new = not (folder / "state.db").exists()
        with Whole(folder, disk_reserve_bytes=0) as whole:
            if is_new:
                _set_up(whole)
                store(whole, options.events)
            else:
                whole.source_id = _first_source(whole)
            with _signed_in(whole) as client:
                report(client, whole, options.turns)


def _first_source(whole: Whole) -> str:
    """The source that has the events; starting again has made another."""
    listed = msgspec.json.decode(whole.command("source", "list"), type=list[dict[str, Any]])
    return str(listed[0]["id"])


def store(whole: Whole, events: int) -> None:
    """Store so many events of twelve names, and some that are set aside."""
    make = request_maker(whole.write_key, batch=_BATCH, names=12, variants=400)
    started = time.perf_counter()
    seconds = events / _RATE
    sent = drive(whole.url, make, seconds=seconds, rate=_RATE / _BATCH).requests * _BATCH
    _store_faulty(whole)
    whole.wait_until_loaded(timeout_seconds=1800)
    print(f"{sent:,} events stored in {time.perf_counter() - started:.0f} s")


def _store_faulty(whole: Whole) -> None:
    """Events that are set aside, and values that misfit their columns."""
    batch: list[dict[str, object]] = [{"type": "track", "event": f"E{n}"} for n in range(300)]
    batch += [
        {
            "type": "track",
            "userId": f"u{n}",
            "event": "Order Completed",
            "properties": {"first": "no"},
        }
        for n in range(50)
    ]
    answer = httpx.post(
        f"{whole.url}/v1/batch", json={"batch": batch}, auth=(whole.write_key, ""), timeout=60
    )
    answer.raise_for_status()


def report(client: httpx.Client, whole: Whole, turns: int) -> None:
    print(
        f"{'page':44} {'status':>6} {'median ms':>10} {'worst ms':>9}"
        f" {'page kB':>8} {'loads kB':>9}"
    )
    slow = heavy = 0
    for path in addresses(client, whole):
        found = measure(client, path, turns)
        slow += found.median >= 100
        heavy += found.weight + found.loaded >= 200
        print(
            f"{found.path[:44]:44} {found.status:>6} {found.median:>10.1f} {found.worst:>9.1f}"
            f" {found.weight:>8.1f} {found.loaded:>9.1f}",
            flush=True,
        )
    print(f"{slow} pages over 100 ms at the median, {heavy} over 200 kB apart from Plotly")


def measure(client: httpx.Client, path: str, turns: int) -> Measured:
    """Ask for a page again and again: its server times, and once what it loads."""
    times = []
    for _ in range(turns + 1):
        started = time.perf_counter()
        answer = client.get(path)
        times.append((time.perf_counter() - started) * 1000)
    times = sorted(times[1:])  # the first fills what is kept in memory
    loaded = sum(_weight(client, url) for url in _all_loaded(client, answer.text))
    return Measured(
        path, answer.status_code, statistics.median(times), times[-1], _sent(answer), loaded / 1000
    )


def addresses(client: httpx.Client, whole: Whole) -> Iterator[str]:
    """The address of every page that is read, with one of everything that its path names."""
    [stored] = whole.query("SELECT messageId, epoch_us(receivedAt) AS at FROM track LIMIT 1")
    kept = client.get("/quarantine/reasons/no_user_anon_id").text
    key = re.search(r"/quarantine/events/([^\"]+)", kept)
    values = {
        "source_id": whole.source_id,
        "message_id": quote(stored["messageId"], safe=""),
        "received_at": str(stored["at"]),
        "schema": "test",
        "name": "order_completed",
        "type": "track",
        "reason": "no_user_anon_id",
        "key": key[1] if key else "none",
    }
    for page in PAGES:
        if page.method == "GET":
            for path in (page.path, *_EXTRA.get(page.path, ())):
                yield re.sub(
                    r"\{(\w+)(?::\w+)?\}", lambda found: values.get(found[1], "none"), path
                )


_EXTRA = {
    "/events": (
        "/events?event=Order%20Completed",
        "/events?person=user-7",
        "/events?text=sku-77",
        "/events?property=properties.quantity%3D3&period=24h",
    ),
    "/quarantine/mend": ("/quarantine/mend?reason=no_user_anon_id",),
    "/events/{message_id:path}": (
        "/events/{message_id}?at={received_at}",
        "/events/{message_id}?at={received_at}&around=here",
    ),
    "/sql": ("/sql?q=SELECT%201",),
    "/welcome": ("/welcome?source={source_id}",),
    "/warehouse/repair": ("/warehouse/repair?table=test.order_completed&column=first",),
}


def _sent(answer: httpx.Response) -> float:
    """Kilobytes of a body as it was sent."""
    return answer.num_bytes_downloaded / 1000


def _weight(client: httpx.Client, url: str) -> int:
    return client.get(url).num_bytes_downloaded


def _all_loaded(client: httpx.Client, html: str) -> set[str]:
    """The styles and scripts that a page loads, with what the scripts import; not Plotly."""
    waiting = [url for url in _LOADED.findall(html) if "plotly" not in url]
    seen: set[str] = set()
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        if url.endswith(".js"):
            imports = _IMPORTED.findall(client.get(url).text)
            waiting.extend(str(httpx.URL(url).join(relative)) for relative in imports)
    return seen


def _set_up(whole: Whole) -> None:
    answer = httpx.post(
        f"{whole.url}/setup",
        data={
            "token": whole.token,
            "name": "Ada",
            "email": _EMAIL,
            "password": _PASSWORD,
            "workspace": "Bench",
        },
        headers={"Sec-Fetch-Site": "same-origin"},
        timeout=60,
    )
    if answer.status_code != 303:
        raise RuntimeError(answer.text)


@contextmanager
def _signed_in(whole: Whole) -> Iterator[httpx.Client]:
    headers = {"Accept-Encoding": "gzip"}
    with httpx.Client(base_url=whole.url, timeout=120, headers=headers) as client:
        client.post(
            "/sign-in",
            data={"email": _EMAIL, "password": _PASSWORD},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        yield client


if __name__ == "__main__":
    main()
