"""The folder of YAML files: one file for each resource, read with all its problems at once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from headwater.configuration.model import Document, Noun
from headwater.configuration.nouns import NOUNS, by_kind
from headwater.naming import table_name

SUFFIXES: Final = (".yaml", ".yml")
_LARGEST: Final = 1_000_000
_MOST_FILES: Final = 10_000

Key = tuple[str, str]
"""A resource's kind and key."""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a file."""

    path: str
    message: str


class Folder(msgspec.Struct, frozen=True):
    """The documents of a folder, and where each stands."""

    documents: Mapping[Key, Document]
    paths: Mapping[Key, Path]
    problems: Sequence[Problem]


def read(root: Path) -> Folder:
    """Read every YAML file below a folder. What cannot be used is among the problems."""
    documents: dict[Key, Document] = {}
    paths: dict[Key, Path] = {}
    problems: list[Problem] = []
    for path in _files(root):
        shown = str(path.relative_to(root))
        try:
            noun, document = _document(path)
        except ValueError as error:
            problems.append(Problem(shown, str(error)))
            continue
        key = (noun.kind, noun.key(document))
        if key in paths:
            other = paths[key].relative_to(root)
            problems.append(Problem(shown, f"{key[0]} {key[1]!r} stands in {other} too."))
            continue
        documents[key], paths[key] = document, path
    return Folder(documents, paths, problems)


def write(root: Path, documents: Mapping[Key, Document]) -> list[str]:
    """Make a folder's files those of these documents. Returns the changed files' names.

    A document that has a file keeps it, wherever that is; the file of one that is gone goes, and
    a file that already says the same is left alone, comments and all.
    """
    root.mkdir(parents=True, exist_ok=True)
    before = read(root)
    changed: list[str] = []
    for key in before.documents.keys() - documents.keys():
        before.paths[key].unlink()
        changed.append(str(before.paths[key].relative_to(root)))
    taken = {path for key, path in before.paths.items() if key in documents}
    for key, document in documents.items():
        if before.documents.get(key) == document:
            continue
        path = before.paths.get(key) or _free(root, key, taken)
        taken.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(key[0], document), encoding="utf-8")
        changed.append(str(path.relative_to(root)))
    return sorted(changed)


def _files(root: Path) -> Iterator[Path]:
    found = sorted(path for path in root.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    yield from (path for path in found[:_MOST_FILES] if not _is_hidden(path.relative_to(root)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _document(path: Path) -> tuple[Noun, Document]:
    """What a file says. Raises ValueError, which names the member."""
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"The file is larger than {_LARGEST:,} bytes.")
    try:
        said = parsed(path.read_text("utf-8")) or [None]
    except (UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"The file is not YAML: {error}.") from None
    if len(said) > 1:
        raise ValueError("The file has several documents; each needs a file of its own.")
    return understood(said[0])


def parsed(text: str) -> list[Any]:
    """The documents of a YAML text. Raises ValueError."""
    try:
        return list(yaml.load_all(text, Loader=_Loader))
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from None


def understood(said: object) -> tuple[Noun, Document]:
    """The noun and the document that a value describes. Raises ValueError, which names the
    member."""
    if not isinstance(said, dict) or "kind" not in said:
        raise ValueError(
            f"kind: is missing. It is one of {', '.join(each.kind for each in NOUNS)}."
        )
    noun = by_kind(str(said["kind"]))
    said = {name: value for name, value in said.items() if name != "kind"}
    try:
        document: Document = msgspec.to_builtins(msgspec.convert(said, type=noun.shape))
    except msgspec.ValidationError as error:
        raise ValueError(f"{error}.") from None
    # As the server keeps them: what stands around a text is no part of it.
    stripped = {k: v.strip() if isinstance(v, str) else v for k, v in document.items()}
    return noun, noun.normal(stripped)


class _Loader(yaml.SafeLoader):
    """YAML without aliases, by which a small file can stand for an enormous one, and without a
    member that is given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(name) for name, _ in node.value]
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise yaml.YAMLError(f"{twice[0]} is given twice, at line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def text_of(kind: str, document: Document) -> str:
    """A document as a file says it."""
    return yaml.safe_dump(
        {"kind": kind, **document}, allow_unicode=True, sort_keys=False, width=100
    )


def _free(root: Path, key: Key, taken: set[Path]) -> Path:
    """A file for a new document, named after its key."""
    noun = by_kind(key[0])
    name = table_name(key[1]).strip("_") or noun.kind
    folder = root / noun.folder if noun.folder else root
    number = 1
    path = folder / f"{name}.yaml"
    while path in taken or path.exists():
        number += 1
        path = folder / f"{name}_{number}.yaml"
    return path
