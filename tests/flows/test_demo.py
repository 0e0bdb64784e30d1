"""`headwater demo`: the life of a small shop, and data sets replayed, in a running Headwater."""

import gzip
from pathlib import Path

import pytest

from headwater.testing.whole import Whole

pytestmark = pytest.mark.whole

LINES = """\
Invoice,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
489434,85048,GLASS BALL,12,2009-12-01 07:45:00,6.95,13085,United Kingdom
489434,79323P,PINK LIGHTS,2,2009-12-01 07:45:00,6.75,13085,United Kingdom
489435,22350,CAT BOWL,1,2009-12-01 07:46:00,2.55,,France
C489449,22087,PAPER BUNTING,-12,2009-12-01 10:33:00,2.95,16321,Australia
"""


@pytest.fixture
def data_sets(tmp_path: Path) -> Path:
    """A folder as it is handed on: a data set that is known, and one that is not."""
    folder = tmp_path / "data"
    (folder / "online_retail_ii").mkdir(parents=True)
    (folder / "other").mkdir()
    (folder / "other" / "file.csv").write_text("a,b\n1,2\n")
    path = folder / "online_retail_ii" / "order_lines.csv.gz"
    path.write_bytes(gzip.compress(LINES.encode()))
    return folder


def test_data_sets_are_replayed_into_sources_of_their_names(whole: Whole, data_sets: Path) -> None:
    said = whole.command("demo", "--data", str(data_sets)).decode()
    whole.wait_until_loaded()
    assert "online_retail_ii" in said
    counts = "SELECT event, count(*) AS n FROM online_retail_ii.tracks GROUP BY ALL ORDER BY ALL"
    assert whole.query(counts) == [
        {"event": "order_completed", "n": 2},
        {"event": "order_refunded", "n": 1},
        {"event": "product_purchased", "n": 3},
        {"event": "product_returned", "n": 1},
    ]
    users = whole.query("SELECT id, country FROM online_retail_ii.users ORDER BY id")
    assert users == [
        {"id": "13085", "country": "United Kingdom"},
        {"id": "16321", "country": "Australia"},
    ]
    assert whole.ledger()["balanced"]

    whole.command("demo", "--data", str(data_sets))  # finished: it is not sent again
    whole.wait_until_loaded()
    assert whole.query("SELECT count(*) AS n FROM online_retail_ii.tracks") == [{"n": 7}]


def test_a_shops_life_is_lived_and_accounted_for(whole: Whole) -> None:
    said = whole.command("demo", "--weeks", "1", "--visitors", "20", "--seed", "7").decode()
    whole.wait_until_loaded()
    assert "events accepted" in said
    [row] = whole.query("SELECT count(*) AS n FROM track")
    assert row["n"] > 20
    ledger = whole.ledger()
    assert ledger["balanced"]
    assert ledger["totals"]["waiting"] == 0
