"""The kinds that change values, each through the whole pipeline."""

import json
from typing import Any

import pytest

from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Phase
from headwater.ports import Outcome
from tests.cleaning.conftest import cleaned, identify, programs, rule, track
from tests.pipeline.conftest import lead, stored

P = ["properties.v"]

CASES: list[tuple[str, dict[str, Any], Any, Any]] = [
    # kind, settings, properties before, properties after
    ("fill_missing", {"path": "properties.v", "value": 5}, {}, {"v": 5}),
    ("fill_missing", {"path": "properties.v", "value": 5}, {"v": None}, {"v": 5}),
    ("fill_missing", {"path": "properties.v", "value": 5}, {"v": 0}, {"v": 0}),
    ("fill_missing", {"path": "properties.v", "value": 5}, {"v": ""}, {"v": ""}),
    ("fill_missing", {"path": "properties.v", "value": 5, "blank": True}, {"v": ""}, {"v": 5}),
    ("fill_missing", {"path": "properties.v", "from": "properties.w"}, {"w": 1}, {"w": 1, "v": 1}),
    ("fill_missing", {"path": "properties.v", "from": "properties.w", "value": 2}, {}, {"v": 2}),
    (
        "fill_missing",
        {"path": "properties.a.b", "from": "event"},
        {},
        {"a": {"b": "Order Completed"}},
    ),
    ("trim", {"paths": ["properties.*"]}, {"a": " x ", "b": 1}, {"a": "x", "b": 1}),
    ("trim", {"paths": P}, {"v": "\u3000x\u200b\ufeff"}, {"v": "x"}),
    ("trim", {"paths": P, "inside": True}, {"v": " a \n b "}, {"v": "a b"}),
    ("change_case", {"paths": P, "to": "lower"}, {"v": "GOLD"}, {"v": "gold"}),
    ("change_case", {"paths": P, "to": "upper"}, {"v": "gold"}, {"v": "GOLD"}),
    ("change_case", {"paths": P, "to": "title"}, {"v": "ann lee"}, {"v": "Ann Lee"}),
    ("change_case", {"paths": P, "to": "fold"}, {"v": "Straße"}, {"v": "strasse"}),
    ("normalize_unicode", {"paths": P}, {"v": "e\u0301"}, {"v": "é"}),
    ("normalize_unicode", {"paths": P, "form": "NFKC"}, {"v": "ＡＢＣ"}, {"v": "ABC"}),
    ("empty_to_null", {"paths": P}, {"v": " "}, {"v": None}),
    ("empty_to_null", {"paths": P, "words": ["N/A"]}, {"v": "n/a"}, {"v": None}),
    ("empty_to_null", {"paths": P, "remove": True}, {"v": "", "w": 1}, {"w": 1}),
    ("parse_number", {"paths": P}, {"v": "1,234.50"}, {"v": 1234.5}),
    ("parse_number", {"paths": P}, {"v": " １２３ "}, {"v": 123}),
    ("parse_number", {"paths": P}, {"v": "1.2万"}, {"v": 12000}),
    ("parse_number", {"paths": P}, {"v": "85%"}, {"v": 0.85}),
    ("parse_number", {"paths": P}, {"v": "1,2345,6789"}, {"v": 123456789}),
    ("parse_number", {"paths": P, "decimal": ","}, {"v": "1.234,50"}, {"v": 1234.5}),
    ("parse_number", {"paths": P}, {"v": "twelve"}, {"v": "twelve"}),
    ("parse_number", {"paths": P}, {"v": "1,2"}, {"v": "1,2"}),
    ("parse_number", {"paths": P, "otherwise": "null"}, {"v": "twelve"}, {"v": None}),
    ("parse_number", {"paths": P, "otherwise": "null"}, {"w": 1}, {"w": 1}),
    ("parse_boolean", {"paths": P}, {"v": "Yes"}, {"v": True}),
    ("parse_boolean", {"paths": P}, {"v": "否"}, {"v": False}),
    ("parse_boolean", {"paths": P}, {"v": 1}, {"v": True}),
    ("parse_boolean", {"paths": P}, {"v": 2}, {"v": 2}),
    ("parse_boolean", {"paths": P, "true": ["ja"]}, {"v": "JA"}, {"v": True}),
    ("parse_date", {"paths": P}, {"v": "2023年10月1日"}, {"v": "2023-10-01"}),
    (
        "parse_date",
        {"paths": P},
        {"v": "2023年10月1日 下午2时5分"},
        {"v": "2023-10-01T14:05:00.000Z"},
    ),
    (
        "parse_date",
        {"paths": P, "zone": "Asia/Shanghai"},
        {"v": "2023/10/1 14:05:06"},
        {"v": "2023-10-01T06:05:06.000Z"},
    ),
    ("parse_date", {"paths": P}, {"v": "2023.10.01"}, {"v": "2023-10-01"}),
    ("parse_date", {"paths": P}, {"v": "20231001"}, {"v": "2023-10-01"}),
    ("parse_date", {"paths": P}, {"v": "10/01/2023"}, {"v": "2023-10-01"}),
    ("parse_date", {"paths": P, "order": "dmy"}, {"v": "10/01/2023"}, {"v": "2023-01-10"}),
    ("parse_date", {"paths": P}, {"v": "Sunday, 1st October 2023"}, {"v": "2023-10-01"}),
    ("parse_date", {"paths": P}, {"v": "Oct 1, 2023 3:04 PM"}, {"v": "2023-10-01T15:04:00.000Z"}),
    (
        "parse_date",
        {"paths": P},
        {"v": "2023/10/01 12:00 +08:00"},
        {"v": "2023-10-01T04:00:00.000Z"},
    ),
    ("parse_date", {"paths": P}, {"v": 1696118400}, {"v": "2023-10-01T00:00:00.000Z"}),
    ("parse_date", {"paths": P, "numbers": False}, {"v": 1696118400}, {"v": 1696118400}),
    (
        "parse_date",
        {"paths": P},
        {"v": "2023-10-01T00:00:00+08:00"},
        {"v": "2023-10-01T00:00:00+08:00"},
    ),
    ("parse_date", {"paths": P}, {"v": "2023年13月1日"}, {"v": "2023年13月1日"}),
    ("parse_date", {"paths": P, "otherwise": "null"}, {"v": "soon"}, {"v": None}),
    (
        "parse_currency",
        {"path": "properties.v"},
        {"v": "¥1,299.00"},
        {"v": 1299.0, "currency": "CNY"},
    ),
    (
        "parse_currency",
        {"path": "properties.v", "yen": "JPY"},
        {"v": "￥1,299"},
        {"v": 1299, "currency": "JPY"},
    ),
    (
        "parse_currency",
        {"path": "properties.v", "decimal": ","},
        {"v": "1.299,50 €"},
        {"v": 1299.5, "currency": "EUR"},
    ),
    ("parse_currency", {"path": "properties.v"}, {"v": "3.5万元"}, {"v": 35000, "currency": "CNY"}),
    ("parse_currency", {"path": "properties.v"}, {"v": "USD 5"}, {"v": 5, "currency": "USD"}),
    ("parse_currency", {"path": "properties.v"}, {"v": "-$5.25"}, {"v": -5.25, "currency": "USD"}),
    ("parse_currency", {"path": "properties.v"}, {"v": "(HK$5)"}, {"v": -5, "currency": "HKD"}),
    (
        "parse_currency",
        {"path": "properties.v", "default": "EUR"},
        {"v": "5"},
        {"v": 5, "currency": "EUR"},
    ),
    (
        "parse_currency",
        {"path": "properties.v"},
        {"v": "$5", "currency": "CAD"},
        {"v": 5, "currency": "CAD"},
    ),
    ("parse_currency", {"path": "properties.v", "unit": ""}, {"v": "€5"}, {"v": 5}),
    ("parse_currency", {"path": "properties.v"}, {"v": "5 apples"}, {"v": "5 apples"}),
    ("normalize_email", {"paths": P}, {"v": " Ann <Ann@Example.COM> "}, {"v": "ann@example.com"}),
    ("normalize_email", {"paths": P, "tags": False}, {"v": "a+b@x.org"}, {"v": "a@x.org"}),
    ("normalize_email", {"paths": P, "otherwise": "null"}, {"v": "no@where"}, {"v": None}),
    ("normalize_email", {"paths": P}, {"v": "mailto:用户@例子.中国"}, {"v": "用户@例子.中国"}),
    (
        "normalize_phone",
        {"paths": P, "region": "CN"},
        {"v": "138 0013 8000"},
        {"v": "+8613800138000"},
    ),
    ("normalize_phone", {"paths": P}, {"v": "+1 (650) 253-0000"}, {"v": "+16502530000"}),
    ("normalize_phone", {"paths": P}, {"v": "650 253 0000"}, {"v": "650 253 0000"}),
    ("normalize_phone", {"paths": P, "otherwise": "null"}, {"v": "12"}, {"v": None}),
    ("normalize_country", {"paths": P}, {"v": "Deutschland"}, {"v": "DE"}),
    ("normalize_country", {"paths": P}, {"v": "usa"}, {"v": "US"}),
    ("normalize_country", {"paths": P}, {"v": "中国"}, {"v": "CN"}),
    ("normalize_country", {"paths": P}, {"v": "gb"}, {"v": "GB"}),
    ("normalize_country", {"paths": P, "form": "alpha3"}, {"v": "France"}, {"v": "FRA"}),
    ("normalize_country", {"paths": P, "otherwise": "null"}, {"v": "Atlantis"}, {"v": None}),
    ("normalize_language", {"paths": P}, {"v": "EN_us"}, {"v": "en-US"}),
    ("normalize_language", {"paths": P}, {"v": "zh-hans-cn"}, {"v": "zh-Hans-CN"}),
    ("normalize_language", {"paths": P}, {"v": "eng"}, {"v": "en"}),
    ("normalize_language", {"paths": P}, {"v": "Deutsch"}, {"v": "de"}),
    ("normalize_language", {"paths": P, "region": False}, {"v": "pt_BR.UTF-8"}, {"v": "pt"}),
    ("normalize_language", {"paths": P}, {"v": "xx-no"}, {"v": "xx-no"}),
    (
        "normalize_url",
        {"paths": P},
        {"v": "HTTPS://Shop.Example:443/A?a=1&utm_source=x&gclid=1#top"},
        {"v": "https://shop.example/A?a=1#top"},
    ),
    (
        "normalize_url",
        {"paths": P, "fragment": False, "strip": ["a*"]},
        {"v": "http://x.org/?ab=1&c=%20#t"},
        {"v": "http://x.org/?c=%20"},
    ),
    (
        "normalize_url",
        {"paths": P},
        {"v": "not a url?utm_source=x"},
        {"v": "not a url?utm_source=x"},
    ),
    ("allowed_range", {"paths": P, "least": 0, "action": "clamp"}, {"v": -3}, {"v": 0}),
    ("allowed_range", {"paths": P, "most": 9, "action": "clamp"}, {"v": 9.5}, {"v": 9}),
    ("allowed_range", {"paths": P, "most": 9, "action": "null"}, {"v": 10}, {"v": None}),
    ("allowed_range", {"paths": P, "most": 9, "action": "remove"}, {"v": 10}, {}),
    ("allowed_range", {"paths": P, "most": 9, "action": "null"}, {"v": "10"}, {"v": "10"}),
    ("allowed_range", {"paths": P, "most": 9, "action": "null"}, {"v": 9}, {"v": 9}),
    (
        "allowed_range",
        {"paths": ["properties.l.*.p"], "most": 9, "action": "clamp"},
        {"l": [{"p": 8}, {"p": 10}]},
        {"l": [{"p": 8}, {"p": 9}]},
    ),
    ("allowed_values", {"paths": P, "values": ["a"], "action": "null"}, {"v": "b"}, {"v": None}),
    ("allowed_values", {"paths": P, "values": [1], "action": "remove"}, {"v": True}, {}),
    ("allowed_values", {"paths": P, "values": [1], "action": "null"}, {"v": 1.0}, {"v": 1.0}),
    (
        "allowed_values",
        {"paths": P, "values": ["a"], "action": "replace", "instead": "other"},
        {"v": "b"},
        {"v": "other"},
    ),
    (
        "allowed_values",
        {"paths": P, "values": ["Gold"], "ignore_case": True, "action": "null"},
        {"v": "GOLD"},
        {"v": "Gold"},
    ),
]


