"""The example mappings convert the real data sets whole: nothing rejected, nothing skipped."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from headwater.demo.replay import DATA_SETS, found_in, mapping_path
from headwater.errors import ImportFileError
from headwater.imports.converting import FileEvents
from headwater.imports.mapping_file import read_mapping
from headwater.imports.model import FileRules

LARGEST_EVENT = 32_768

EXPECTED = {
    "online_retail_ii": (
        402_345,
        {
            "identify": 3875,
            "Product Purchased": 392_246,
            "Product Returned": 8323,
            "Stock Adjusted": 1774,
            "Bad Debt Adjusted": 2,
            "Order Completed": 17_452,
            "Order Refunded": 3730,
        },
    ),
    "online_retail": (
        30_000,
        {
            "identify": 3569,
            "Product Purchased": 29_367,
            "Product Returned": 620,
            "Stock Adjusted": 13,
        },
    ),
    "bank_marketing": (
        45_212,
        {"identify": 45_212, "Campaign Contacted": 45_212, "Deposit Subscribed": 5290},
    ),
    "online_shoppers": (12_330, {"Session Ended": 12_330, "Order Completed": 1908}),
    "incident_event_log": (
        5998,
        {
            "Ticket Created": 890,
            "Ticket Assigned": 1798,
            "Ticket Reopened": 11,
            "Ticket Updated": 5998,
            "Ticket Resolved": 890,
            "Ticket Closed": 890,
        },
    ),
    "support_tickets": (
        8469,
        {
            "identify": 8469,
            "Product Purchased": 8469,
            "Ticket Created": 8469,
            "Ticket Answered": 5650,
            "Ticket Solved": 2769,
            "Satisfaction Rated": 2769,
        },
    ),
    "cdnow": (2357, {"identify": 2357}),
}


class _Seen(msgspec.Struct, rename="camel"):
    type: str
    message_id: str
    timestamp: str
    event: str = ""


@pytest.mark.shared
@pytest.mark.parametrize("data_set", DATA_SETS, ids=lambda each: each.name)
def test_a_data_set_becomes_events_without_a_reject(shared: Path, data_set) -> None:
    mapping = read_mapping(mapping_path(data_set.name))
    path = shared / "data" / data_set.name / data_set.file
    decoder = msgspec.json.Decoder(_Seen)
    rejects: list[str] = []
    counts: Counter[str] = Counter()
    ids: set[str] = set()
    largest = 0
    with FileEvents(
        path, mapping, mapping.file, "id", lambda row, reason: rejects.append(reason)
    ) as events:
        for event in events:
            seen = decoder.decode(event.body)
            counts[seen.event or seen.type] += 1
            ids.add(seen.message_id)
            largest = max(largest, len(event.body))
    rows, expected = EXPECTED[data_set.name]
    assert rejects == []
    assert (events.account.rows, events.account.skipped.total()) == (rows, 0)
    assert counts == expected
    assert len(ids) == counts.total()
    assert largest <= LARGEST_EVENT


@pytest.mark.shared
def test_the_specifications_own_examples_are_events_or_rejects_with_segments_reason(
    shared: Path, tmp_path: Path
) -> None:
    lines = (shared / "data/segment_events/segment-docs-spec.jsonl").read_bytes().splitlines()
    path = tmp_path / "spec.jsonl"
    path.write_bytes(
        b"\n".join(msgspec.json.encode(msgspec.json.decode(line)["event"]) for line in lines)
    )
    reasons: Counter[str] = Counter()

    def count(_row: object, reason: str) -> None:
        reasons[reason.partition(":")[0]] += 1

    with FileEvents(path, None, FileRules(), "id", count) as events:
        made = sum(1 for _ in events)
    assert made + reasons.total() == 75
    assert set(reasons) == {"no_user_anon_id"}


def test_every_example_mapping_reads_and_belongs_to_a_data_set() -> None:
    folder = mapping_path("cdnow").parent
    assert {path.stem for path in folder.glob("*.toml")} == {each.name for each in DATA_SETS}
    for path in folder.glob("*.toml"):
        assert read_mapping(path).events


def test_a_folder_without_data_sets_is_refused_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="None of the known data sets") as caught:
        found_in(tmp_path)
    assert "online_retail_ii" in caught.value.hint
