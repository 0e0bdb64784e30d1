"""What a file is, by what it holds: for files whose name does not say it."""

import contextlib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from headwater.errors import ImportFileError
from headwater.imports.encodings import LOOKED_AT, encoding_of
from headwater.imports.model import FORMATS, FileRules
from headwater.imports.opening import format_of
from headwater.imports.packed import Packed, named_errors

_BINARY: Final = {b"PAR1": "parquet", b"PK\x03\x04": "xlsx"}
_TEXTS: Final = ("csv", "json", "jsonl", "xml")


def format_told(path: Path, rules: FileRules) -> str:
    """The format of a file: as asked, by its name, or by what it holds. Raises ImportFileError."""
    with contextlib.suppress(ImportFileError):
        return format_of(path, rules.format, rules.member)
    if _is_workbook(path):
        return "xlsx"
    head = head_of(path, rules)
    binary = next((name for magic, name in _BINARY.items() if head.startswith(magic)), "")
    if binary in FORMATS:
        return binary
    if b"\x00" in head[:1000] and not encoding_of(head).startswith("utf-16"):
        raise ImportFileError(
            f"{path.name} is none of the formats that are read.",
            hint=f"These are {', '.join(FORMATS)}.",
        )
    return _text_format(head.decode(encoding_of(head), "replace").lstrip("\ufeff \r\n\t"))


def _text_format(text: str) -> str:
    if text.startswith("<"):
        return "xml"
    if text.startswith("["):
        return "json"
    if not text.startswith("{"):
        return "csv"
    first = text.partition("\n")[0].rstrip()
    return "jsonl" if first.endswith("}") else "json"


def head_of(path: Path, rules: FileRules) -> bytes:
    """The first bytes of a file, unpacked. Raises ImportFileError."""
    packed = Packed(path, member=rules.member)
    try:
        with named_errors(path):
            return packed.stream.peek(LOOKED_AT)[:LOOKED_AT]
    finally:
        packed.close()


def encoding_told(path: Path, rules: FileRules, kind: str) -> str:
    """The encoding of a text; empty for formats that have none of their own."""
    if kind not in _TEXTS or kind == "xml":
        return ""
    return rules.encoding or encoding_of(head_of(path, rules))


def members_of(path: Path) -> list[str]:
    """The files that a zip holds, of which one can be read; none for what is no zip."""
    if not zipfile.is_zipfile(path) or _is_workbook(path):
        return []
    with named_errors(path), zipfile.ZipFile(path) as archive:
        names = [each.filename for each in archive.infolist() if not each.is_dir()]
    return [each for each in names if not PurePosixPath(each).name.startswith(".")][:100]


def sheets_of(path: Path) -> list[str]:
    """The sheets of a workbook that is not packed."""
    if not _is_workbook(path):
        return []
    with (
        contextlib.suppress(CalamineError, OSError),
        CalamineWorkbook.from_path(str(path)) as book,
    ):
        return list(book.sheet_names)[:100]
    return []


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False
