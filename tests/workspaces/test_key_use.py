"""When keys were last used, kept over restarts."""

from pathlib import Path

from headwater.workspaces.key_use import FILE_NAME, KeyUse, read


def test_a_use_is_known_once_it_is_kept_and_after_a_restart(tmp_path: Path) -> None:
    use = KeyUse(tmp_path)
    use.note("key-1", 5)
    assert read(tmp_path) == {}
    use.keep()
    assert read(tmp_path) == {"key-1": 5}
    again = KeyUse(tmp_path)
    again.note("key-2", 7)
    again.keep()
    assert read(tmp_path) == {"key-1": 5, "key-2": 7}


def test_without_a_new_use_nothing_is_written(tmp_path: Path) -> None:
    KeyUse(tmp_path).keep()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"key')
    assert read(tmp_path) == {}
