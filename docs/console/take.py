"""Pictures of every page of the console, in both languages and themes, into this folder.

    .venv/bin/python docs/console/take.py            # all of them
    .venv/bin/python docs/console/take.py audit sql  # those whose name begins so

A Headwater of its own is started, set up and filled with the demo's weeks of a small shop, so the
pictures show what `make demo` shows. A page is a line in PAGES.
"""

import io
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from headwater.testing.whole import Whole

FOLDER = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"  # noqa: S105
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
COLOURS = 160
"""So many colours a picture keeps: flat pages lose nothing that one sees, and three quarters of
their bytes."""


class Shot(msgspec.Struct, frozen=True):
    """A page to take: `path` may hold {source}, the id of a source; `act` does what shows it."""

    name: str
    path: str
    signed_in: bool = True
    act: Callable[[Page], None] | None = None


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option]").first.wait_for()


def open_first_seen(page: Page) -> None:
    page.locator("#stream li a").first.click()
    page.locator("#detail .stages").wait_for()


def open_first_entry(page: Page) -> None:
    page.locator("details.entry summary").first.click()


def open_first_event(page: Page) -> None:
    page.locator(".event-lines a").first.click()
    page.wait_for_selector(".event-page")


def open_first_kept(page: Page) -> None:
    page.locator("tbody a.strong").first.click()
    page.wait_for_selector("#raw")


def open_first_rule(page: Page) -> None:
    page.locator("tbody a.strong").first.click()
    page.wait_for_selector(".governor form")


def try_it(page: Page) -> None:
    page.locator("[name='s.paths']").first.fill("properties.country")
    page.locator("[data-tries]").click()
    page.wait_for_selector("#trial")


def ask_what_if(page: Page) -> None:
    page.locator("select[name=act]").first.select_option(index=1)
    page.locator(".what-if button.primary").click()
    page.wait_for_selector("#what-if .tiles", timeout=60_000)


def open_first_function(page: Page) -> None:
    page.locator("tbody a.strong").first.click()
    page.wait_for_selector(".gutter span")


def try_function(page: Page) -> None:
    open_first_function(page)
    page.locator("#run").click()
    page.wait_for_selector(".trial-result")


def open_first_runs(page: Page) -> None:
    open_first_function(page)
    page.locator(".tabs a[href$='/runs']").click()
    page.wait_for_selector(".main-svg", state="attached")


def open_first_connections(page: Page) -> None:
    open_first_function(page)
    page.locator(".tabs a[href$='/connections']").click()
    page.wait_for_selector("form.card")


def ask(page: Page) -> None:
    page.locator("[data-example]").first.click()
    page.wait_for_selector("[data-grid] td[data-row]")


def ask_for_a_chart(page: Page) -> None:
    page.locator("[data-example]").nth(1).click()
    page.wait_for_selector("[data-grid] td[data-row]")
    page.locator("[data-view=chart]").click()
    page.wait_for_selector(".js-plotly-plot .main-svg")


