"""Real data sets, replayed as their shops would have sent them."""

from pathlib import Path
from typing import Final, NamedTuple

from headwater.errors import ImportFileError

_MAPPINGS: Final = Path(__file__).parent / "mappings"


class DataSet(NamedTuple):
    """A folder of the data, its file, and the kind of source that would have sent it."""

    name: str
    file: str
    source_type: str


DATA_SETS: Final = (
    DataSet("online_retail_ii", "order_lines.csv.gz", "server"),
    DataSet("online_retail", "order_lines.csv.gz", "server"),
    DataSet("bank_marketing", "bank-full.csv.gz", "server"),
    DataSet("online_shoppers", "sessions.csv.gz", "website"),
    DataSet("incident_event_log", "incident_event_log.csv.gz", "server"),
    DataSet("support_tickets", "tickets.csv.gz", "server"),
    DataSet("cdnow", "customers.csv.gz", "file"),
)


def found_in(folder: Path) -> list[DataSet]:
    """The data sets whose files stand in a folder. Raises ImportFileError when none does."""
    found = [each for each in DATA_SETS if (folder / each.name / each.file).is_file()]
    if not found:
        raise ImportFileError(
            f"None of the known data sets is in {folder}.",
            hint=f"There would be {', '.join(each.name for each in DATA_SETS)}.",
        )
    return found


def mapping_path(name: str) -> Path:
    """The mapping file of a data set."""
    return _MAPPINGS / f"{name}.toml"
