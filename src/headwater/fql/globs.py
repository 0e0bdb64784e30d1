r"""`match`: whole texts against globs of `*`, `?`, `[a-z]` and `\x`, in linear time.

A glob is cut at its stars into chunks of a fixed length. The first must begin the text, the last
must end it, and each between them is taken at the first place where it fits: a later place never
makes possible what the first does not. So nothing is tried twice, whatever the glob.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

LONGEST: Final = 256
"""Characters of a glob; the time of a match is at most this times the length of the text."""

Matches = Callable[[str], bool]


class BadGlobError(ValueError):
    """The glob is not one; `offset` is where."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class _Chunk(msgspec.Struct, frozen=True):
    """What stands between two stars: `size` characters, and their text when all are plain."""

    size: int
    text: str | None
    pattern: re.Pattern[str]


def matcher(glob: str) -> Matches:
    """The test that a glob is; raises BadGlobError."""
    chunks = _chunks(glob)
    first, last = chunks[0], chunks[-1]
    if len(chunks) == 1:
        return _whole(first)
    if len(chunks) == 2 and first.text is not None and last.text is not None:
        return _ends(first.text, last.text)
    middle = [chunk for chunk in chunks[1:-1] if chunk.size]

    def matches(text: str) -> bool:
        end = len(text) - last.size
        if end < first.size or not first.pattern.match(text):
            return False
        if not last.pattern.match(text, end):
            return False
        at = first.size
        for chunk in middle:
            at = _after(chunk, text, at, end)
            if at < 0:
                return False
        return True

    return matches


@lru_cache(maxsize=1024)
def cached(glob: str) -> Matches:
    """The test of a glob that comes with the event; no text matches what is no glob."""
    try:
        return matcher(glob)
    except BadGlobError:
        return lambda _: False


def _whole(chunk: _Chunk) -> Matches:
    if (text := chunk.text) is not None:
        return lambda value: value == text
    pattern = chunk.pattern
    return lambda value: pattern.fullmatch(value) is not None


def _ends(start: str, end: str) -> Matches:
    """`start*end`, the glob of nearly every filter."""
    if not start and not end:
        return lambda _: True
    if not end:
        return lambda value: value.startswith(start)
    if not start:
        return lambda value: value.endswith(end)
    least = len(start) + len(end)
    return lambda value: len(value) >= least and value.startswith(start) and value.endswith(end)


def _after(chunk: _Chunk, text: str, at: int, end: int) -> int:
    """Where the text goes on behind the first place of a chunk in `text[at:end]`, or -1."""
    if chunk.text is not None:
        found = text.find(chunk.text, at, end)
        return found + chunk.size if found >= 0 else -1
    match = chunk.pattern.search(text, at, end)
    return match.end() if match else -1


def _chunks(glob: str) -> list[_Chunk]:
    if len(glob) > LONGEST:
        raise BadGlobError(f"is longer than {LONGEST} characters", LONGEST)
    chunks: list[list[tuple[str, str | None]]] = [[]]
    at = 0
    while at < len(glob):
        if glob[at] == "*":
            chunks.append([])
            at += 1
        else:
            expression, plain, at = _one(glob, at)
            chunks[-1].append((expression, plain))
    return [_chunk(parts) for parts in chunks]


def _one(glob: str, at: int) -> tuple[str, str | None, int]:
    """One character of a glob: its regular expression, its text if plain, and what is next."""
    character = glob[at]
    if character == "?":
        return ".", None, at + 1
    if character == "[":
        expression, after = _class(glob, at)
        return expression, None, after
    if character == "\\":
        if at + 1 == len(glob):
            raise BadGlobError("ends with a \\ that stands before nothing", at)
        character, at = glob[at + 1], at + 1
    return re.escape(character), character, at + 1


def _class(glob: str, opening: int) -> tuple[str, int]:
    at = opening + 1
    denied = glob.startswith("^", at)
    at += denied
    members: list[str] = []
    while at < len(glob) and glob[at] != "]":
        low, at = _member(glob, at)
        high = low
        if glob.startswith("-", at) and at + 1 < len(glob) and glob[at + 1] != "]":
            high, at = _member(glob, at + 1)
        if high < low:
            raise BadGlobError(f"has the range {low}-{high}, which is empty", opening)
        members.append(f"{re.escape(low)}-{re.escape(high)}")
    if at >= len(glob):
        raise BadGlobError("has a [ without its ]", opening)
    if not members:
        raise BadGlobError("has brackets with nothing in them", opening)
    return f"[{'^' if denied else ''}{''.join(members)}]", at + 1


def _member(glob: str, at: int) -> tuple[str, int]:
    if glob[at] == "\\" and at + 1 < len(glob):
        at += 1
    return glob[at], at + 1


def _chunk(parts: list[tuple[str, str | None]]) -> _Chunk:
    plain = [text for _, text in parts if text is not None]
    return _Chunk(
        len(parts),
        "".join(plain) if len(plain) == len(parts) else None,
        re.compile("".join(expression for expression, _ in parts), re.DOTALL),
    )