PAGES = (
    Shot("sign-in", "/sign-in", signed_in=False),
    Shot("welcome", "/welcome?kind=website"),
    Shot("welcome-first-event", "/welcome?source={source}"),
    Shot("overview", "/?period=30d"),
    Shot("sources", "/sources"),
    Shot("source", "/sources/{source}?period=30d"),
    Shot("source-debugger", "/sources/{source}/debugger", act=open_first_seen),
    Shot("source-schema", "/sources/{source}/schema"),
    Shot("source-schema-event", "/sources/{source}/schema/track?event=Product+Viewed"),
    Shot("source-keys", "/sources/{source}/keys"),
    Shot("source-imports", "/sources/{source}/imports"),
    Shot("source-connections", "/sources/{source}/connections"),
    Shot("source-connect", "/sources/{source}/connections/new/database"),
    Shot("source-settings", "/sources/{source}/settings"),
    Shot("events", "/events"),
    Shot("event", "/events?event=Order+Completed", act=open_first_event),
    Shot("quarantine", "/quarantine"),
    Shot("quarantine-reason", "/quarantine/reasons/no_user_anon_id"),
    Shot("quarantine-event", "/quarantine/reasons/properties_not_object", act=open_first_kept),
    Shot("quarantine-mend", "/quarantine/mend?reason=properties_not_object"),
    Shot("govern", "/govern"),
    Shot("rules", "/rules"),
    Shot("rules-new", "/rules/new"),
    Shot("rule", "/rules", act=open_first_rule),
    Shot("rule-trial", "/rules/new?kind=normalize_country&example=1", act=try_it),
    Shot("plans", "/plans"),
    Shot("plan", "/plans", act=open_first_rule),
    Shot("transformations", "/transformations"),
    Shot("transformation", "/transformations", act=open_first_rule),
    Shot("replays", "/replays"),
    Shot("replays-new", "/replays/new"),
    Shot("functions", "/functions"),
    Shot("function", "/functions", act=try_function),
    Shot("function-runs", "/functions", act=open_first_runs),
    Shot("function-connections", "/functions", act=open_first_connections),
    Shot("sync", "/sync"),
    Shot("analyses", "/analyses"),
    Shot("what-if", "/what-if"),
    Shot("what-if-run", "/what-if", act=ask_what_if),
    Shot("source-steps", "/sources/{source}/steps"),
    Shot("warehouse", "/warehouse"),
    Shot("warehouse-table", "/warehouse/tables/shop_server/order_completed"),
    Shot("warehouse-conflicts", "/warehouse/conflicts"),
    Shot("warehouse-names", "/warehouse/names"),
    Shot("warehouse-connect", "/warehouse/connect"),
    Shot("sql", "/sql", act=ask),
    Shot("sql-chart", "/sql", act=ask_for_a_chart),
    Shot("palette", "/settings", act=open_palette),
    Shot("settings-workspace", "/settings"),
    Shot("settings-members", "/settings/members"),
    Shot("settings-invite", "/settings/members/invite"),
    Shot("settings-groups", "/settings/groups"),
    Shot("settings-tokens", "/settings/tokens"),
    Shot("settings-token", "/settings/tokens/new"),
    Shot("settings-labels", "/settings/labels"),
    Shot("settings-account", "/settings/me"),
    Shot("settings-sessions", "/settings/sessions"),
    Shot("settings-retention", "/settings/retention"),
    Shot("settings-warehouse", "/settings/warehouse"),
    Shot("settings-log", "/settings/log"),
    Shot("settings-email", "/settings/email"),
    Shot("settings-server", "/settings/server"),
    Shot("settings-about", "/settings/about"),
    Shot("audit", "/audit", act=open_first_entry),
    Shot("health", "/health-page"),
    Shot("not-found", "/no/such/page"),
    Shot("styleguide", "/styleguide"),
)
LOOKS = (("en", "light"), ("en", "dark"), ("zh_CN", "light"), ("zh_CN", "dark"))
PHONE_PAGES = (
    "overview",
    "sources",
    "source-debugger",
    "welcome",
    "events",
    "quarantine",
    "govern",
    "rules",
    "rule",
    "warehouse",
    "sql",
    "settings-members",
    "audit",
    "health",
    "sign-in",
)


def main(wanted: list[str]) -> None:
    """Take those pages whose name begins with one of the words; all without words."""
    shots = [each for each in PAGES if not wanted or each.name.startswith(tuple(wanted))]
    with (
        tempfile.TemporaryDirectory() as folder,
        Whole(Path(folder), disk_reserve_bytes=0) as whole,
        sync_playwright() as playwright,
    ):
        cookie = fill(whole)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for shot in shots:
            for name, picture in taken(browser, whole, cookie, shot):
                (FOLDER / f"{name}.png").write_bytes(picture)
                sys.stdout.write(f"{name}.png  {len(picture) / 1000:.0f} kB\n")
        browser.close()


