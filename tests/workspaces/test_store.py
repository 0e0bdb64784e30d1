"""Workspaces and sources in the state database."""

import msgspec
import pytest
from sqlalchemy import Connection

from headwater.errors import BadRequestError, ConflictError, NotFoundError
from headwater.workspaces import store
from headwater.workspaces.model import Source, SourceType, Workspace


@pytest.fixture
def workspace(connection: Connection) -> Workspace:
    return store.create_workspace(connection, name="Alice's shop", now=1)


def make(connection: Connection, workspace: Workspace, name: str = "My Shop") -> Source:
    return store.create_source(connection, workspace.id, name=name, type=SourceType.WEBSITE, now=2)


def test_a_workspace_has_a_slug_of_its_own(connection: Connection) -> None:
    first = store.create_workspace(connection, name="Shop", now=1)
    second = store.create_workspace(connection, name="Shop", now=2)
    assert (first.slug, second.slug) == ("shop", "shop_2")
    assert store.workspaces(connection) == [first, second]


def test_a_renamed_workspace_keeps_its_slug(connection: Connection, workspace: Workspace) -> None:
    renamed = store.rename_workspace(connection, workspace.id, "Bob's shop")
    assert (renamed.name, renamed.slug) == ("Bob's shop", workspace.slug)


def test_a_deleted_workspace_takes_its_sources_along(
    connection: Connection, workspace: Workspace
) -> None:
    make(connection, workspace)
    store.delete_workspace(connection, workspace.id)
    assert store.configuration(connection).sources == ()
    assert store.configuration(connection).workspaces == ()


def test_a_new_source_has_one_write_key_that_all_sdks_take(
    connection: Connection, workspace: Workspace
) -> None:
    source = make(connection, workspace)
    (key,) = source.write_keys
    assert len(key) == 25
    assert key[0] == "c"
    assert key.isalnum()
    assert key == key.lower()
    assert store.source(connection, workspace.id, source.id) == source


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Shop", "my_shop"),
        ("iOS-App", "i_os_app"),
        ("order", "source_order"),
        ("main", "source_main"),
        ("2nd shop", "source_2nd_shop"),
    ],
)
def test_a_sources_name_makes_a_schema_that_needs_no_quotes(
    connection: Connection, workspace: Workspace, name: str, slug: str
) -> None:
    assert make(connection, workspace, name).slug == slug


def test_a_source_named_in_chinese_gets_a_readable_slug(
    connection: Connection, workspace: Workspace
) -> None:
    slug = make(connection, workspace, "我的商店").slug
    assert slug.isascii()
    assert slug.startswith("wo_de_shang_dian")


def test_a_source_keeps_its_allowed_origins_as_browsers_write_them(
    connection: Connection, workspace: Workspace
) -> None:
    source = make(connection, workspace)
    assert source.allowed_origins == ()
    changed = store.update_source(
        connection, workspace.id, source.id, allowed_origins=["HTTPS://Shop.Example/"]
    )
    assert changed.allowed_origins == ("https://shop.example",)
    assert store.update_source(connection, workspace.id, source.id, name="Other") == (
        msgspec.structs.replace(changed, name="Other")
    )
    freed = store.update_source(connection, workspace.id, source.id, allowed_origins=[])
    assert freed.allowed_origins == ()


def test_a_slug_is_unique_in_its_workspace_alone(
    connection: Connection, workspace: Workspace
) -> None:
    other = store.create_workspace(connection, name="Other", now=1)
    slugs = [make(connection, each).slug for each in (workspace, workspace, other)]
    assert slugs == ["my_shop", "my_shop_2", "my_shop"]


def test_a_slug_that_was_asked_for_and_is_taken_is_refused(
    connection: Connection, workspace: Workspace
) -> None:
    make(connection, workspace)
    with pytest.raises(ConflictError, match="my_shop"):
        store.create_source(
            connection,
            workspace.id,
            name="Other",
            slug="my_shop",
            type=SourceType.SERVER,
            now=3,
        )


def test_a_deleted_sources_slug_is_not_given_again(
    connection: Connection, workspace: Workspace
) -> None:
    store.delete_source(connection, workspace.id, make(connection, workspace).id)
    assert store.sources(connection, workspace.id) == []
    assert make(connection, workspace).slug == "my_shop_2"


def test_a_source_can_be_renamed_and_disabled(connection: Connection, workspace: Workspace) -> None:
    source = make(connection, workspace)
    changed = store.update_source(
        connection, workspace.id, source.id, name="Your Shop", enabled=False
    )
    assert (changed.name, changed.enabled, changed.slug) == ("Your Shop", False, source.slug)
    assert store.update_source(connection, workspace.id, source.id) == changed


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "tab\there", "nul\0"])
def test_a_name_must_be_printable_and_not_too_long(
    connection: Connection, workspace: Workspace, name: str
) -> None:
    with pytest.raises(BadRequestError, match="name"):
        make(connection, workspace, name)


def test_another_workspaces_source_is_not_there(
    connection: Connection, workspace: Workspace
) -> None:
    source = make(connection, workspace)
    charlie = store.create_workspace(connection, name="Charlie's", now=1)
    with pytest.raises(NotFoundError):
        store.source(connection, charlie.id, source.id)
    with pytest.raises(NotFoundError):
        store.update_source(connection, charlie.id, source.id, enabled=False)
    with pytest.raises(NotFoundError):
        store.delete_source(connection, charlie.id, source.id)


def test_write_keys_can_be_changed_without_a_gap(
    connection: Connection, workspace: Workspace
) -> None:
    source = make(connection, workspace)
    old = source.write_keys[0]
    with pytest.raises(ConflictError, match="only write key"):
        store.remove_write_key(connection, workspace.id, source.id, old)
    both, new = store.add_write_key(connection, workspace.id, source.id, now=3)
    assert both.write_keys == (old, new)
    left = store.remove_write_key(connection, workspace.id, source.id, old)
    assert left.write_keys == (new,)
    with pytest.raises(NotFoundError):
        store.remove_write_key(connection, workspace.id, source.id, old)


def test_every_change_raises_the_version(connection: Connection, workspace: Workspace) -> None:
    versions = [store.configuration(connection).version]
    source = make(connection, workspace)
    versions.append(store.configuration(connection).version)
    store.update_source(connection, workspace.id, source.id, enabled=False)
    versions.append(store.configuration(connection).version)
    store.add_write_key(connection, workspace.id, source.id, now=3)
    versions.append(store.configuration(connection).version)
    store.delete_source(connection, workspace.id, source.id)
    versions.append(store.configuration(connection).version)
    assert versions == sorted(set(versions))


def test_the_configuration_finds_sources_by_key(
    connection: Connection, workspace: Workspace
) -> None:
    source = make(connection, workspace)
    configuration = store.configuration(connection)
    assert configuration.by_write_key()[source.write_keys[0]] == source
    assert configuration.by_id()[source.id] == source