@pytest.mark.parametrize(("kind", "settings", "before", "after"), CASES)
def test_a_value_becomes_what_the_rule_makes_of_it(kind, settings, before, after):
    through = cleaned([track(before)], rule(kind, settings))
    assert json.loads(through.row["properties"]) == after
    assert repr(json.loads(through.row["properties"])) == repr(after)
    touched = [(t.reason, t.count) for t in through.tallies if t.outcome is Outcome.TOUCHED]
    assert touched == ([] if repr(before) == repr(after) else [("r1", 1)])


def test_every_kind_that_changes_values_has_a_case_here_or_below():
    deciding = {"drop", "require_members", "drop_bots", "drop_internal_traffic", "drop_test_users"}
    stateful = {"fill_last_known", "drop_repeats", "outliers"}
    cleaning = {name for name, kind in KINDS.items() if kind.phase is Phase.CLEAN}
    assert {case[0] for case in CASES} == cleaning - deciding - stateful


def test_traits_and_ids_are_values_too():
    trimmed = rule("trim", {"paths": ["traits.name", "userId"]})
    through = cleaned([identify({"name": " Ann "}, userId=" u1 ")], trimmed)
    assert (through.row["user_id"], through.row["properties"]) == ("u1", '{"name":"Ann"}')


def test_a_batchs_shared_context_is_changed_for_the_rules_events_alone():
    upper = rule(
        "change_case", {"paths": ["context.app.name"], "to": "upper"}, scope={"events": ["A"]}
    )
    calls = [track(event="A", messageId="1"), track(event="B", messageId="2")]
    body = {"batch": calls, "context": {"app": {"name": "shop"}}}
    rows = lead([stored(body)], programs=programs(upper)).rows
    assert [json.loads(row["context"])["app"]["name"] for row in rows] == ["SHOP", "shop"]


def test_the_campaign_of_a_url_goes_to_the_context():
    url = "https://x.org/?UTM_Source=news&utm_campaign=a%20b&gclid=77&utm_id=9"
    context = {"page": {"url": url}, "campaign": {"source": "own"}}
    through = cleaned([track(context=context)], rule("normalize_url"))
    assert json.loads(through.row["context"]) == {
        "page": {"url": "https://x.org/"},
        "campaign": {"source": "own", "name": "a b", "gclid": "77", "id": "9"},
    }


def test_an_event_is_flagged_once_by_each_rule():
    flags = rule("allowed_range", {"paths": ["properties.*"], "most": 9})
    other = rule("allowed_range", {"paths": ["properties.a"], "most": 8}, id="r2", name="Other")
    through = cleaned([track({"a": 10, "b": 11})], flags, other)
    assert json.loads(through.row["context"]) == {"flagged": ["My rule", "Other"]}
    assert through.row["properties"] == '{"a":10,"b":11}'
