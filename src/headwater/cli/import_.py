"""`headwater import`: a file becomes events."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import httpx
import msgspec
from cyclopts import Parameter

from headwater.cli.connection import Connection
from headwater.cli.import_told import told
from headwater.cli.options import ClientOptions, settings_of
from headwater.cli.private_server import server
from headwater.cli.progress_bar import import_progress
from headwater.cli.source_of import source_named
from headwater.errors import BadRequestError, ImportFileError
from headwater.imports import proposing
from headwater.imports.converting import FileEvents
from headwater.imports.mapping_file import read_mapping
from headwater.imports.model import FileMapping, FileRules, Row
from headwater.imports.opening import format_of
from headwater.imports.run import Job, Progress, Result, run_import
from headwater.workspaces.model import SourceType

Format = Literal["csv", "json", "jsonl", "xml", "parquet", "xlsx"]
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How the file is written."""

    format: Annotated[
        Format | None, Parameter(help="The file's format; by default its name says it.")
    ] = None
    encoding: Annotated[
        str, Parameter(help="The text's encoding; by default found out (UTF-8, GBK, UTF-16, …).")
    ] = ""
    delimiter: Annotated[
        str, Parameter(help="What separates CSV fields; by default found out from the header.")
    ] = ""
    member: Annotated[str, Parameter(help="Which file of a zip that holds several.")] = ""
    sheet: Annotated[str, Parameter(help="Which sheet of a workbook; by default the first.")] = ""
    rows: Annotated[
        str,
        Parameter(help="The XML elements that are rows; by default those in the outermost one."),
    ] = ""
    rejected: Annotated[
        Path | None, Parameter(help="Where rejected rows go. [default: FILE.rejected.jsonl]")
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class FileOptions(ReadingOptions):
    """How the file is read, and what becomes of it."""

    mapping: Annotated[
        Path | None, Parameter(help="The mapping file (TOML, or JSON): see docs/import.md.")
    ] = None
    import_id: Annotated[
        str, Parameter(help="What messageIds begin with; by default made of file and mapping.")
    ] = ""


def import_(
    file: Annotated[Path, Parameter(help="The file, also packed (.gz, .bz2, .xz, .zst, .zip).")],
    *,
    source: Annotated[
        str, Parameter(help="The source's name, id or slug; made where there is none.")
    ] = "",
    propose: Annotated[
        bool, Parameter(help="Print a mapping for the file, and why; send nothing.", negative="")
    ] = False,
    dry_run: Annotated[
        bool, Parameter(help="Print the events as JSON lines and send nothing.", negative="")
    ] = False,
    reading: FileOptions | None = None,
    options: ClientOptions | None = None,
) -> None:
    """Make events of a file and send them through the tracking API.

    Run it again after an interruption: it goes on where it stopped and doubles nothing. The exit
    status is 0 also when rows were rejected (they are kept, with their reasons), and 1 when the
    file could not be imported to its end.
    """
    reading = reading or FileOptions()
    mapping, rules = _how(file, reading)
    if propose:
        _print_proposal(file, rules)
        return
    if dry_run:
        _print_events(file, mapping, rules)
        return
    if not source:
        raise BadRequestError("Give the --source that the events are to come from.")
    settings = settings_of(options)
    with server(settings) as connection:
        target = source_named(connection, source, SourceType.FILE.value)
        if target.is_new:
            print(f"Made the source {target.name} ({target.id}).", file=sys.stderr)
        job = Job(
            path=file,
            mapping=mapping,
            rules=rules,
            source_id=target.id,
            write_key=target.write_key,
            is_new_source=target.is_new,
            data_dir=settings.data_dir,
            rejected=reading.rejected or file.with_name(f"{file.name}.rejected.jsonl"),
            import_id=reading.import_id,
        )
        result = send_with_bar(job, connection)
    print(summary(file.name, target.name, result))


def send_with_bar(job: Job, connection: Connection) -> Result:
    """Import through a server, which is told of it, with a progress bar on a terminal.

    Raises as `run_import`.
    """
    with (
        httpx.Client(base_url=connection.url, timeout=TIMEOUT) as client,
        import_progress(job.path.name) as show,
        told(job, connection) as tell,
    ):

        def report(progress: Progress) -> None:
            show(progress)
            tell(progress)

        result = run_import(job, client, report)
        tell(Progress(result.account, result.acknowledged, 1.0))
        return result


def _how(file: Path, reading: FileOptions) -> tuple[FileMapping | None, FileRules]:
    """The mapping, and the rules for the file: the mapping's, or what the command line says."""
    if not file.is_file():
        raise ImportFileError(f"There is no file {file}.")
    mapping = read_mapping(reading.mapping) if reading.mapping else None
    rules = file_rules(mapping, reading)
    format_of(file, rules.format, rules.member)
    return msgspec.structs.replace(mapping, file=rules) if mapping else None, rules


def file_rules(read: FileMapping | None, reading: ReadingOptions) -> FileRules:
    """The mapping's rules for the file, with what the command line says instead."""
    given = {
        "format": reading.format or "",
        "encoding": reading.encoding,
        "delimiter": _unescaped(reading.delimiter),
        "member": reading.member,
        "sheet": reading.sheet,
        "rows": reading.rows,
    }
    wanted = {name: value for name, value in given.items() if value}
    try:
        return msgspec.convert(
            msgspec.to_builtins(read.file if read else FileRules()) | wanted, FileRules
        )
    except msgspec.ValidationError as error:
        raise ImportFileError(f"The file cannot be read so: {error}.") from None


def _unescaped(delimiter: str) -> str:
    return "\t" if delimiter in ("\\t", "tab") else delimiter


def _print_proposal(file: Path, rules: FileRules) -> None:
    """The mapping on standard output, its evidence on standard error."""
    proposal = proposing.propose(file, rules)
    print(f"By the first {proposal.rows:,} rows of {file.name}:", file=sys.stderr)
    for role in proposal.roles:
        examples = ", ".join(role.column.examples)[:60]
        print(f"  {role.column.name}: {role.role} ({role.why}): {examples}", file=sys.stderr)
    for doubt in proposal.doubts:
        print(f"  Look at this: {doubt}", file=sys.stderr)
    print(proposal.text, end="")


def _print_events(file: Path, mapping: FileMapping | None, rules: FileRules) -> None:
    def reject(row: Row, reason: str) -> None:
        print(f"line {row.line}: {reason}", file=sys.stderr)

    with FileEvents(file, mapping, rules, "dry-run", reject) as events:
        for event in events:
            sys.stdout.buffer.write(event.body + b"\n")


def summary(file: str, source: str, result: Result) -> str:
    """What an import did, in a line for people and one for each thing to know."""
    account = result.account
    if result.was_finished:
        return (
            f"{file} was imported before, as {result.id}: {account.events:,} events. "
            "Nothing was sent. Give another --import-id to import it once more."
        )
    counts = f"{account.rows:,} rows, {account.events:,} events accepted"
    kept = f"{account.rejected:,} rejected, {account.skipped.total():,} skipped"
    lines = [f"{file} into {source}: {counts}, {kept}."]
    if result.resumed_after:
        lines.append(f"{result.resumed_after:,} of the events were accepted in an earlier run.")
    lines += [f"Skipped: {count:,} ({reason})." for reason, count in account.skipped.most_common()]
    if account.rejected:
        lines.append(f"Rejected rows, with their reasons: {result.rejected}")
    return "\n".join(lines)
