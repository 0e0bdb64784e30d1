"""The kinds that tell the browser, the campaign and the way people came, through the pipeline."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.cleaning.campaigns import CLICK_IDS, STRIPPED, campaign_reader
from headwater.cleaning.enrichment.classify_referrer import host_of
from headwater.cleaning.enrichment.parse_user_agent import parts_of
from headwater.ports import Outcome
from tests.cleaning.conftest import cleaned, rule, track

MOBILE = "(KHTML, like Gecko) Mobile/15E148"
WECHAT = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 {MOBILE} "
    "MicroMessenger/8.0.49(0x1800312f) NetType/WIFI Language/zh_CN"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)


def told(kind: str, settings: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """What a rule adds to an event's context."""
    row = cleaned([track(context=context)], rule(kind, settings)).row
    after: dict[str, Any] = json.loads(row["context"]) if row["context"] else {}
    return {name: value for name, value in after.items() if context.get(name) != value}


AGENTS: list[tuple[str, str, str, dict[str, str]]] = [
    # user agent, browser, operating system, device
    (
        WECHAT,
        "WeChat Browser 8.0.49",
        "iOS 17.5",
        {"type": "mobile", "manufacturer": "Apple", "model": "iPhone"},
    ),
    (WINDOWS, "Chrome 126.0.0", "Windows 10", {"type": "desktop"}),
    (ANDROID, "Chrome Mobile 126.0.0", "Android 10", {"type": "mobile"}),
    (
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/17.4 Safari/605.1.15"
        ),
        "Safari 17.4",
        "macOS 10.15.7",
        {"type": "desktop", "manufacturer": "Apple", "model": "Mac"},
    ),
    (
        (
            "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/126.0.0.0 Safari/537.36"
        ),
        "Chrome 126.0.0",
        "Android 14",
        {"type": "tablet", "model": "SM-X710"},
    ),
    (
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile"
        ),
        "Chrome 114.0.0",
        "HarmonyOS 5.0",
        {"type": "mobile"},
    ),
    (
        (
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) "
            "76.0.3809.146/6.0 TV Safari/537.36"
        ),
        "Safari",
        "Tizen 6.0",
        {"type": "tv", "manufacturer": "Samsung", "model": "SMART-TV"},
    ),
    (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Googlebot 2.1",
        "",
        {"type": "bot"},
    ),
]


@pytest.mark.parametrize(("agent", "browser", "os", "device"), AGENTS)
def test_a_user_agent_says_the_browser_the_system_and_the_device(agent, browser, os, device):
    found = told("parse_user_agent", {}, {"userAgent": agent})
    assert [" ".join(found.get(part, {}).values()) for part in ("browser", "os")] == [browser, os]
    assert found["device"] == device


@pytest.mark.parametrize(
    ("hints", "os", "model"),
    [
        ({"platform": "Windows", "platformVersion": "15.0.0"}, "Windows 11", None),
        ({"platform": "Windows", "platformVersion": "10.0.0"}, "Windows 10", None),
        ({"platform": "Windows", "platformVersion": "0.3.0"}, "Windows 10", None),
        ({"platform": "macOS", "platformVersion": "14.5.0"}, "macOS 14.5.0", None),
        (
            {"platform": "Android", "platformVersion": "14", "model": "Pixel 8"},
            "Android 14",
            "Pixel 8",
        ),
        ({"platform": ["Windows"], "platformVersion": 3}, "Windows 10", None),
        ("Windows", "Windows 10", None),
    ],
)
def test_client_hints_are_believed_where_there_are_some(hints, os, model):
    context = {"userAgent": WINDOWS, "userAgentData": hints}
    found = told("parse_user_agent", {}, context)
    assert " ".join(found["os"].values()) == os
    assert found["device"].get("model") == model
    assert told("parse_user_agent", {"hints": False}, context)["os"]["version"] == "10"


def test_a_part_that_was_sent_stays_whole_unless_it_is_to_be_replaced():
    sent = {"userAgent": WECHAT, "os": {"name": "iPadOS"}, "device": {"id": "d1"}}
    found = told("parse_user_agent", {}, sent)
    assert set(found) == {"browser", "device"}
    assert found["device"]["id"] == "d1"
    assert told("parse_user_agent", {"overwrite": True}, sent)["os"]["name"] == "iOS"
    assert told("parse_user_agent", {}, {"userAgent": WECHAT, "os": "iOS"}).keys() == {
        *("browser", "device")
    }


