"""`headwater convert`: a file becomes one of another format."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from headwater.cli.import_ import Format, ReadingOptions, file_rules
from headwater.errors import ImportFileError
from headwater.imports.model import Row
from headwater.imports.rejects import Rejects
from headwater.imports.rewriting import rewrite


def convert(
    file: Annotated[Path, Parameter(help="The file, also packed (.gz, .bz2, .xz, .zst, .zip).")],
    target: Annotated[Path, Parameter(help="The new file; what stands there is replaced.")],
    *,
    to: Annotated[
        Format | None, Parameter(help="The new file's format; by default its name says it.")
    ] = None,
    reading: ReadingOptions | None = None,
) -> None:
    """Write the rows of a file in another format: CSV, JSON, JSON lines, XML, Parquet, XLSX.

    Values keep their types where both formats have them; those of CSV are texts. Rows that cannot
    be read are kept beside the new file, with their reasons.
    """
    reading = reading or ReadingOptions()
    if not file.is_file():
        raise ImportFileError(f"There is no file {file}.")
    if target.exists() and target.samefile(file):
        raise ImportFileError(f"{target} is the file itself.")
    rejected = reading.rejected or target.with_name(f"{target.name}.rejected.jsonl")
    with Rejects(rejected) as rejects:

        def reject(row: Row, reason: str) -> None:
            rejects.add(row, reason)

        done = rewrite(file, target, file_rules(None, reading), to or "", reject)
    print(f"{target.name}: {done.rows:,} rows of {done.columns:,} columns.", file=sys.stderr)
    if done.rejected:
        print(f"{done.rejected:,} rows could not be read: {rejected}", file=sys.stderr)