def fill(whole: Whole) -> str:
    """Set the Headwater up and give it a life. Returns the owner's session."""
    owner = {"name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD, "workspace": "Tea & Co"}
    with httpx.Client(base_url=whole.url, headers=SAME_ORIGIN, timeout=60) as client:
        client.post("/setup", data={"token": whole.token, **owner})
        client.post("/settings/labels", data={"key": "environment", "value": "production"})
        client.post("/settings/labels", data={"key": "country", "value": "de"})
        client.post("/settings/groups", data={"name": "Engineering"})
        client.post("/settings/groups", data={"name": "Marketing"})
        people = "grace@example.com\nalan@example.com"
        given = {"role": "workspace-member", "scope": "WORKSPACE"}
        client.post("/settings/members/invite", data={"emails": people, **given})
        client.post("/settings/tokens/new", data={"name": "Nightly export", "days": "90", **given})
        govern(whole)
        whole.command("demo", "--weeks", "3", "--visitors", "600")
        whole.wait_until_loaded(timeout_seconds=300)
        transform(whole)
        write_function(whole)
        return client.cookies["headwater_session"]


RULES: tuple[dict[str, Any], ...] = (
    {"name": "No robots", "kind": "drop_bots", "settings": {"action": "flag"}},
    {
        "name": "Totals that can be",
        "kind": "allowed_range",
        "settings": {"paths": ["properties.total"], "least": 0, "most": 500},
        "scope": {"events": ["Order Completed"]},
    },
    {"name": "Nothing said", "kind": "empty_to_null", "settings": {"paths": ["properties.*"]}},
    {"name": "Browsers and devices", "kind": "parse_user_agent"},
    {"name": "Where they come from", "kind": "classify_referrer"},
)


def govern(whole: Whole) -> None:
    """Rules, before what they are for is sent."""
    for rule in RULES:
        made(whole, "/api/cleaning-rules", rule)


def transform(whole: Whole) -> None:
    """A transformation of the busiest source."""
    source_id = busiest(whole.url, whole.token)
    changes = {
        "propertyRenames": [{"oldName": "sku_id", "newName": "sku"}],
        "operations": [
            {"kind": "cast", "settings": {"paths": ["properties.quantity"], "to": "number"}},
            {"kind": "mask", "settings": {"paths": ["traits.phone"], "last": 4}},
        ],
    }
    given = {"name": "Names of the old app", "sourceId": source_id, "enabled": True, "if": ""}
    made(whole, "/api/transformations", given | changes)


CODE = """\
async function onTrack(event, settings) {
  if (settings.testers.includes(event.userId)) {
    throw new DropEvent("a tester");
  }
  const { price, currency } = event.properties;
  if (price !== undefined && currency === undefined) {
    console.log("no currency at", event.event);
    event.properties.currency = settings.currency;
  }
  if (price < 0) throw new ValidationError("a price below zero");
  return event;
}
"""


def write_function(whole: Whole) -> None:
    """A function on a source of its own, with some runs behind it."""
    settings = [
        {"name": "currency", "label": "Currency", "required": True},
        {"name": "testers", "label": "Ids of testers", "type": "ARRAY"},
        {"name": "apiKey", "label": "API key of the rates", "sensitive": True},
    ]
    body = {"code": CODE, "displayName": "Prices have a currency", "settings": settings}
    more = {"resourceType": "INSERT_SOURCE", "description": "And orders of testers are left out"}
    function = made(whole, "/api/functions", body | more)["function"]["id"]
    made(whole, f"/api/functions/{function}/deploy", {})
    source_id, key = whole.create_source("Point of sale")
    values = {"currency": "EUR", "testers": ["tester-1"], "apiKey": "0123456789abcdef"}
    connection = {"functionId": function, "integrationId": source_id, "enabled": True}
    made(whole, "/api/insert-function-instances", connection | {"settings": values})
    for number in range(40):
        properties = {"price": -1 if number % 13 == 12 else number}
        who = "tester-1" if number % 9 == 8 else f"till-{number % 3}"
        event = {"event": "Item Sold", "userId": who, "properties": properties}
        httpx.post(f"{whole.url}/v1/track", json=event, auth=(key, "")).raise_for_status()
        if number % 4 == 0:
            whole.wait_until_loaded()


def made(whole: Whole, path: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {whole.token}"}
    answer = httpx.post(f"{whole.url}{path}", json=body, headers=headers, timeout=60)
    answer.raise_for_status()
    return answer.json()["data"]


@cache
def busiest(url: str, token: str) -> str:
    """The id of the source with the most events."""
    answer = httpx.get(
        f"{url}/api/volumes/sources", headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    answer.raise_for_status()
    volumes = answer.json()["data"]["sources"]
    found: str = max(volumes, key=lambda each: each["total"])["sourceId"]
    return found


def taken(browser: Browser, whole: Whole, cookie: str, shot: Shot) -> Iterator[tuple[str, bytes]]:
    """The pictures of a page with their names."""
    for language, theme in LOOKS:
        yield (
            f"{shot.name}-{language}-{theme}",
            picture(browser, whole, cookie, shot, language, theme, width=1280),
        )
    if shot.name in PHONE_PAGES:
        yield f"{shot.name}-phone", picture(browser, whole, cookie, shot, "en", "light", width=390)


def picture(
    browser: Browser,
    whole: Whole,
    cookie: str,
    shot: Shot,
    language: str,
    theme: str,
    *,
    width: int,
) -> bytes:
    """One page in one look, as PNG."""
    look: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "locale": "zh-CN" if language == "zh_CN" else "en-US",
        "color_scheme": theme,
        "timezone_id": "Asia/Shanghai" if language == "zh_CN" else "Europe/London",
        "reduced_motion": "reduce",
    }
    context = browser.new_context(**look)
    if shot.signed_in:
        context.add_cookies([{"name": "headwater_session", "value": cookie, "url": whole.url}])
    page = context.new_page()
    page.goto(whole.url + shot.path.format(source=busiest(whole.url, whole.token)))
    page.wait_for_selector("html[data-ready]", state="attached")
    if page.locator("[data-chart]").count():
        page.wait_for_selector(".main-svg", state="attached")
    if shot.act:
        shot.act(page)
    raw = page.screenshot(full_page=True)
    context.close()
    return smaller(raw)


def smaller(raw: bytes) -> bytes:
    """The picture with few colours, as well packed as PNG can."""
    packed = io.BytesIO()
    image = Image.open(io.BytesIO(raw)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
