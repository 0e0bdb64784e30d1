"""The fixes of a form, and those that are worth a try."""

import pytest

from headwater.quarantine.model import Cast, Fix, Operation
from headwater.spec.reasons import Reason
from headwater.web.mending import FixForm, Row, fixes_of, rows_of, suggested


def test_a_form_has_a_fix_in_each_row() -> None:
    form = FixForm(
        op=["set", "rename", "cast"],
        path=["userId", " a ", "properties"],
        to=["", "b", ""],
        value=["42", "", ""],
        type=["text", "text", "object"],
    )
    assert fixes_of(rows_of(form)) == (
        Fix(op=Operation.SET, path="userId", value=42),
        Fix(op=Operation.RENAME, path="a", to="b", value=""),
        Fix(op=Operation.CAST, path="properties", value="", type=Cast.OBJECT),
    )


def test_a_row_without_a_path_is_no_fix_and_columns_may_end_early() -> None:
    form = FixForm(op=["set", "set"], path=["", "event"], value=["x"])
    assert fixes_of(rows_of(form)) == (Fix(op=Operation.SET, path="event", value=""),)


def test_what_no_form_holds_falls_back() -> None:
    [fix] = fixes_of([Row(op="drop table", path="a", type="nonsense")])
    assert (fix.op, fix.type) == (Operation.SET, Cast.TEXT)


def test_texts_and_json_are_told_apart() -> None:
    [text, number, word] = fixes_of([Row(path="a", value=v) for v in ("plain", "1.5", "true")])
    assert (text.value, number.value, word.value) == ("plain", 1.5, True)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_offers_rows_that_can_be_sent(reason: Reason) -> None:
    rows = suggested(reason, "groupId")
    assert rows
    assert all(fix.path for fix in fixes_of(rows))


def test_a_suggestion_is_about_the_field_at_fault() -> None:
    [row] = suggested(Reason.ID_NOT_STRING, "groupId")
    assert (row.op, row.path, row.type) == ("cast", "groupId", "text")
