"""A mapping's rules, each by an example."""

import pytest

from headwater.errors import MappingError
from headwater.imports.mapping_file import parse_mapping

TRACK = '[[events]]\nevent = "Seen"\nuserId = "u"\n'


def member(convert, header, row, column, template="{a}"):
    """The property `p` that a template makes of a one-row file with this column rule."""
    mapping = f"[columns]\na = {column}\n{TRACK}properties.p = '{template}'\n"
    converted = convert(f"{header}\n{row}\n", mapping)
    if converted.rejects:
        return converted.rejects[0][1]
    return converted.events[0].get("properties", {}).get("p")


@pytest.mark.parametrize(
    ("rule", "written", "value"),
    [
        ("'text'", "007", "007"),
        ("'text'", "", None),
        ("'integer'", "12", 12),
        ("'integer'", "12923.0", 12923),
        ("'integer'", "-3", -3),
        ("'integer'", "1.5", "column a: '1.5' is no whole number"),
        ("'integer'", "1_000", "column a: '1_000' is no whole number"),
        ("'integer'", "٣", "column a: '٣' is no whole number"),
        ("'number'", "12", 12),
        ("'number'", "1e3", 1000.0),
        ("'number'", ".5", 0.5),
        ("'number'", "1e999", "column a: the number is out of range"),
        ("'number'", "nan", "column a: 'nan' is no number"),
        ("{type='number', decimal=','}", '"1.234,5"', 1234.5),
        ("{type='number', round=2}", "1.005001", 1.01),
        ("'boolean'", "TRUE", True),
        ("'boolean'", "no", False),
        ("'boolean'", "maybe", "column a: 'maybe' is neither true nor false"),
        ("'time'", "2024-02-29", "2024-02-29T00:00:00.000Z"),
        ("'time'", "2024-02-29T12:00:00+02:00", "2024-02-29T10:00:00.000Z"),
        ("'time'", "2024-02-30", "column a: '2024-02-30' is not an ISO 8601 time"),
        ("{type='time', format='%d-%m-%Y %H:%M'}", "01-03-2016 09:36", "2016-03-01T09:36:00.000Z"),
        (
            "{type='time', format='%d.%m.%Y', zone='Asia/Shanghai'}",
            "01.03.2016",
            "2016-02-29T16:00:00.000Z",
        ),
        ("{type='time', unit='seconds'}", "1700000000", "2023-11-14T22:13:20.000Z"),
        ("{type='time', unit='milliseconds'}", "1700000000123", "2023-11-14T22:13:20.123Z"),
        ("{type='time', unit='weeks', since='1997-01-01'}", "1.5", "1997-01-11T12:00:00.000Z"),
        (
            "{type='time', unit='weeks'}",
            "99999999",
            "column a: '99999999' weeks reach beyond the calendar",
        ),
        ("'json'", '"{""b"": [1, null]}"', {"b": [1, None]}),
        ("{strip=true}", " a ", "a"),
        ("{missing=['?', 'NULL']}", "?", None),
        ("{missing=['?', 'NULL']}", "x", "x"),
        ("{values={feb='02'}}", "feb", "02"),
        ("{values={feb='02'}}", "Smarch", "column a: 'Smarch' is not among the mapping's values"),
        ("{values={feb='02'}, otherwise='00'}", "Smarch", "00"),
        ("{type='boolean', values={paid='yes', open='no'}}", "paid", True),
        ("{when={a={starts='x'}}}", "abc", "The column 'a' is made from itself."),
    ],
)
def test_a_column_is_read_by_its_rule(convert, rule, written, value):
    try:
        made = member(convert, "a", written if written else '""', rule)
    except MappingError as error:
        made = error.message
    assert made == value
    assert type(made) is type(value)


def test_values_translate_what_is_written_before_the_type_reads_it(convert):
    assert member(convert, "a", "paid", "{type='boolean', values={paid='yes'}}") is True


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{a}-{b}", "1-x"),
        ("{a}", "1"),
        ("constant", "constant"),
        ("{{{a}}}", "{1}"),
        ("{$row}", 1),
        ("line {$line}", "line 2"),
        ("{a}{c}", None),
    ],
)
def test_a_template_puts_columns_into_a_text(convert, template, value):
    assert member(convert, "a,b,c", "1,x,", "'text'", template) == value


