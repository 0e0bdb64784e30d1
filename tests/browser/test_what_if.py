"""Changes tried before they are made, as a person does, and seen event by event."""

import httpx
import pytest
from playwright.sync_api import expect

from headwater.testing.whole import Whole
from tests.browser.conftest import Look, Visit, Visitor


@pytest.fixture
def priced(server: Whole, request: pytest.FixtureRequest) -> dict[str, str]:
    """A source of its own with ten sales, and a rule that is off."""
    name = f"Sales {request.node.name[-30:]}"
    source_id, key = server.create_source(name, "server")
    api = httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}, timeout=30
    )
    with api:
        sales = [
            {
                "type": "track",
                "event": "Sold",
                "userId": f"u{n}",
                "properties": {"price": f" {n} " if n % 2 else n},
            }
            for n in range(10)
        ]
        sent = api.post("/v1/batch", json={"batch": sales}, auth=(key, ""))
        assert sent.is_success
        rule = {
            "name": f"Few {name}",
            "kind": "allowed_range",
            "settings": {"paths": ["properties.price"], "most": 5, "action": "quarantine"},
            "scope": {"sources": [source_id]},
            "enabled": False,
        }
        made = api.post("/api/cleaning-rules", json=rule).json()["data"]["cleaningRule"]
        slug = api.get(f"/api/sources/{source_id}").json()["data"]["source"]["slug"]
    server.wait_until_loaded()
    return {"rule": made["id"], "name": made["name"], "source": slug}


def test_no_page_of_what_if_has_a_serious_fault(
    visit: Visit, look: Look, priced: dict[str, str]
) -> None:
    visitor = visit(look)
    visitor.go(f"/what-if?kind=cleaning-rule&id={priced['rule']}&source={priced['source']}")
    visitor.check_access()
    visitor.shot(f"what-if-{look.name}")
    visitor.page.locator("#documents").fill(
        f"kind: cleaning-rule\nname: N {priced['name']}\nrule: parse_number\nposition: 0\n"
        "settings: {paths: [properties.price]}\n---\n"
        f"kind: transformation\nname: R {priced['name']}\nsource: {priced['source']}\n"
        "propertyRenames: [{oldName: price, newName: cost}]\n"
    )
    visitor.page.locator("button.primary").last.click()
    visitor.page.wait_for_selector("#samples-title")
    visitor.check_access()
    visitor.shot(f"what-if-run-{look.name}")


def test_a_rule_is_tried_from_its_link_and_nothing_is_changed(
    owner: Visitor, server: Whole, priced: dict[str, str]
) -> None:
    page = owner.page
    owner.go(f"/what-if?kind=cleaning-rule&id={priced['rule']}&source={priced['source']}")
    expect(page.get_by_label(f"What if {priced['name']} were")).to_have_value(
        f"on|cleaning-rule|{priced['name']}"
    )
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_role("heading", name="What this would do")).to_be_visible()
    expect(page.locator("tr", has_text="Accepted")).to_contain_text("10")
    expect(page.locator("tr", has_text="rule_violation")).to_contain_text("+2")
    expect(page.get_by_text(f"The rule “{priced['name']}” says").first).to_be_visible()

    page.get_by_role("link", name="Try something else").click()
    expect(page.get_by_role("heading", name="Asked of late")).to_be_visible()
    page.get_by_label("Event as JSON").evaluate("e => e.closest('details').open = true")
    page.get_by_label("Event as JSON").fill('{"type": "track", "userId": "u", "event"')
    page.get_by_label("Changed or new").fill("kind: cleaning-rule\nname: x\nrule: trim")
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_text("not a JSON object").first).to_be_visible()
    assert "trim" in page.get_by_label("Changed or new").input_value()
    rules = httpx.get(
        f"{server.url}/api/cleaning-rules", headers={"Authorization": f"Bearer {server.token}"}
    ).json()["data"]["cleaningRules"]
    assert [each["enabled"] for each in rules if each["id"] == priced["rule"]] == [False]
    assert "x" not in {each["name"] for each in rules}
