"""Readers: every line of a file is an event or a reject with its line number."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import ImportFileError
from headwater.imports.converting import FileEvents
from headwater.imports.csv_rows import CsvRows, distinct_names, sniff_delimiter
from headwater.imports.events_as_sent import EventsAsSent
from headwater.imports.json_rows import json_lines, json_values
from headwater.imports.model import FileRules, RowRejectedError
from headwater.imports.opening import format_of

PLAIN = '[[events]]\nevent = "Seen"\nuserId = "u"\nproperties.a = "{a}"\nproperties.b = "{b}"\n'


def test_a_quoted_line_break_belongs_to_its_row_and_the_next_row_knows_its_line(convert):
    converted = convert('a,b\n"one\ntwo",2\n3\n4,5\n', PLAIN)
    assert [event["properties"] for event in converted.events] == [
        {"a": "one\ntwo", "b": "2"},
        {"a": "4", "b": "5"},
    ]
    assert converted.rejects == [(4, "the row has 1 fields and the header 2", "3\n")]


def test_blank_lines_are_no_rows_and_do_not_shift_line_numbers(convert):
    converted = convert("\n\na,b\n\n1,2\n\nx\n", PLAIN)
    assert converted.account.rows == 2
    assert converted.rejects[0][0] == 7


def test_a_short_row_is_padded_where_the_mapping_says_so(convert):
    converted = convert("a,b\n1\n", "[file]\nshort_rows = 'pad'\n" + PLAIN)
    assert converted.events[0]["properties"] == {"a": "1"}


def test_empty_fields_beyond_the_header_are_no_fault_and_others_are(convert):
    converted = convert("a,b\n1,2,,\n1,2,3\n", PLAIN)
    assert len(converted.events) == 1
    assert "3 fields" in converted.rejects[0][1]


def test_a_quote_left_open_costs_its_own_rows_and_no_more_than_a_field_may_hold(convert):
    many = "".join(f"{n},{'x' * 50}\n" for n in range(5000))
    converted = convert(f'a,b\n1,2\n"open,3\n{many}', PLAIN)
    assert converted.events[0]["properties"] == {"a": "1", "b": "2"}
    assert converted.rejects[0][0] == 3
    assert "quote left open" in converted.rejects[0][1]
    assert len(converted.events) > 2000


@pytest.mark.parametrize(
    "head", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le with mark"], ids=lambda name: name
)
def test_utf_8_and_marked_utf_16_are_recognised(convert, head):
    text = "a,b\n名,é\n"
    body = ("\ufeff" + text).encode("utf-16-le") if "mark" in head else text.encode(head)
    assert convert(body, PLAIN).events[0]["properties"] == {"a": "名", "b": "é"}


def test_a_row_that_is_not_in_the_named_encoding_is_rejected(convert):
    body = "a,b\nMünchen,1\nBerlin,2\n".encode("latin-1")
    named = convert(body, "[file]\nencoding = 'utf-8'\n" + PLAIN)
    assert [event["properties"]["a"] for event in named.events] == ["Berlin"]
    assert named.rejects[0][0] == 2
    assert "--encoding" in named.rejects[0][1]


def test_an_encoding_that_does_not_exist_is_refused(convert):
    with pytest.raises(ImportFileError, match="no encoding 'klingon'"):
        convert("a,b\n", "[file]\nencoding = 'klingon'\n" + PLAIN)


def test_a_compressed_file_is_read_as_the_file_in_it(convert):
    body = gzip.compress(b"a,b\n1,2\n")
    assert convert(body, PLAIN, "file.csv.gz").events[0]["properties"] == {"a": "1", "b": "2"}


def test_a_compressed_file_that_breaks_off_is_refused_by_its_name(convert):
    body = gzip.compress(b"a,b\n" + b"1,2\n" * 50_000)
    with pytest.raises(ImportFileError, match=r"file\.csv\.gz cannot be read to its end"):
        convert(body[: len(body) // 2], PLAIN, "file.csv.gz")


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("a,b,c", ","),
        ("a;b,c;d", ";"),
        ("a\tb", "\t"),
        ("a|b|c", "|"),
        ('"a;b;c",d', ","),
        ("a", ","),
    ],
)
def test_the_delimiter_is_the_one_that_the_header_uses_most_outside_quotes(header, delimiter):
    assert sniff_delimiter(header) == delimiter


def test_repeated_and_empty_column_names_get_names_of_their_own():
    assert distinct_names(["a", "a", "", "a", " b "]) == ["a", "a_2", "column_3", "a_3", "b"]


def test_a_file_without_header_takes_its_column_names_from_the_mapping(convert):
    converted = convert("1,2\n3,4\n", '[file]\ncolumns = ["a", "b"]\n' + PLAIN)
    assert [event["properties"]["a"] for event in converted.events] == ["1", "3"]


def test_an_empty_csv_file_is_refused(convert):
    with pytest.raises(ImportFileError, match="empty"):
        convert("", PLAIN)


@pytest.mark.parametrize(
    ("name", "asked", "found"),
    [
        ("x.csv", "", "csv"),
        ("x.CSV.gz", "", "csv"),
        ("x.tsv", "", "csv"),
        ("x.ndjson.gz", "", "jsonl"),
        ("x.json", "", "json"),
        ("x.XML.bz2", "", "xml"),
        ("x.parquet", "", "parquet"),
        ("x.xlsx", "", "xlsx"),
        ("x", "jsonl", "jsonl"),
    ],
)
def test_the_format_is_the_one_asked_for_or_that_of_the_name(name, asked, found):
    assert format_of(Path(name), asked) == found


@pytest.mark.parametrize(("name", "asked"), [("x.avro", ""), ("x.csv", "orc"), ("x", "")])
def test_a_format_that_is_none_is_refused_with_those_that_are_read(name, asked):
    with pytest.raises(ImportFileError, match=r"is not read|does not say its format") as caught:
        format_of(Path(name), asked)
    assert "csv, json, jsonl, xml, parquet, xlsx" in caught.value.hint


def test_csv_columns_named_like_fields_need_no_mapping(convert):
    converted = convert(
        "user_id,event,timestamp,properties.total,address.city,context.ip,plan\n"
        "1,Bought,2024-01-01,5,Brno,1.2.3.4,pro\n"
        "2,,,,,,free\n"
    )
    assert converted.events[0] == {
        "type": "track",
        "event": "Bought",
        "userId": "1",
        "timestamp": "2024-01-01",
        "properties": {"total": "5", "address": {"city": "Brno"}, "plan": "pro"},
        "context": {"ip": "1.2.3.4"},
        "messageId": "id-1-0",
    }
    assert converted.events[1]["type"] == "identify"
    assert converted.events[1]["traits"] == {"plan": "free"}


def test_csv_rows_with_a_type_column_become_that_call(convert):
    converted = convert(
        "type,userId,groupId,name,x\ngroup,1,g,,2\npage,1,,Home,3\nsing,1,,,4\n,1,,,5\n"
    )
    assert [(e["type"], e.get("name")) for e in converted.events] == [
        ("group", None),
        ("page", "Home"),
        ("identify", None),
    ]
    assert converted.events[0]["traits"] == {"x": "2"}
    assert converted.rejects[0][0] == 4
    assert "type_not_known" in converted.rejects[0][1]


def test_events_in_segments_shape_pass_with_their_values_unaltered(convert):
    line = (
        '{"type":"track","event":"购买","userId":"u","properties":'
        '{"n":12345678901234567890123,"x":1.10,"s":"\\u0000\\ud83d\\ude00","z":null}}'
    )
    path_events = convert(line + "\n", name="f.jsonl")
    assert path_events.events[0]["messageId"] == "id-1-0"
    made = EventsAsSent().convert(next(iter(json_lines([line]))))[0].event
    assert b'"n":12345678901234567890123,"x":1.10' in bytes(made["properties"])


def test_a_sent_at_of_another_sending_is_left_out_and_a_messageid_is_kept(convert):
    line = (
        '{"type":"track","event":"E","userId":"u","messageId":"m","sentAt":"2024-01-01T00:00:00Z",'
        '"timestamp":"2023-01-01T00:00:00Z"}'
    )
    event = convert(line, name="f.jsonl").events[0]
    assert event["messageId"] == "m"
    assert event["timestamp"] == "2023-01-01T00:00:00Z"
    assert "sentAt" not in event


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"type": "sing", "userId": "u"}', "type_not_known"),
        ('{"type": 5, "userId": "u"}', "type_not_known"),
        ('{"event": "E"}', "no_user_anon_id"),
        ('{"event": "", "userId": "u"}', "event_not_defined"),
        ('{"event": 5, "userId": "u"}', "event_not_string"),
        ('{"event": "E", "userId": {}}', "id_not_string"),
        ('{"event": "E", "userId": "u", "properties": []}', "properties_not_object"),
        ('{"type": "group", "userId": "u"}', "id_required"),
        ('{"type": "alias", "userId": "u"}', "id_required"),
        ('{"event": "E", "userId": "u", "messageId": 5}', "message_id_invalid"),
        ('{"event": "E", "userId": "u", "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "no JSON"),
    ],
)
def test_a_line_that_could_only_be_quarantined_is_rejected_with_segments_reason(line, reason):
    row = next(iter(json_lines([line])))
    with pytest.raises(RowRejectedError, match=reason):
        EventsAsSent().convert(row)


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1}, {"a": 2}]',
        '{"a": 1}{"a": 2}',
        '{"a": 1}\n\n{\n"a":\n2}\n',
        '{"batch": [{"a": 1}, {"a": 2}]}',
        '\n[\n{"a": 1}\n,\n{"a": 2}\n]\n',
    ],
)
@pytest.mark.parametrize("piece", [1, 3, 10_000])
def test_json_values_are_read_from_arrays_batches_and_rows_of_objects(text, piece):
    at = 0

    def read(_wanted: int) -> str:
        nonlocal at
        at += piece
        return text[at - piece : at]

    rows = list(json_values(read))
    assert [json.loads(row.raw) for row in rows] == [{"a": 1}, {"a": 2}]
    assert [row.number for row in rows] == [1, 2]


def test_a_json_row_knows_the_line_that_it_begins_on():
    pieces = iter(['[{"a":\n1},\n\n {"a": 2}]', ""])
    assert [row.line for row in json_values(lambda _: next(pieces))] == [1, 4]


@pytest.mark.parametrize(
    "text", ['[{"a": 1}, {"a"', '[{"a": 1} {"a": 2}]', "[1]x", '{"a" 1}', "[1"]
)
def test_json_that_breaks_off_is_refused_with_its_line(text):
    pieces = iter([text, "", "", ""])
    with pytest.raises(ImportFileError, match="on line 1"):
        list(json_values(lambda _: next(pieces)))


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
LINES = st.lists(st.one_of(CELLS, st.sampled_from(['"', "a,b", '"x\ny",2', "", "1,2", '"a"b'])))


@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_every_line_of_any_csv_belongs_to_exactly_one_row(lines, end):
    text = "a,b" + end + "".join(line + end for line in lines)
    source = _universal_lines(text)
    rows = CsvRows(source, FileRules(delimiter=","))
    covered = 1
    for row in rows:
        assert row.line > covered or row.line == covered + 1
        assert _universal_lines(row.raw)[0] == source[row.line - 1]
        between = source[covered : row.line - 1]
        assert all(not line.strip("\r\n") for line in between)
        assert bool(row.problem) == (not row.fields)
        covered = row.line - 1 + len(_universal_lines(row.raw))
    assert all(not line.strip("\r\n") for line in source[covered:])


def _universal_lines(text: str) -> list[str]:
    """Lines as a text file opened with newline='' gives them."""
    lines, line = [], ""
    for position, character in enumerate(text):
        line += character
        if character == "\n" or (character == "\r" and text[position + 1 : position + 2] != "\n"):
            lines.append(line)
            line = ""
    return [*lines, line] if line else lines


EVENT = st.fixed_dictionaries(
    {"userId": st.text(min_size=1, max_size=5), "event": st.text(min_size=1, max_size=5)},
    optional={"properties": st.dictionaries(st.text(max_size=3), st.integers() | st.text())},
)
JSONL_LINE = st.one_of(
    EVENT.map(json.dumps),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=20),
)


@given(st.lists(JSONL_LINE, max_size=20))
def test_every_line_of_any_jsonl_is_an_event_or_a_reject_with_its_number(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "property.jsonl"
    path.write_text("\n".join(lines), "utf-8", newline="")
    rejected: list[int] = []
    with FileEvents(
        path, None, FileRules(), "id", lambda row, _reason: rejected.append(row.line)
    ) as events:
        made = [event.row for event in events]
    blank = sum(not line.strip(" \t\r\n\ufeff") for line in lines)
    assert len(made) + len(rejected) + blank == len(lines)
    assert len(set(rejected)) == len(rejected)
    assert events.account.rows == len(made) + len(rejected)
