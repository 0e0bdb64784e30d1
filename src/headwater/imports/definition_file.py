"""Files that say what is read elsewhere, and what becomes of it: pulls and streams."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from headwater.errors import HeadwaterError
from headwater.imports.model import EventRule

_LARGEST: Final = 500_000
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def text_of(path: Path, error: type[HeadwaterError]) -> str:
    """What stands in a file. Raises `error`."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path} cannot be read: {problem}.") from None


def loaded(text: str, name: str, error: type[HeadwaterError]) -> dict[str, Any]:
    """The members of a text: YAML where its name ends so, TOML otherwise. Raises `error`."""
    if len(text) > _LARGEST:
        raise error(f"{name} is too large: at most {_LARGEST:,} characters are read.")
    try:
        is_yaml = name.lower().endswith((".yaml", ".yml"))
        raw = yaml.load(text, _Loader) if is_yaml else tomllib.loads(text)  # noqa: S506 - safe
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError) as problem:
        said = " ".join(str(problem).split())[:300]
        raise error(f"{name} cannot be used: {said}.") from None
    if not isinstance(raw, dict):
        raise error(f"{name} cannot be used: it has no members.")
    return {str(member): value for member, value in raw.items()}


class _Loader(yaml.SafeLoader):
    """YAML without aliases, by which a small text can stand for an enormous one, without dates
    (they are texts), and without a member that is given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(name) for name, _ in node.value]
        twice = sorted({str(name) for name in names if names.count(name) > 1})
        if twice:
            raise yaml.YAMLError(f"{twice[0]!r} is there twice")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def require_apart(events: Sequence[EventRule], error: type[HeadwaterError]) -> None:
    """Raise `error` for rules that need what came before: here each thing makes its own events."""
    for number, rule in enumerate(events):
        if rule.group or rule.once:
            raise error(
                f"`events[{number}]` has `group` or `once`, which only a file's mapping can have.",
                hint="Here each row or message makes its own events.",
            )


def resolved(
    text: str, member: str, error: type[HeadwaterError], secrets: Mapping[str, str] | None = None
) -> str:
    """A text with what `${NAME}` means in it: the environment's variables, or the secrets given.

    Raises `error`, naming one that is missing and the member that names it.
    """
    known = os.environ if secrets is None or secrets is os.environ else secrets

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in known:
            where = "the environment does not have" if known is os.environ else "is not given"
            raise error(f"`{member}` names ${{{name}}}, which {where}.")
        return known[name]

    return _VARIABLE.sub(value, text)


def names_in(text: str) -> list[str]:
    """The names of the variables in a text, in their order."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))
