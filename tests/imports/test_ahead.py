"""Rows read together, column by column, make what each makes by itself."""

import gzip
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.errors import ImportFileError
from headwater.imports.converting import FileEvents
from headwater.imports.mapping_file import parse_mapping
from headwater.imports.model import FileRules, Row, RowRejectedError, RowSkippedError
from headwater.imports.rows_to_events import MappedRows

HEADER = ("Invoice", "Quantity", "Price", "Date", "Customer")
MAPPING = """
[file]
missing = ["", "?"]

[columns]
Quantity = "integer"
Price = { type = "number", decimal = "," }
Date = { type = "time", format = "%d.%m.%Y" }
Total = { product = ["Quantity", "Price"], type = "number", round = 2 }
Returned = { product = ["Quantity", -1], type = "integer" }
Twice = { sum = ["Total", "Total", 1], type = "number" }
Sum = { sum = ["Total", "Invoice"], type = "number", when = { Customer = "odd" } }
Stranger = { template = "invoice-{Invoice}", when = { Customer = { present = false } } }

[[skip]]
when = { Invoice = "test" }
reason = "a test"

[[reject]]
when = { Total = { over = 1000 } }
reason = "too much"

[[events]]
type = "identify"
userId = "{Customer}"
when = { Customer = { present = true } }
once = "{Customer}"
traits.first = "{Date}"

[[events]]
event = "Bought"
userId = "{Customer}"
anonymousId = "{Stranger}"
timestamp = "{Date}"
when = [{ Invoice = { not = { matches = "^[AC]" } }, Quantity = { over = 0 } }, { Price = 7 }]
properties = { total = "{Total}", returned = "{Returned}", twice = "{Twice}", sum = "{Sum}" }

[[events]]
event = "Order"
userId = ["{Customer}", "{Stranger}"]
when = { Invoice = { starts = "C" } }
group = "{Invoice}"
groupRows = 3
total = { total = "Total" }
"""
rows = st.lists(
    st.tuples(
        st.sampled_from(["A1", "C1", "C2", "i3", "test", "", "?"]),
        st.sampled_from(["1", "2", "-3", "5.0", "", "?", "x", "9" * 20]),
        st.sampled_from(["2,5", "7", "1.000,5", "", "1e400", "3,,", "1e308"]),
        st.sampled_from(["01.02.2024", "31.12.2023", "2024-01-01", ""]),
        st.sampled_from(["ann", "bo", "odd", "", "?"]),
        st.sampled_from(["", "", "", "the row has 3 fields and the header 5"]),
    ),
    max_size=20,
)


def outcome(converter: MappedRows, row: Row, ahead: list[Any] | None) -> Any:
    try:
        return list(converter.convert(row, ahead))
    except (RowRejectedError, RowSkippedError) as error:
        return type(error).__name__, str(error)


@given(rows)
def test_a_row_makes_the_same_with_others_as_alone(sent: list[tuple[str, ...]]) -> None:
    mapping = parse_mapping(MAPPING, "mapping.toml")
    given_rows = [
        Row(number, number + 1, ";".join(fields), fields if not problem else (), problem)
        for number, (*fields, problem) in enumerate(sent, 1)
    ]
    together, alone = MappedRows(mapping, HEADER), MappedRows(mapping, HEADER)
    ahead = together.ahead(given_rows)
    for row, values in zip(given_rows, ahead, strict=True):
        assert outcome(together, row, values) == outcome(alone, row, None)
    assert together.finish() == alone.finish()


def test_a_file_that_breaks_off_gives_the_rows_before_the_break(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    random = Random(1)
    lines = "".join(f"u{n},Ran,{random.randbytes(200).hex()}\n" for n in range(30_000))
    whole = gzip.compress(("userId,event,n\n" + lines).encode())
    path.write_bytes(whole[: len(whole) // 2])
    made = []
    with FileEvents(path, None, FileRules(), "id", lambda *_: None) as events:
        with pytest.raises(ImportFileError):
            made.extend(events)
        assert len(made) == events.account.events > 1000
