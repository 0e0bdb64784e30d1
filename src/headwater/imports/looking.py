"""What the values of a column are: types, times, e-mail addresses, ids, with the counts for it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from headwater.imports.values import boolean, integer, number, text

SHARE: Final = 0.95
"""Of the present values, how many must be of a type for the column to have it."""
MOST_DISTINCT: Final = 10_000
_EXAMPLES: Final = 3
_LONGEST: Final = 200
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,63}")
_PHONE: Final = re.compile(r"\+?[0-9](?:[ ()./-]{0,2}[0-9]){6,14}")
_LEADING_ZERO: Final = re.compile(r"[+-]?0[0-9]+")
_DIGITS_OF_IDS: Final = 15
_CODE: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_-]{2,40}")
_YES: Final = ("是", "否")
_ISO: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?)?( ?(Z|[+-]\d{2}:?\d{2}))?"
)
_TIMES: Final = (
    *("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"),
    *("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日", "%Y年%m月%d日%H时%M分%S秒"),
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y"),
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"),
    *("%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y"),
    *("%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M", "%m-%d-%Y"),
    *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M %p"),
    *("%d %b %Y %H:%M:%S", "%d %b %Y", "%b %d, %Y", "%Y%m%d%H%M%S", "%Y%m%d"),
)
_DAY_FIRST: Final = {"%d/%m/%Y": "%m/%d/%Y", "%d-%m-%Y": "%m-%d-%Y"}
"""Forms in which the day could be the month, and the form that it would then be."""
_SECONDS: Final = (631_152_000, 4_102_444_800)  # 1990 to 2100


class Looked(msgspec.Struct, frozen=True, rename="camel"):
    """A column as it was found. `kind` is a type of a mapping's columns, "email" or "phone".

    `format` and `unit` are a time's; `doubt` says what the values leave open.
    """

    name: str
    kind: str
    rows: int
    present: int
    fitting: int
    distinct: int
    examples: Sequence[str]
    format: str = ""
    unit: str = ""
    decimal: str = "."
    doubt: str = ""

    @property
    def is_key(self) -> bool:
        """Whether each row has a value of its own."""
        return self.present == self.rows == self.distinct


def look(name: str, values: Sequence[Any]) -> Looked:
    """What a column's values are, of those that are neither null nor empty."""
    present = [value for value in values if value is not None and value != ""]
    texts = [text(value)[:_LONGEST] for value in present]
    counts = Counter(texts)
    kind, fitting, more = _kind(present, texts)
    return Looked(
        name=name,
        kind=kind,
        rows=len(values),
        present=len(present),
        fitting=fitting,
        distinct=len(counts),
        examples=[value for value, _ in counts.most_common(_EXAMPLES)],
        **more,
    )


def _kind(present: Sequence[Any], texts: Sequence[str]) -> tuple[str, int, dict[str, str]]:
    needed = SHARE * len(present)
    if not present:
        return "text", 0, {}
    for kind, fits in _TESTS:
        count = sum(map(fits, present))
        if count >= needed:
            return kind, count, {}
    found = _time(present, texts, needed)
    if found is not None:
        return "time", len(present), found
    for kind, fits in _NUMBERS:
        count = sum(map(fits, present))
        if count == len(present) or (count >= needed and not _has_others(present, fits)):
            return kind, count, {}
    count = sum(map(_is_comma_number, texts))
    if count >= needed:
        return "number", count, {"decimal": ","}
    return "text", len(present), {}


def _has_others(present: Sequence[Any], fits: Callable[[Any], bool]) -> bool:
    """Whether what does not fit is no damage, but a code of letters and digits, or a fraction."""
    others = {str(value) for value in present if not fits(value)}
    return any(_CODE.fullmatch(each) or _IS_NUMBER(each) for each in others)


def _reads(read: Callable[[Any], object]) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        try:
            read(value)
        except (ValueError, TypeError):
            return False
        return True

    return fits


_IS_INTEGER = _reads(integer)
_IS_NUMBER = _reads(number)
_IS_BOOLEAN = _reads(boolean)


def _is_plain_number(value: Any) -> bool:
    """Not `007`, nor a long row of digits: these are ids, and lose by being numbers."""
    if not isinstance(value, str):
        return True
    stripped = value.strip()
    return not _LEADING_ZERO.fullmatch(stripped) and not (
        stripped.isdigit() and len(stripped) > _DIGITS_OF_IDS
    )


def _is_word_for_truth(value: Any) -> bool:
    if isinstance(value, bool):
        return True
    return isinstance(value, str) and not value.strip().isdigit() and _IS_BOOLEAN(value)


_TESTS: Final[tuple[tuple[str, Callable[[Any], bool]], ...]] = (
    ("json", lambda value: isinstance(value, dict | list) or _is_json(value)),
    ("boolean", _is_word_for_truth),
    ("email", lambda value: isinstance(value, str) and bool(_EMAIL.fullmatch(value.strip()))),
)
_NUMBERS: Final[tuple[tuple[str, Callable[[Any], bool]], ...]] = (
    (
        "integer",
        lambda value: _is_plain_number(value) and _IS_INTEGER(value) and not _dotted(value),
    ),
    ("number", lambda value: _is_plain_number(value) and _IS_NUMBER(value)),
    ("phone", lambda value: isinstance(value, str) and bool(_PHONE.fullmatch(value.strip()))),
)


def _dotted(value: Any) -> bool:
    return isinstance(value, str) and "." in value


def _is_json(value: Any) -> bool:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return False
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_comma_number(written: str) -> bool:
    return bool(re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{3})*,[0-9]+|-?[0-9]+,[0-9]+", written.strip()))


def _time(present: Sequence[Any], texts: Sequence[str], needed: float) -> dict[str, str] | None:
    """The format or unit of a column of times, and a doubt about it; None for another column."""
    sample = list(dict.fromkeys(written.strip() for written in texts))[:1000]
    share = needed / len(texts) * len(sample)
    if sum(bool(_ISO.fullmatch(written)) for written in sample) >= share:
        return {}
    fitting = [pattern for pattern in _TIMES if _fit(pattern, sample) >= share]
    if fitting:
        return _chosen(fitting)
    if all(isinstance(value, int | float) or value.strip().isdigit() for value in present[:1000]):
        return _since(sample)
    return None


def _fit(pattern: str, sample: Sequence[str]) -> int:
    count = 0
    for written in sample:
        try:
            found = datetime.strptime(written, pattern)  # noqa: DTZ007
        except ValueError:
            continue
        count += 1990 <= found.year <= 2100
    return count


def _chosen(fitting: Sequence[str]) -> dict[str, str]:
    """The first that fits; where day and month could change places, that is said."""
    chosen = fitting[0]
    other = _DAY_FIRST.get(chosen[:8])
    if other and any(each.startswith(other) for each in fitting):
        doubt = "the day may stand first or second: no value has one above 12"
        return {"format": chosen, "doubt": doubt}
    return {"format": chosen}


def _since(sample: Sequence[str]) -> dict[str, str] | None:
    """Seconds or milliseconds since 1970, where all values are of this age."""
    low, high = _SECONDS
    for unit, scale in (("seconds", 1), ("milliseconds", 1000)):
        if all(low * scale <= float(each) <= high * scale for each in sample):
            return {"unit": unit}
    return None
