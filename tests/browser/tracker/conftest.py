"""A shop on another origin, and visitors with a real browser."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from headwater.testing.whole import Whole
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.browser.tracker.shop import Shop, Source

NODE = Path(__file__).parents[2] / "flows" / "node"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = shop.pages.get(self.path.partition("?")[0], ("", {}))
            self.send_response(200 if html else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        shop = Shop(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield shop
        server.shutdown()
        thread.join()


@pytest.fixture
def source(server: Whole, request: pytest.FixtureRequest) -> Source:
    name = request.node.name[:100]
    _, key = server.create_source(name, "website")
    return Source(server, name, key)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with the back/forward cache, which Playwright turns off."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, "--enable-features=BackForwardCache"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A person with a browser of their own, whose cookies are their own."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def tab(visitor: BrowserContext) -> Page:
    return visitor.new_page()


@pytest.fixture(scope="session")
def segments_snippet() -> Callable[[str, str], str]:
    """Segment's published snippet with only its host replaced."""
    if not (NODE / "node_modules" / "@segment" / "snippet").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)

    def rendered(url: str, key: str) -> str:
        host = url.removeprefix("http://")
        program = (
            "import snippet from '@segment/snippet';"
            f"console.log(snippet.min({{host: {json.dumps(host)}, apiKey: {json.dumps(key)}}}))"
        )
        done = subprocess.run(
            ["node", "--input-type=module", "-e", program],
            cwd=NODE,
            check=True,
            capture_output=True,
            text=True,
        )
        # It is made for https alone; the server of the tests has none.
        return f"<script>{done.stdout.replace('https://' + host, url)}</script>"

    return rendered
