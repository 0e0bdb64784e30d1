"""The ready definitions against servers that play the vendors' documented APIs: a first run, one
without changes, one with inserts, updates and deletes, limits, and credentials that expire."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from headwater.errors import PullError
from headwater.pulls.preview import preview
from headwater.pulls.rest.definition import RestDefinition
from headwater.pulls.rest.ready import listed
from tests.pulls.rest.apis.hubspot import HubSpot
from tests.pulls.rest.apis.mailchimp import Mailchimp
from tests.pulls.rest.apis.meta import Meta, post
from tests.pulls.rest.apis.salesforce import Salesforce
from tests.pulls.rest.apis.serving import Api, Reply, reset, served
from tests.pulls.rest.apis.stripe import Stripe
from tests.pulls.rest.apis.zendesk import Zendesk
from tests.pulls.rest.puller import START, Puller, ready

MANY = Reply({"message": "too many"}, 429, {"Retry-After": "7"})
DOWN = Reply({"message": "down"}, 503)


@contextmanager
def pulled(
    api: Api, name: str, folder: Path, path: str = "", *keep: str, **secrets: str
) -> Iterator[Puller]:
    """A puller of a ready definition, from an API that is served here."""
    with served(api):
        base = "" if path == "-" else api.url + path
        known = {each: value.replace("URL", api.url) for each, value in secrets.items()}
        yield Puller(ready(name, base, *keep), known, folder)


def test_hubspot(tmp_path: Path) -> None:
    api = HubSpot(START - 1000)
    for number in ("1", "2", "3"):
        api.put("contacts", number, email=f"{number}@example.com", firstname="Ada")
    api.put("companies", "10", name="Acme")
    api.put("deals", "20", dealname="Big", amount="99.50")
    with pulled(api, "hubspot", tmp_path, HUBSPOT_TOKEN=api.TOKEN) as puller:
        puller.pull()
        identify = next(each for each in puller.server.events if each.get("userId") == "1")
        assert identify["traits"]["email"] == "1@example.com"
        deal = next(each for each in puller.server.events if each.get("event") == "Deal Created")
        assert deal["properties"]["amount"] == 99.5
        assert puller.events() == [
            ("Deal Created", "hubspot-20"),
            ("group", "10"),
            *(("identify", each) for each in "123"),
        ]
        assert puller.pull().changes == {}

        api.now += 1000
        api.put("contacts", "2", firstname="Li")
        api.put("contacts", "4", email="4@example.com")
        api.put("deals", "20", dealstage="won")
        api.archive("contacts", "1")
        api.archive("companies", "10")
        api.first += [MANY, DOWN, reset]
        assert puller.pull().changes == {"inserted": 1, "updated": 2, "deleted": 2}
        assert puller.events() == [
            ("Company Deleted", "hubspot-10"),
            ("Contact Deleted", "1"),
            ("Deal Updated", "hubspot-20"),
            ("identify", "2"),
            ("identify", "4"),
        ]
        assert any(7 <= wait < 8 for wait in puller.waits)
        assert puller.pull().changes == {}

        api.tokens.clear()
        with pytest.raises(PullError, match=r"contacts: the credentials are refused \(401\)"):
            puller.pull()


def test_hubspot_beyond_what_search_gives_of_one_query(tmp_path: Path) -> None:
    api = HubSpot(START - 1000, page=10, most=40)
    for number in range(95):
        api.put("contacts", str(number), email="ada@example.com")
    with pulled(api, "hubspot", tmp_path, "", "contacts", HUBSPOT_TOKEN=api.TOKEN) as puller:
        [contacts] = puller.definition.resources
        body = {**contacts.body, "limit": 10}
        puller.definition = RestDefinition(
            puller.definition.rest, (replace(contacts, restart_after=40, body=body),)
        )
        assert puller.pull().changes == {"inserted": 95}


def test_salesforce(tmp_path: Path) -> None:
    api = Salesforce(START - 1000, uses=3)  # a token expires within a run
    for number in ("003A", "003B", "003C"):
        api.put("Contact", number, Email=f"{number}@example.com")
    api.put("Account", "001A", Name="Acme")
    api.put("Opportunity", "006A", Name="Big", Amount=12.5, StageName="Open")
    api.delete("Contact", "003C")
    secrets = {
        "SALESFORCE_URL": "URL",
        "SALESFORCE_CLIENT_ID": api.CLIENT,
        "SALESFORCE_CLIENT_SECRET": api.SECRET,
    }
    with pulled(api, "salesforce", tmp_path, "-", **secrets) as puller:
        assert puller.pull().changes == {"inserted": 4}
        assert puller.events() == [
            ("Opportunity Created", "salesforce-006A"),
            ("group", "001A"),
            ("identify", "003A"),
            ("identify", "003B"),
        ]
        assert api.given == 2
        assert puller.pull().changes == {}

        api.put("Contact", "003A", Title="Boss")
        api.put("Lead", "00QA", Email="lead@example.com")
        api.delete("Contact", "003B")
        api.delete("Opportunity", "006A")
        api.left.clear()  # the session has ended
        limited = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests exceeded"}]
        api.first += [Reply({"access_token": "00D!old"}), Reply(limited, 403)]
        assert puller.pull().changes == {"inserted": 1, "updated": 1, "deleted": 2}
        assert puller.events() == [
            ("Contact Deleted", "003B"),
            ("Opportunity Deleted", "salesforce-006A"),
            ("identify", "003A"),
            ("identify", "00QA"),
        ]
        puller.secrets["SALESFORCE_CLIENT_SECRET"] = "wrong-secret"
        with pytest.raises(PullError, match="token endpoint refuses") as caught:
            puller.pull()
        assert "wrong-secret" not in str(caught.value)


def test_mailchimp(tmp_path: Path) -> None:
    api = Mailchimp(START - 10_000)
    api.lists = [{"id": "l1", "name": "News", "stats": {}}, {"id": "l2", "name": "Shop"}]
    for number in ("m1", "m2", "m3"):
        api.put("l1", number, merge_fields={"FNAME": "Ada"})
    api.put("l2", "m1")
    api.campaigns = [{"id": "c1", "status": "sent", "settings": {"subject_line": "Hello"}}]
    api.reports = [{"id": "c1", "opens": {"opens_total": 5}}]
    secrets = {"MAILCHIMP_SERVER": "us21", "MAILCHIMP_API_KEY": api.KEY}
    with pulled(api, "mailchimp", tmp_path, "/3.0", **secrets) as puller:
        assert puller.pull().changes == {"inserted": 8}
        assert puller.events() == [
            ("Audience Updated", "mailchimp-l1"),
            ("Audience Updated", "mailchimp-l2"),
            ("Campaign Reported", "mailchimp-c1"),
            ("Campaign Updated", "mailchimp-c1"),
            ("identify", "m1@example.com"),
            ("identify", "m1@example.com"),
            ("identify", "m2@example.com"),
            ("identify", "m3@example.com"),
        ]
        assert puller.pull().changes == {}

        api.now += 1000
        api.put("l1", "m2", status="unsubscribed")
        api.put("l1", "m4")
        api.put("l1", "m3", status="archived")
        api.reports[0]["opens"] = {"opens_total": 6}
        api.campaigns.clear()
        api.lists.pop()
        api.first += [MANY]
        assert puller.pull().changes == {"inserted": 1, "updated": 2, "deleted": 3}
        assert puller.events() == [
            ("Audience Deleted", "mailchimp-l2"),
            ("Campaign Deleted", "mailchimp-c1"),
            ("Campaign Reported", "mailchimp-c1"),
            ("Member Archived", "mailchimp-m3"),
            ("identify", "m2@example.com"),
            ("identify", "m4@example.com"),
        ]
        api.now += 1000
        api.put("l1", "m3", status="subscribed")  # comes back
        assert puller.pull().changes == {"inserted": 1}


def test_stripe(tmp_path: Path) -> None:
    api = Stripe(START - 5000)
    for number in ("cus_1", "cus_2", "cus_3"):
        api.put("customers", number, email=f"{number}@example.com", metadata={"plan": "free"})
    api.put("charges", "ch_1", customer="cus_1", amount=500, status="succeeded")
    price = {"id": "price_1", "product": "prod_1", "unit_amount": 900}
    items = {"object": "list", "data": [{"price": price, "quantity": 2}]}
    api.put("subscriptions", "sub_1", customer="cus_1", status="active", items=items)
    with pulled(api, "stripe", tmp_path, "/v1", STRIPE_API_KEY=api.KEY) as puller:
        puller.pull()
        paid = next(each for each in puller.server.events if each.get("event") == "Charge Created")
        assert (paid["userId"], paid["properties"]["amount"]) == ("cus_1", 500)
        begun = next(e for e in puller.server.events if e.get("event") == "Subscription Created")
        assert begun["properties"]["price_id"] == "price_1"
        assert [each[0] for each in puller.events()] == [
            "Charge Created",
            "Subscription Created",
            "identify",
            "identify",
            "identify",
        ]
        api.paths()
        assert puller.pull().changes == {}
        assert set(api.paths()) == {"/v1/events"}

        puller.clock.advance(seconds=86_400)
        api.now += 86_400
        api.put("customers", "cus_1", metadata={"plan": "pro"})
        api.put("customers", "cus_1", metadata={"plan": "team"})
        api.put("customers", "cus_4", email="4@example.com")
        api.put("customers", "cus_5")
        api.remove("customers", "cus_5")  # made and gone between two runs
        api.remove("customers", "cus_2")
        api.put("charges", "ch_1", refunded=True)
        api.put("invoices", "in_1", customer="cus_1", status="draft")
        api.first += [MANY]
        assert puller.pull().changes == {"inserted": 2, "updated": 2, "deleted": 1}
        traits = [
            each["traits"]
            for each in puller.server.events
            if each.get("userId") == "cus_1" and each["type"] == "identify"
        ]
        assert [each["metadata"] for each in traits] == [{"plan": "team"}]
        assert puller.events() == [
            ("Charge Updated", "cus_1"),
            ("Customer Deleted", "cus_2"),
            ("Invoice Created", "cus_1"),
            ("identify", "cus_1"),
            ("identify", "cus_4"),
        ]
        assert puller.pull().changes == {}

        # Events are gone after a long pause: everything is compared again.
        puller.clock.advance(seconds=40 * 86_400)
        api.remove("customers", "cus_3")
        api.happened.clear()
        assert puller.pull().changes == {"deleted": 1}
        assert "/v1/customers" in api.paths()


def test_zendesk(tmp_path: Path) -> None:
    api = Zendesk(a_minute=2)
    for number in (1, 2, 3):
        api.put("tickets", number, subject=f"Ticket {number}", requester_id=7)
    api.put("users", 7, email="ada@example.com", role="end-user")
    secrets = {
        "ZENDESK_URL": "URL",
        "ZENDESK_EMAIL": "ada@example.com",
        "ZENDESK_API_TOKEN": api.TOKEN,
    }
    with pulled(api, "zendesk", tmp_path, "-", **secrets) as puller:
        pause = puller._pause

        def minute(seconds: float) -> None:
            pause(seconds)
            api.minute()

        puller._pause = minute
        assert puller.pull().changes == {"inserted": 4}
        assert any(37 <= wait < 38 for wait in puller.waits)
        assert puller.events() == [*[("Ticket Created", "7")] * 3, ("identify", "7")]
        assert puller.pull().changes == {}

        api.put("tickets", 2, status="solved")
        api.put("tickets", 3, status="deleted")
        api.put("tickets", 4, requester_id=7)
        api.put("users", 7, active=False)
        api.requests.clear()
        assert puller.pull().changes == {"inserted": 1, "updated": 1, "deleted": 2}
        assert all("start_time" not in each.query for each in api.requests)
        assert puller.events() == [
            ("Ticket Created", "7"),
            ("Ticket Deleted", "7"),
            ("Ticket Updated", "7"),
            ("User Deleted", "7"),
        ]
        assert puller.pull().changes == {}


def test_meta_pages(tmp_path: Path) -> None:
    api = Meta()
    api.posts = [post(3), post(2), post(1)]
    day = START // 86_400 * 86_400
    api.views = {day - 86_400 * n: 10 + n for n in range(4)}
    secrets = {"META_PAGE_ID": api.PAGE, "META_PAGE_TOKEN": api.TOKEN}
    with pulled(api, "meta-pages", tmp_path, "/v21.0", **secrets) as puller:
        assert puller.pull().changes == {"inserted": 8}
        events = puller.server.events
        insight = next(each for each in events if each["event"] == "Page Insight")
        assert insight["properties"]["metric"] == "page_views_total"
        puller.events()
        assert puller.pull().changes == {}

        api.fans = 11
        api.posts = [post(4), post(3, reactions=5), post(1)]
        api.views[day] = 99  # mended
        api.views[day + 86_400] = 1
        limited = {"error": {"code": 4, "message": "(#4) Application request limit reached"}}
        api.first += [Reply(limited, 403)]
        assert puller.pull().changes == {"inserted": 2, "updated": 3, "deleted": 1}
        told = [name for name, _ in puller.events()]
        assert told == [
            *["Page Insight"] * 2,
            "Page Updated",
            "Post Deleted",
            "Post Published",
            "Post Updated",
        ]
        api.token = "another"
        with pytest.raises(PullError, match="page: the credentials are refused") as caught:
            puller.pull()
        assert api.TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", [each.name for each in listed()])
def test_a_ready_definition_names_its_secrets(name: str) -> None:
    with pytest.raises(PullError, match=r"names \$\{[A-Z_]+\}, which the environment"):
        list(preview(ready(name)))
