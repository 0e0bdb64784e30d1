"""Every format: the same rows written and read again, packed or not, are the same events."""

import bz2
import gzip
import json
import lzma
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from headwater.errors import ImportFileError
from headwater.imports.converting import FileEvents
from headwater.imports.formats import FORMATS
from headwater.imports.formats.format import Column
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules
from headwater.imports.rewriting import rewrite

ROWS = [
    {"userId": "u1", "event": "订单完成", "total": 12.5, "count": 3, "paid": True, "city": "上海"},
    {"userId": "u2", "event": "Seen", "total": 7, "count": 0, "paid": False, "note": ' a,b\n"c" '},
    {"userId": "007", "event": "<&>", "total": -1e-7, "count": 2**40, "city": "Zürich 🎉"},
]
TYPED = """
[columns]
total = "number"
count = "integer"
paid = "boolean"
[[events]]
event = "{event}"
userId = "{userId}"
properties = { total = "{total}", count = "{count}", paid = "{paid}", city = "{city}" }
"""
KINDS = {"total": "number", "count": "integer", "paid": "boolean"}
COLUMNS = [
    Column(name, KINDS.get(name, "text"))
    for name in ("userId", "event", "total", "count", "paid", "city", "note")
]


def write(path: Path, rows=ROWS, columns=COLUMNS) -> Path:
    kind = FORMATS[path.suffix.removeprefix(".").replace("tsv", "csv")]
    with kind.create(path, columns) as writer:
        for row in rows:
            writer.add(row)
    return path


def events_of(path: Path, mapping: str = "", **rules: str) -> tuple[list, list]:
    rejects: list[tuple[int, str]] = []
    read = parse_mapping(mapping, "m.toml") if mapping else None
    with FileEvents(
        path, read, FileRules(**rules), "id", lambda row, why: rejects.append((row.line, why))
    ) as events:
        found = [json.loads(event.body) for event in events]
        assert events.share_read() == pytest.approx(1.0)
    return found, rejects


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "jsonl", "xml", "parquet", "xlsx"])
def test_the_same_rows_are_the_same_events_in_every_format(tmp_path, suffix):
    expected, _ = events_of(write(tmp_path / "rows.jsonl"), TYPED)
    found, rejects = events_of(write(tmp_path / f"rows.{suffix}"), TYPED)
    assert rejects == []
    assert found == expected
    assert found[0]["properties"] == {"total": 12.5, "count": 3, "paid": True, "city": "上海"}


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", lambda data: pa.compress(data, "zstd", asbytes=True)),
        (".zip", None),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xml", "parquet", "xlsx"])
def test_a_packed_file_is_read_as_its_content(tmp_path, kind, suffix, pack):
    plain = write(tmp_path / f"rows.{kind}")
    packed = tmp_path / f"rows.{kind}{suffix}"
    if pack is None:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(plain, f"in a folder/rows.{kind}")
            archive.writestr("__MACOSX/._rows", b"what an operating system adds")
    else:
        packed.write_bytes(pack(plain.read_bytes()))
    assert events_of(packed, TYPED) == events_of(plain, TYPED)


def test_of_a_zip_with_several_files_one_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("people.csv", "userId\nu1\n")
        archive.writestr("orders.csv", "userId,event\nu2,Bought\n")
    with pytest.raises(ImportFileError, match=r"holds people\.csv, orders\.csv") as caught:
        events_of(tmp_path / "all.zip")
    assert "member" in caught.value.hint
    found, _ = events_of(tmp_path / "all.zip", member="orders.csv")
    assert [event["event"] for event in found] == ["Bought"]


def test_a_typed_table_needs_no_mapping_and_keeps_its_types(tmp_path):
    found, _ = events_of(write(tmp_path / "rows.xlsx"))
    assert found[0] == {
        "type": "track",
        "event": "订单完成",
        "userId": "u1",
        "properties": {"total": 12.5, "count": 3, "paid": True, "city": "上海"},
        "messageId": "id-1-0",
    }


def test_a_parquet_file_of_whole_events_is_taken_as_it_is(tmp_path):
    table = pa.table(
        {
            "userId": ["u1"],
            "event": ["Bought"],
            "properties": [{"price": 9.5, "tags": ["a", None]}],
            "timestamp": pa.array([1_700_000_000_000_000], pa.timestamp("us", "UTC")),
        }
    )
    parquet.write_table(table, tmp_path / "events.parquet")
    [event], _ = events_of(tmp_path / "events.parquet")
    assert event["properties"] == {"price": 9.5, "tags": ["a", None]}
    assert event["timestamp"] == "2023-11-14T22:13:20Z"


def test_arrow_values_that_json_does_not_have_become_some_that_it_has(tmp_path):
    table = pa.table(
        {
            "userId": ["u"],
            "decimal": pa.array([Decimal("12.50")], pa.decimal128(9, 2)),
            "whole": pa.array([Decimal("3.00")], pa.decimal128(9, 2)),
            "nan": [float("nan")],
            "day": pa.array([19_000], pa.date32()),
            "bytes": [b"\xff\x00"],
            "span": pa.array([90_000_000], pa.duration("us")),
            "big": pa.array([2**63 - 1], pa.int64()),
        }
    )
    parquet.write_table(table, tmp_path / "odd.parquet")
    [event], _ = events_of(tmp_path / "odd.parquet")
    assert event["traits"] == {
        "decimal": 12.5,
        "whole": 3,
        "day": "2022-01-08",
        "bytes": "/wA=",
        "span": 90.0,
        "big": 2**63 - 1,
    }


