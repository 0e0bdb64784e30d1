"""The encoding of a text is found out from its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.imports.encodings import encoding_of

CHINESE = "姓名,城市,备注\n王小明,上海,喜欢喝茶。\n李华,北京,已下单三次\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        ("name,city\nAda,London\n", "utf-16-le", "utf-16-le"),
        ("name,city\nAda,London\n", "utf-16-be", "utf-16-be"),
        ("name,city\nAda,London\n", "ascii", "utf-8"),
        ("name,city\nJürgen Groß,München\nZoë,Orléans\n", "cp1252", "cp1252"),
        ("姓名\n王\n", "gbk", "gb18030"),
        ("id,城市\n" + "1,London\n" * 5000 + "2,广州\n", "gbk", "gb18030"),
        ("", "utf-8", "utf-8"),
    ],
)
def test_an_encoding_is_found_out(text, encoding, found):
    assert encoding_of(text.encode(encoding)) == found


@given(st.text(max_size=200), st.integers(0, 3))
def test_utf_8_is_always_read_as_such_also_when_cut_in_a_character(text, cut):
    data = text.encode("utf-8", "ignore").replace(b"\0", b"")
    data = data[: len(data) - cut] if cut < len(data) else data
    found = encoding_of(b"header\n" + data)
    assert (b"header\n" + data).decode(found, "ignore").startswith("header\n")
    if data.isascii() or data == text.encode("utf-8", "ignore"):
        assert found == "utf-8"


@given(st.binary(max_size=300))
def test_any_bytes_have_some_encoding_that_python_knows(data):
    data.decode(encoding_of(data), "surrogateescape")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_also_where_little_of_it_is_ascii(encoding):
    assert encoding_of("姓名,城市\n张三,上海\n李四,北京\n".encode(encoding)) == encoding


def test_utf_8_with_a_few_damaged_lines_stays_utf_8():
    lines = ["用户一,上海\n".encode()] * 30
    lines[7] = "李明,北京\n".encode("gbk")
    assert encoding_of(b"".join(lines)) == "utf-8"
    assert encoding_of(b"".join([*lines[:8], *["李明,北京\n".encode("gbk")] * 22])) != "utf-8"