def test_columns_are_made_of_others_by_product_sum_and_template(convert):
    mapping = f"""
[columns]
price = "number"
quantity = "integer"
total = {{ product = ["price", "quantity"], type = "number", round = 2 }}
back = {{ sum = ["quantity", -1], type = "integer" }}
day = {{ template = "{{year}}-01-02", type = "time" }}
{TRACK}
[events.properties]
total = "{{total}}"
back = "{{back}}"
day = "{{day}}"
"""
    converted = convert("price,quantity,year\n1.1,3,2020\n", mapping)
    assert converted.events[0]["properties"] == {
        "total": 3.3,
        "back": 2,
        "day": "2020-01-02T00:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ('{ a = "x" }', [1]),
        ('{ a = ["x", "y"] }', [1, 2]),
        ("{ a = { present = true } }", [1, 2, 4]),
        ("{ a = { present = false } }", [3]),
        ('{ a = { not = "x" } }', [2, 3, 4]),
        ('{ a = { starts = "x" } }', [1, 4]),
        ('{ a = { matches = "^x.$" } }', [4]),
        ("{ n = { over = 1 } }", [2, 3, 4]),
        ("{ n = { over = 1, under = 4 } }", [2, 3]),
        ("{ n = 1 }", [1]),
        ('{ a = "x", n = 2 }', []),
        ('[{ a = "x" }, { n = 2 }]', [1, 2]),
    ],
)
def test_an_event_is_made_of_the_rows_that_its_condition_admits(convert, condition, rows):
    mapping = f"[columns]\nn = 'integer'\n{TRACK}when = {condition}\nproperties.row = '{{$row}}'"
    converted = convert("a,n\nx,1\ny,2\n,3\nxx,4\n", mapping)
    assert [event["properties"]["row"] for event in converted.events] == rows
    assert converted.account.skipped.total() == 4 - len(rows)


def test_objects_nest_and_leave_out_what_is_missing(convert):
    mapping = f"""{TRACK}
[events.properties]
address.city = "{{city}}"
address.street = "{{street}}"
geo.lat = "{{lat}}"
tags = ["{{city}}", "fixed"]
fixed = 5
"""
    converted = convert("city,street,lat\nBrno,,\n", mapping)
    assert converted.events[0]["properties"] == {
        "address": {"city": "Brno"},
        "tags": ["Brno", "fixed"],
        "fixed": 5,
    }


def test_a_row_makes_several_events_with_messageids_of_row_and_rule(convert):
    mapping = """
[[events]]
type = "identify"
userId = "{id}"
traits.plan = "{plan}"
[[events]]
event = "Bought"
userId = "{id}"
when = { plan = "pro" }
"""
    converted = convert("id,plan\n1,free\n2,pro\n", mapping)
    assert [(e["messageId"], e["type"], e["userId"]) for e in converted.events] == [
        ("id-1-0", "identify", "1"),
        ("id-2-0", "identify", "2"),
        ("id-2-1", "track", "2"),
    ]


def test_of_several_templates_for_an_id_the_first_present_one_is_taken(convert):
    mapping = '[[events]]\nevent = "E"\nuserId = ["{a}", "{b}", "nobody"]\n'
    converted = convert("a,b\n1,2\n,2\n,\n", mapping)
    assert [event["userId"] for event in converted.events] == ["1", "2", "nobody"]


def test_once_makes_the_event_of_the_first_row_of_each_value(convert):
    mapping = f"{TRACK}once = '{{a}} {{b}}'\nproperties.row = '{{$row}}'"
    converted = convert("a,b\n1,x\n1,x\n1,\n1,\n2,x\n", mapping)
    assert [event["properties"]["row"] for event in converted.events] == [1, 3, 5]