@pytest.mark.parametrize("agent", ["", None, 5, "\x00", "K"])
def test_what_is_no_user_agent_says_nothing(agent):
    assert told("parse_user_agent", {}, {"userAgent": agent}) == {}


@given(st.text(max_size=60), st.tuples(st.text(max_size=9), st.text(max_size=9), st.text()))
def test_any_user_agent_is_answered(agent, hints):
    for _, members in parts_of(agent, hints):
        assert all(type(value) is str and value for value in members.values())


CAMPAIGNS: list[tuple[str, dict[str, str]]] = [
    ("https://a.example/?utm_source=x&utm_campaign=y", {"source": "x", "name": "y"}),
    (
        "https://a.example/?UTM_Source=X&utm_creative_format=z",
        {"source": "X", "creative_format": "z"},
    ),
    ("https://a.example/#/p?utm_medium=cpc&utm_term=a%20b", {"medium": "cpc", "term": "a b"}),
    ("?utm_content=%E7%A7%8B&utm_id=7", {"content": "秋", "id": "7"}),
    ("utm_source=x", {"source": "x"}),
    (
        "https://a.example/?hmsr=wx&hmpl=p&hmkw=k&hmci=c",
        {"source": "wx", "name": "p", "term": "k", "content": "c"},
    ),
    ("https://a.example/?mtm_campaign=m&mtm_kwd=k", {"name": "m", "term": "k"}),
    (
        "https://a.example/?gclid=1&fbclid=2&bd_vid=3&qz_gdt=4",
        {"gclid": "1", "fbclid": "2", "bd_vid": "3", "qz_gdt": "4"},
    ),
    ("https://a.example/?utm_source=&q=utm_source", {}),
    ("https://a.example/utm_source=x", {}),
    ("https://a.example/?xutm_source=x", {}),
    ("", {}),
]


@pytest.mark.parametrize(("url", "campaign"), CAMPAIGNS)
def test_an_address_says_the_campaign(url, campaign):
    found = told("read_campaign", {}, {"page": {"url": url}})
    assert found == ({"campaign": campaign} if campaign else {})


def test_what_a_campaign_has_already_stays_unless_it_is_to_be_replaced():
    context = {
        "page": {"url": "https://a.example/?utm_source=x&utm_term=t"},
        "campaign": {"source": "y"},
    }
    assert told("read_campaign", {}, context)["campaign"] == {"source": "y", "term": "t"}
    replaced = told("read_campaign", {"overwrite": True}, context)
    assert replaced["campaign"] == {"source": "x", "term": "t"}


def test_the_first_address_that_says_something_counts_and_more_ids_may_be_named():
    context = {"page": {"url": "https://a.example/?utm_source=x", "search": "?utm_source=y&pid=5"}}
    found = told("read_campaign", {"also": ["pid"]}, context)
    assert found["campaign"] == {"source": "x", "pid": "5"}


def test_the_ids_of_clicks_are_stripped_where_they_are_nothing_else():
    assert {"gclid", "bd_vid", "qz_gdt"} < set(STRIPPED)
    assert "clickid" not in STRIPPED
    assert {"gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid"} < set(CLICK_IDS)
    assert {"li_fat_id", "dclid", "yclid", "igshid", "bd_vid", "qz_gdt", "clickid"} < set(CLICK_IDS)


@given(st.text(max_size=80))
def test_any_text_is_read_for_campaigns(text):
    read = campaign_reader()
    for address in (text, f"https://a.example/?utm_source={text}&{text}=1#{text}"):
        assert all(type(value) is str for value in read(address).values())


def visit(referrer: Any = None, url: str = "https://shop.example/", **more: Any) -> dict[str, Any]:
    page = {"url": url} | ({} if referrer is None else {"referrer": referrer})
    return {"page": page, **more}


