"""The published configuration."""

from pathlib import Path

from headwater.workspaces.model import Configuration, Source, SourceType, Workspace
from headwater.workspaces.snapshot import PublishedConfiguration, publish

CONFIGURATION = Configuration(
    version=3,
    workspaces=(Workspace("w", "Alice's", "alices"),),
    sources=(Source("s", "w", "Shop", "shop", SourceType.WEBSITE, ("k",), True, 1),),
)


def test_before_the_first_there_is_none(tmp_path: Path) -> None:
    assert PublishedConfiguration(tmp_path).current() is None


def test_what_is_published_is_read(tmp_path: Path) -> None:
    publish(tmp_path, CONFIGURATION)
    assert PublishedConfiguration(tmp_path).current() == CONFIGURATION


def test_a_newer_one_is_noticed(tmp_path: Path) -> None:
    published = PublishedConfiguration(tmp_path)
    publish(tmp_path, CONFIGURATION)
    assert published.current() == CONFIGURATION
    newer = Configuration(version=4, workspaces=(), sources=())
    publish(tmp_path, newer)
    assert published.current() == newer


def test_the_last_one_is_kept_while_the_file_is_gone(tmp_path: Path) -> None:
    published = PublishedConfiguration(tmp_path)
    publish(tmp_path, CONFIGURATION)
    published.current()
    (tmp_path / "configuration.json").unlink()
    assert published.current() == CONFIGURATION


def test_nothing_but_the_file_is_left(tmp_path: Path) -> None:
    publish(tmp_path, CONFIGURATION)
    assert [path.name for path in tmp_path.iterdir()] == ["configuration.json"]