def test_xml_rows_are_the_named_elements_with_attributes_lists_and_text(tmp_path):
    path = tmp_path / "shop.xml"
    path.write_text(
        """<?xml version="1.0"?><shop xmlns:x="urn:x"><meta>no row</meta>
        <orders><order id="1"><userId>u1</userId><event>Bought</event>
          <properties><sku>a</sku><sku>b</sku><price cur="EUR">9.5</price></properties></order>
        <order id="2"><userId>u2</userId><event>Seen</event></order></orders></shop>"""
    )
    found, _ = events_of(path, rows="order")
    assert found[0]["properties"] == {"sku": ["a", "b"], "price": {"@cur": "EUR", "#text": "9.5"}}
    assert [event["userId"] for event in found] == ["u1", "u2"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<rows><row><userId>u1</userId></row><row>", "line 1: it ceases to be XML"),
        ('<!DOCTYPE r [<!ENTITY a "x">]><rows><row>&a;</row></rows>', "document type"),
        ("<rows>" + "<a>" * 40 + "</a>" * 40 + "</rows>", "30 elements"),
        ("", "ceases to be XML"),
    ],
)
def test_xml_that_cannot_be_read_says_where_and_why(tmp_path, text, problem):
    path = tmp_path / "bad.xml"
    path.write_text(text)
    with pytest.raises(ImportFileError, match=problem):
        events_of(path)


def test_the_rows_before_broken_xml_are_events(tmp_path):
    path = tmp_path / "broken.xml"
    path.write_text("<rows>\n<row><userId>u1</userId></row>\n<row></wrong>")
    seen = []
    with FileEvents(path, None, FileRules(), "id", lambda *_: None) as events:
        with pytest.raises(ImportFileError, match="line 3"):
            seen += [json.loads(event.body)["userId"] for event in events]
        assert events.account.events == 1


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
@pytest.mark.parametrize("content", [b"", b"no such file", b"PAR1", b"PK\x03\x04 but not whole"])
def test_a_file_that_is_not_of_its_format_is_refused(tmp_path, suffix, content):
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ImportFileError):
        events_of(path)


def test_a_sheet_is_named_and_its_rows_have_their_numbers(tmp_path):
    import xlsxwriter

    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("About").write_string(0, 0, "nothing here")
        sheet = book.add_worksheet("People")
        for row, cells in enumerate([[], ["userId", "age"], ["u1", 30], [], ["", 31], [1, 2, 3]]):
            for column, value in enumerate(cells):
                sheet.write(row, column, value)
    found, rejects = events_of(path, sheet="People")
    assert [event["traits"] for event in found] == [{"age": 30}]
    assert [line for line, _ in rejects] == [5, 6]
    assert "header 2" in rejects[1][1]
    with pytest.raises(ImportFileError, match="no sheet 'Nobody'") as caught:
        events_of(path, sheet="Nobody")
    assert "About, People" in caught.value.hint


@pytest.mark.parametrize("target", ["csv", "tsv", "json", "jsonl", "xml", "parquet", "xlsx"])
@pytest.mark.parametrize("source", ["jsonl", "parquet"])
def test_any_format_becomes_any_other(tmp_path, source, target):
    start = write(tmp_path / f"rows.{source}")
    made = tmp_path / f"made.{target}"
    done = rewrite(start, made, FileRules(), "", lambda *_: None)
    assert (done.rows, done.rejected) == (3, 0)
    assert events_of(made, TYPED) == events_of(start, TYPED)


def test_columns_of_several_kinds_are_json_in_a_typed_table(tmp_path):
    rows = [{"a": 1, "b": [1, 2]}, {"a": 1.5, "b": {"c": "d"}}, {"a": None, "b": "x", "d": 2**70}]
    (tmp_path / "mixed.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n")
    rejected = []
    done = rewrite(
        tmp_path / "mixed.jsonl",
        tmp_path / "mixed.parquet",
        FileRules(),
        "",
        lambda row, why: rejected.append((row.line, why)),
    )
    table = parquet.read_table(tmp_path / "mixed.parquet").to_pylist()
    assert table == [
        {"a": 1.0, "b": "[1,2]", "d": None},
        {"a": 1.5, "b": '{"c":"d"}', "d": None},
        {"a": None, "b": "x", "d": str(2**70)},
    ]
    assert (done.rows, done.rejected, rejected[0][0]) == (3, 1, 4)


def test_a_file_that_fails_half_way_leaves_no_new_one_and_the_old_one_as_it_was(tmp_path):
    (tmp_path / "cut.json").write_text('[{"a": 1}, {"a":')
    (tmp_path / "made.csv").write_text("as it was")
    with pytest.raises(ImportFileError, match="ceases to be JSON"):
        rewrite(tmp_path / "cut.json", tmp_path / "made.csv", FileRules(), "", lambda *_: None)
    assert (tmp_path / "made.csv").read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.json", "made.csv"]


names = st.sampled_from(["a", "b", "c d", "键"])
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(names, scalars, min_size=1), min_size=1, max_size=8))
def test_what_parquet_and_json_hold_comes_back_unaltered(tmp_path, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "in.jsonl").write_text(text)
    for kind in ("json", "jsonl"):
        rewrite(tmp_path / "in.jsonl", tmp_path / f"out.{kind}", FileRules(), "", lambda *_: None)
        with FORMATS[kind].open(tmp_path / f"out.{kind}", FileRules()) as read:
            assert [json.loads(row.raw) for row in read] == rows
    rewrite(tmp_path / "in.jsonl", tmp_path / "out.parquet", FileRules(), "", lambda *_: None)
    with FORMATS["parquet"].open(tmp_path / "out.parquet", FileRules()) as read:
        back = [json.loads(row.raw) for row in read]
    for row, found in zip(rows, back, strict=True):
        for name, value in row.items():
            assert found[name] in (value, json.dumps(value, ensure_ascii=False))
