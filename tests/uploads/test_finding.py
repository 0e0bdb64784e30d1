"""What is found out about an uploaded file, and the mapping that its form begins with."""

import zipfile
from pathlib import Path

import msgspec
import pytest

from headwater.errors import MappingError
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules
from headwater.imports.writing_mapping import mapping_text
from headwater.uploads.choices import mapping_of
from headwater.uploads.finding import find, try_out
from headwater.uploads.model import TRIED_ROWS, Choices, ColumnChoice
from tests.imports.packing import PACKINGS

TEXT = "customer,event,at,total\n7,Paid,2024-06-01T12:00:00Z,9.5\n8,Paid,2024-06-02T12:00:00Z,1\n"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a", TEXT, "csv"),
        ("a.dat", '{"userId": "u", "event": "E"}\n{"userId": "u", "event": "E"}', "jsonl"),
        ("a.bin", '[{"userId": "u", "event": "E"}]', "json"),
        ("a.data", "<rows><row><customer>7</customer></row></rows>", "xml"),
    ],
)
def test_a_format_is_told_by_what_a_file_holds(
    tmp_path: Path, name: str, content: str, kind: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    found = find(path, FileRules())
    assert (found.format, found.rows_seen > 0) == (kind, True)
    assert found.choices.as_sent == (kind in ("json", "jsonl"))


def test_a_zip_with_several_files_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    found = find(path, FileRules())
    assert (found.format, found.members) == ("", ["a.csv", "b.csv"])
    assert find(path, FileRules(member="b.csv")).format == "csv"


def test_the_mapping_of_a_form_is_written_as_a_file_that_reads_as_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TEXT)
    path.with_name("a.csv.gz").write_bytes(PACKINGS[".gz"](path))
    found = find(path.with_name("a.csv.gz"), FileRules())
    mapping = mapping_of(found.choices, found.file_rules)
    assert mapping is not None
    written = mapping_text(mapping)
    assert mapping_text(parse_mapping(written, "m.toml")) == written
    tried = try_out(path.with_name("a.csv.gz"), mapping, found.file_rules)
    assert (tried.events, tried.rejected) == (2, 0)
    assert tried.shown[0]["properties"] == {"total": 9.5}


def test_no_more_rows_are_tried_than_are_shown_also_where_all_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n\n" + "1\n" * (3 * TRIED_ROWS))
    mapping = parse_mapping('[[events]]\nevent = "E"\n', "m.toml")
    tried = try_out(path, mapping, FileRules(format="csv"))
    assert (tried.rows, tried.rejected, tried.events) == (TRIED_ROWS, TRIED_ROWS, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role": "timestamp"}, "type is text"),
        ({"role": "owner"}, "cannot be"),
        ({"role": "groupId"}, "2 columns"),
    ],
)
def test_what_does_not_fit_in_a_form_is_said(change: dict[str, str], said: str) -> None:
    other = msgspec.structs.replace(ColumnChoice(column="b"), **change)
    choices = Choices(event="E", columns=[ColumnChoice(column="a", role="groupId"), other])
    with pytest.raises(MappingError, match=said):
        mapping_of(choices, FileRules())


@pytest.mark.shared
def test_real_files_are_proposed_mappings_that_their_rows_fit(shared: Path) -> None:
    for name, may_reject in {
        "bank_marketing/bank-full.csv.gz": False,
        "incident_event_log/incident_event_log.csv.gz": False,
        "online_shoppers/sessions.csv.gz": False,
        "support_tickets/tickets.csv.gz": False,
        "cdnow/customers.csv.gz": False,
        "online_retail_ii/order_lines.csv.gz": True,  # rows of nobody
    }.items():
        path = shared / "data" / name
        found = find(path, FileRules())
        tried = try_out(path, mapping_of(found.choices, found.file_rules), found.file_rules)
        assert tried.events >= 0.9 * tried.rows, name
        assert may_reject or tried.rejected == 0, name