def test_rows_of_a_group_make_one_event_with_sums_and_arrays(convert):
    mapping = f"""
[columns]
total = "number"
{TRACK}group = "{{order}}"
total = {{ revenue = "total" }}
properties.order_id = "{{order}}"
[events.each.products]
product_id = "{{sku}}"
"""
    rows = "order,sku,total\nA,s1,0.1\nB,s2,5\nA,s3,0.2\nA,,1\n"
    converted = convert(rows, mapping)
    assert sorted((e["messageId"], e["properties"]) for e in converted.events) == [
        (
            "id-1-0",
            {
                "order_id": "A",
                "revenue": 1.3,
                "products": [{"product_id": "s1"}, {"product_id": "s3"}],
            },
        ),
        ("id-2-0", {"order_id": "B", "revenue": 5, "products": [{"product_id": "s2"}]}),
    ]


def test_a_group_is_whole_when_enough_other_rows_passed(convert):
    mapping = f"{TRACK}group = '{{a}}'\ngroup_rows = 2\nproperties.a = '{{a}}'"
    converted = convert("a\nx\ny\ny\ny\nx\n", mapping.replace("group_rows", "groupRows"))
    assert [event["properties"]["a"] for event in converted.events] == ["x", "y", "x"]


def test_rules_skip_and_reject_rows_before_their_columns_are_read(convert):
    mapping = f"""
[columns]
n = "integer"
[[skip]]
when = {{ a = "test" }}
reason = "a test row"
[[reject]]
when = {{ a = {{ present = false }} }}
reason = "no name"
{TRACK}properties.n = "{{n}}"
"""
    converted = convert("a,n\nx,1\ntest,oops\n,2\nx,oops\n", mapping)
    assert len(converted.events) == 1
    assert converted.account.skipped == {"a test row": 1}
    assert [(line, why) for line, why, _ in converted.rejects] == [
        (4, "no name"),
        (5, "column n: 'oops' is no whole number"),
    ]


def test_a_mapping_reads_members_of_json_objects_by_their_path(convert):
    mapping = '[[events]]\nevent = "{name}"\nuserId = "{user.id}"\nproperties.n = "{n}"\n'
    converted = convert(
        '{"name": "A", "user": {"id": 7}, "n": 1.5}\n{"name": "B"}\n[1]\n{', mapping, "f.jsonl"
    )
    assert [(e["event"], e["userId"], e["properties"]) for e in converted.events] == [
        ("A", "7", {"n": 1.5})
    ]
    assert [line for line, _, _ in converted.rejects] == [2, 3, 4]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("events = 1", "events"),
        ("[[events]]\nevnt = 'x'", "evnt"),
        ("[columns]\na = {typ = 'x'}", "typ"),
        ("[[events]]\ntype = 'sing'", "sing"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_mapping_with_a_mistake_is_refused_by_its_name(mapping, words):
    with pytest.raises(MappingError, match=words):
        parse_mapping(mapping, "m.toml")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("[file]\nmissing = []", "makes no event"),
        (TRACK + "properties.p = '{nope}'", "no column 'nope'"),
        (TRACK + "properties.p = '{a'", "stands alone"),
        (TRACK + "when = { a = { roughly = 1 } }", "'roughly'"),
        (TRACK + "total = { x = 'a' }", "need its `group`"),
        ("[columns]\na = 'colour'\n" + TRACK + "name = '{a}'", "'colour'"),
        ("[columns]\na = {from = 'b'}\nb = {from = 'a'}\n" + TRACK + "name = '{a}'", "itself"),
        ("[columns]\na = {type = 'time', zone = 'Mars'}\n" + TRACK + "name = '{a}'", "zone"),
        ("[[skip]]\nreason = 'all'\nwhen = {}\n" + TRACK, "no condition"),
    ],
)
def test_a_mapping_that_does_not_fit_its_file_is_refused_before_the_first_row(
    convert, mapping, words
):
    with pytest.raises(MappingError, match=words):
        convert("a,b\n1,2\n", mapping)


def test_a_mapping_may_be_written_in_json():
    read = parse_mapping('{"events": [{"event": "X", "userId": "{a}"}]}', "m.json")
    assert read.events[0].user_id == "{a}"