REFERRERS: list[tuple[dict[str, Any], str]] = [
    # context, type and name
    (visit(), "direct"),
    (visit(""), "direct"),
    (visit("https://www.baidu.com/link?url=x"), "search 百度"),
    (visit("https://m.sogou.com/"), "search 搜狗"),
    (visit("https://www.so.com/s"), "search 360搜索"),
    (visit("https://www.google.co.uk/"), "search Google"),
    (visit("https://google.de"), "search Google"),
    (visit("https://www.google.evil.com/"), "referral www.google.evil.com"),
    (visit("https://mail.google.com/mail"), "email Gmail"),
    (visit("android-app://com.google.android.gm/"), "email Gmail"),
    (visit("https://mail.qq.com/"), "email QQ邮箱"),
    (visit("https://mp.weixin.qq.com/s/abc"), "social 微信"),
    (visit("https://weibo.com/u/1"), "social 微博"),
    (visit("https://www.douyin.com/"), "social 抖音"),
    (visit("https://www.xiaohongshu.com/explore"), "social 小红书"),
    (visit("https://link.zhihu.com/?target=x"), "social 知乎"),
    (visit("https://www.bilibili.com/video"), "social 哔哩哔哩"),
    (visit("https://tieba.baidu.com/p/1"), "social 百度贴吧"),
    (visit("https://t.co/x"), "social X"),
    (visit("https://notx.com/x"), "referral notx.com"),
    (visit("https://blog.example.org/post"), "referral blog.example.org"),
    (visit("https://www.shop.example/p"), "internal"),
    (visit("https://help.shop.example/p"), "internal"),
    (visit("https://myshop.example/p"), "referral myshop.example"),
    (visit("https://pay.example/", campaign={"medium": "CPC", "source": "b"}), "paid pay.example"),
    (visit("https://www.google.com/", "https://shop.example/?gclid=1"), "paid Google"),
    (visit(None, "https://shop.example/?bd_vid=1"), "paid 百度"),
    (visit(None, "https://shop.example/?fbclid=1"), "direct"),
    (visit(None, "https://shop.example/?utm_medium=email&utm_source=july"), "email july"),
    (visit(None, campaign={"source": "partner"}), "referral partner"),
    (visit(None, campaign={"medium": "social", "source": "weixin"}), "social weixin"),
    (visit("https://www.bing.com/", campaign={"source": "x"}), "search Bing"),
    (visit("no address"), "direct"),
    (visit(["x"]), "direct"),
]


@pytest.mark.parametrize(("context", "expected"), REFERRERS)
def test_how_people_came_is_told(context, expected):
    referrer = told("classify_referrer", {}, context)["referrer"]
    assert " ".join(referrer.values()) == expected


def test_an_event_of_no_page_came_from_nowhere():
    assert told("classify_referrer", {}, {}) == {}
    assert told("classify_referrer", {}, {"page": "https://a.example"}) == {}


def test_own_hosts_are_internal_and_own_sites_are_known():
    settings = {
        "internal": ["*.pay.example"],
        "sites": [{"host": "forum.example", "type": "social", "name": "Forum"}],
    }
    assert told("classify_referrer", settings, visit("https://eu.pay.example/"))["referrer"] == {
        "type": "internal"
    }
    assert told("classify_referrer", settings, visit("https://www.forum.example/"))["referrer"] == {
        "type": "social",
        "name": "Forum",
    }


def test_a_type_that_was_sent_stays_unless_it_is_to_be_replaced():
    context = visit("https://www.baidu.com/") | {"referrer": {"type": "dataxu", "id": "7"}}
    assert told("classify_referrer", {}, context) == {}
    replaced = told("classify_referrer", {"overwrite": True}, context)["referrer"]
    assert replaced == {"type": "search", "name": "百度", "id": "7"}


@given(st.text(max_size=40))
def test_any_text_has_a_host_or_none(text):
    assert type(host_of(text)) is type(host_of(f"https://{text}")) is str


@pytest.mark.parametrize("kind", ["parse_user_agent", "read_campaign", "classify_referrer"])
def test_what_is_told_is_counted_and_told_once(kind):
    context = {
        "userAgent": WECHAT,
        "page": {"url": "https://a.example/?utm_source=x", "referrer": "https://t.co/x"},
    }
    one, again = rule(kind), rule(kind, id="r2", name="Again")
    tallies = cleaned([track(context=context)], one, again).tallies
    assert [t.reason for t in tallies if t.outcome is Outcome.TOUCHED] == ["r1"]
