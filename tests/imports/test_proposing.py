"""A mapping is proposed from what columns are named and hold; it can be used as it is printed."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.errors import ImportFileError
from headwater.imports.converting import FileEvents
from headwater.imports.looking import look
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules
from headwater.imports.proposing import Proposal, propose


def proposed(tmp_path: Path, text: str, name: str = "orders.csv", encoding: str = "utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    proposal = propose(path, FileRules())
    assert parse_mapping(proposal.text, "m.toml") == proposal.mapping
    rejects: list[str] = []
    with FileEvents(
        path, proposal.mapping, proposal.mapping.file, "id", lambda _, why: rejects.append(why)
    ) as events:
        made = [json.loads(event.body) for event in events]
    return proposal, made, rejects


def roles(proposal: Proposal) -> dict[str, str]:
    return {role.column.name: role.role for role in proposal.roles}


def test_orders_become_tracks_and_their_buyers_are_identified_once(tmp_path):
    proposal, made, rejects = proposed(
        tmp_path,
        "Invoice,Customer ID,Invoice Date,Email,Total,Paid,Zip\n"
        "A-1,7,2024-03-01 09:30:00,ada@example.com,12.50,yes,01234\n"
        "A-2,7,2024-03-02 10:00:00,ada@example.com,8,no,01234\n"
        "A-3,8,2024-03-03 11:00:00,li@example.com,9,yes,10115\n",
    )
    assert roles(proposal) == {
        "Invoice": "value",
        "Customer ID": "userId",
        "Invoice Date": "timestamp",
        "Email": "value",
        "Total": "value",
        "Paid": "value",
        "Zip": "value",
    }
    assert rejects == []
    assert [event["type"] for event in made] == ["identify", "track", "track", "identify", "track"]
    assert made[0]["traits"] == {"Email": "ada@example.com"}
    assert made[1]["event"] == "Orders"
    assert made[1]["timestamp"] == "2024-03-01T09:30:00.000Z"
    assert made[1]["properties"] == {
        "Invoice": "A-1",
        "Email": "ada@example.com",
        "Total": 12.5,
        "Paid": True,
        "Zip": "01234",
    }


def test_a_chinese_file_in_gbk_is_understood(tmp_path):
    proposal, made, rejects = proposed(
        tmp_path,
        "用户编号,事件名称,下单时间,金额,城市\n"
        "u1,下单,2024年3月1日 09:30:00,68.5,上海\nu2,退款,2024年3月2日 10:00:00,12,北京\n",
        encoding="gbk",
    )
    assert rejects == []
    assert roles(proposal)["事件名称"] == "event"
    assert [event["event"] for event in made if event["type"] == "track"] == ["下单", "退款"]
    tracked = next(event for event in made if event["type"] == "track")
    assert tracked["timestamp"] == "2024-03-01T09:30:00.000Z"
    assert tracked["properties"] == {"金额": 68.5, "城市": "上海"}


def test_a_list_of_people_becomes_identifies(tmp_path):
    proposal, made, _ = proposed(
        tmp_path, "name,email,age\nAda,ada@example.com,36\nLi,li@example.com,\n", "people.csv"
    )
    assert roles(proposal)["email"] == "userId"
    assert [event["type"] for event in made] == ["identify", "identify"]
    assert made[0]["traits"] == {"name": "Ada", "age": 36}
    assert made[0]["userId"] == "ada@example.com"


def test_what_is_left_open_is_said(tmp_path):
    proposal, _, _ = proposed(tmp_path, "user_id,when\nu1,01/02/2024\nu1,03/04/2024\n")
    assert any("day may stand first or second" in doubt for doubt in proposal.doubts)
    path = tmp_path / "nobody.csv"
    path.write_text("a,b\n1,2\n")
    assert any("who it was" in doubt for doubt in propose(path, FileRules()).doubts)


@pytest.mark.parametrize(
    ("values", "kind", "format"),
    [
        (["2024-03-01T09:30:00Z", "2024-03-02"], "time", ""),
        (["31/01/2024", "01/02/2024"], "time", "%d/%m/%Y"),
        (["01/31/2024", "02/01/2024"], "time", "%m/%d/%Y"),
        (["1.3.2024 09:30", "2.3.2024 10:00"], "time", "%d.%m.%Y %H:%M"),
        ([1_700_000_000, 1_700_000_100], "time", ""),
        (["1700000000000"], "time", ""),
        (["1", "2", ""], "integer", ""),
        (["1.5", "2"], "number", ""),
        (["12,50", "1.234,00"], "number", ""),
        (["007", "008"], "text", ""),
        (["12345678901234567890"], "text", ""),
        (["a@b.example", "c@d.example"], "email", ""),
        (["+86 138 0013 8000", "021-6234-5678"], "phone", ""),
        (["true", "False"], "boolean", ""),
        (['{"a": 1}', "[1]"], "json", ""),
        (["", None], "text", ""),
        (["a"] * 96 + ["1"] * 4, "text", ""),
    ],
)
def test_what_a_column_holds_is_told_from_its_values(values, kind, format):  # noqa: A002
    looked = look("c", values)
    assert (looked.kind, looked.format) == (kind, format)


def test_an_empty_file_has_no_proposal(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("a,b\n")
    with pytest.raises(ImportFileError, match="no row that can be read"):
        propose(path, FileRules())


cells = st.text("ab01.,:-/ 年@{[\"'\\\n", max_size=12) | st.sampled_from(["", "2024-01-01", "1.5"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6))
def test_whatever_a_file_holds_its_proposal_can_be_used(tmp_path, rows):
    lines = [json.dumps(dict(zip(("user_id", "x.y", "time"), row, strict=True))) for row in rows]
    proposal, made, rejects = proposed(tmp_path, "\n".join(lines), "any.jsonl")
    assert proposal.rows == len(rows)
    assert len(made) + len(rejects) >= 1


def test_without_anybody_named_each_row_is_somebody_of_its_own(tmp_path):
    proposal, made, rejects = proposed(tmp_path, "age,job\n30,clerk\n40,smith\n", "bank-full.csv")
    assert rejects == []
    assert [event["anonymousId"] for event in made] == ["bank-full-1", "bank-full-2"]
    assert made[0]["event"] == "Bank Full"
    assert "each row is somebody of its own" in proposal.doubts[0]


def test_a_list_of_people_goes_by_its_own_ids_and_never_by_their_birthdays(tmp_path):
    proposal, made, rejects = proposed(
        tmp_path, "rec_id,given_name,dob,zip\na-1,Ada,1815-12-10,10115\na-2,Li, ,n/a\n"
    )
    assert roles(proposal)["rec_id"] == "userId"
    assert roles(proposal)["dob"] == "value"
    assert rejects == []
    assert [each["type"] for each in made] == ["identify", "identify"]
    assert made[1]["traits"] == {"given_name": "Li"}


def test_codes_among_numbers_make_texts_and_fractions_among_whole_numbers_numbers(tmp_path):
    lines = [f"{n},{n},{n}" for n in range(60)]
    lines[50], lines[51] = "C489449,7.5,9", "51,8,?"
    _, made, rejects = proposed(tmp_path, "\n".join(["invoice,share,n", *lines]))
    assert rejects == []
    assert made[50]["properties"] == {"invoice": "C489449", "share": 7.5, "n": 9}
    assert "n" not in made[51]["properties"]


def test_a_day_before_its_month_with_dashes_is_a_time(tmp_path):
    proposal, made, _ = proposed(tmp_path, "caller_id,opened_at\nc,29-02-2016 01:16\n")
    assert roles(proposal) == {"caller_id": "userId", "opened_at": "timestamp"}
    assert made[0]["timestamp"] == "2016-02-29T01:16:00.000Z"
