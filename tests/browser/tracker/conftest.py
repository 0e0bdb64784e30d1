"""A shop on another origin, and visitors with a real browser."""

import threading
from collections.abc import Iterator
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
