"""Which encoding a text has: by its mark, by being UTF-8, by its zeros, or by what reads best."""

import codecs
from typing import Final

from charset_normalizer import from_bytes

LOOKED_AT: Final = 1_000_000
"""Bytes that are looked at for the first one that is not ASCII, and then beyond it."""
_SAMPLE: Final = 200_000
_WIDE: Final = 4_000
_LINES: Final = 2_000
_FEWEST: Final = 10
_EASTERN: Final = (
    ("\u3000", "\u30ff"),
    ("\u4e00", "\u9fff"),
    ("\uac00", "\ud7a3"),
    ("\uff00", "\uffef"),
)
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CANDIDATES: Final = [
    "gb18030",
    "big5",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "cp1251",
    "cp1252",
]


def encoding_of(head: bytes) -> str:
    """The encoding of the text that begins with these bytes; UTF-8 where nothing speaks against it.

    GBK and GB2312 are told as GB18030, which holds both.
    """
    mark = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if mark is not None:
        return mark
    if wide := _without_mark(head):
        return wide
    if _is_utf8(head) or _is_mostly_utf8(head):
        return "utf-8"
    return _best(_around_first_foreign(head))


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(head: bytes) -> bool:
    """Whether it is UTF-8 that is damaged in few of its lines: texts in other encodings are UTF-8
    in hardly any."""
    foreign = [line for line in head.split(b"\n") if not line.isascii()][:_LINES]
    sound = sum(_is_utf8(line) for line in foreign)
    return len(foreign) >= _FEWEST and sound >= 0.9 * len(foreign)


def _without_mark(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of its ASCII is zero, and no text of another
    encoding has a zero."""
    if len(head) < 4 or (len(head) % 2 and len(head) < LOOKED_AT):
        return ""
    sample = head[:_WIDE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if bool(even) == bool(odd):
        return ""
    found = "utf-16-le" if odd else "utf-16-be"
    try:
        text = codecs.getincrementaldecoder(found)().decode(head)
    except UnicodeDecodeError:
        return ""
    return found if max(even, odd) > len(sample) // 6 or _is_eastern(text[:_WIDE]) else ""


def _is_eastern(text: str) -> bool:
    """Whether it has lines, and hardly anything but ASCII and the scripts of East Asia."""
    known = sum(
        each.isascii() or any(first <= each <= last for first, last in _EASTERN) for each in text
    )
    foreign = sum(not each.isascii() for each in text)
    return "\n" in text and foreign >= 0.2 * len(text) and known >= 0.95 * len(text)


def _around_first_foreign(head: bytes) -> bytes:
    """A sample that begins on the line of the first byte beyond ASCII."""
    first = next((index for index, byte in enumerate(head) if byte > 127), 0)
    start = head.rfind(b"\n", 0, first) + 1
    return head[start : start + _SAMPLE]


def _best(sample: bytes) -> str:
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    if _reads_as_chinese(whole):
        return "gb18030"
    found = from_bytes(whole, cp_isolation=_CANDIDATES, threshold=0.5).best()
    return "cp1252" if found is None else found.encoding


def _reads_as_chinese(sample: bytes) -> bool:
    """Whether it is GB18030 of which nearly all that is not ASCII are the usual 3,755 characters
    (the first level of GB 2312, rows 16 to 55) or its punctuation: other encodings read as GB18030
    give rare ones."""
    try:
        text = codecs.getincrementaldecoder("gb18030")().decode(sample)
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if ord(character) > 127]
    usual = sum(_is_usual(character) for character in foreign)
    return bool(foreign) and usual >= 0.9 * len(foreign)


def _is_usual(character: str) -> bool:
    code = character.encode("gb18030")
    return (
        len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3)) and code[1] > 0xA0
    )
