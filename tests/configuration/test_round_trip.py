"""A configuration that is pulled and applied to an empty instance makes an equal instance."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from headwater.access import start
from headwater.access.changes import Changes
from headwater.api.application import application
from headwater.api.frame import Context
from headwater.backends import backends
from headwater.configuration import carrying_out, folder
from headwater.configuration.folder import Folder, Key
from headwater.configuration.model import Api, Document
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.kit.clock import FakeClock
from headwater.logs.memory import MemoryLog
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.workspaces.snapshot import PublishedConfiguration

TOKEN = "token-of-the-test"
SECRET = "0123456789abcdefgh"

names = (
    st.text(
        st.characters(categories=["L", "N"], include_characters=" -_&.:/#'\"{}[]"),
        min_size=1,
        max_size=20,
    )
    .map(str.strip)
    .filter(bool)
)
slugs = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True).map(lambda text: f"shop_{text}")
labels = st.builds(
    lambda key, value, about: {"key": key, "value": value, "description": about},
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    names,
)
values = st.recursive(
    st.booleans() | st.integers(-1000, 1000) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(slugs, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def configurations(draw: st.DrawFn) -> dict[Key, Document]:
    """Documents of every noun that can be made, which name each other."""
    known = {f"{each['key']}:{each['value']}": each for each in draw(st.lists(labels, max_size=3))}
    some = st.lists(st.sampled_from(sorted(known)), unique=True) if known else st.just([])
    found: dict[Key, Document] = {("label", name): label for name, label in known.items()}
    for slug in draw(st.lists(slugs, unique=True, max_size=3)):
        found["source", slug] = {
            "slug": slug,
            "name": draw(names),
            "type": draw(st.sampled_from(["website", "server", "mobile"])),
            "enabled": draw(st.booleans()),
            "labels": sorted(draw(some)),
            "settings": draw(st.dictionaries(slugs, values, max_size=2))
            | draw(st.sampled_from([{}, {"apiKey": "${env:KEY}"}])),
        }
    for name in draw(st.lists(names, unique_by=str.casefold, max_size=2)):
        found["query", name] = {"name": name, "sql": "SELECT 1", "description": draw(names)}
    for name in draw(st.lists(names, unique_by=str.casefold, max_size=2)):
        slugs_ = sorted(key[1] for key in found if key[0] == "source")
        found["cleaning-rule", name] = {
            "name": name,
            "rule": "trim",
            "settings": {"paths": ["properties.*"], "inside": draw(st.booleans())},
            "sources": draw(st.sampled_from([[], slugs_[:1]])),
            "types": draw(st.sampled_from([[], ["track", "page"]])),
            "events": draw(st.lists(names, max_size=2)),
            "condition": draw(st.sampled_from(["", 'context.ip = "::1"'])),
            "enabled": draw(st.booleans()),
            "position": draw(st.integers(0, 1000)),
            "description": draw(names),
        }
    free = sorted(key[1] for key in found if key[0] == "source")
    for name in draw(st.lists(names, unique_by=str.casefold, max_size=2)):
        governed, free = free[: draw(st.integers(0, 2))], free[2:]
        found["tracking-plan", name] = {
            "name": name,
            "description": draw(names),
            "type": "LIVE",
            "sources": governed,
            "rules": [
                {"type": "COMMON", "key": "", "version": 1, "jsonSchema": None},
                {
                    "type": "TRACK",
                    "key": draw(names),
                    "version": draw(st.integers(1, 3)),
                    "jsonSchema": {"properties": {"properties": {"enum": [draw(values)]}}},
                },
            ][draw(st.integers(0, 1)) :],
        }
    for slug in sorted(key[1] for key in found if key[0] == "source")[:2]:
        found["transformation", f"Of {slug}"] = {
            "name": f"Of {slug}",
            "source": slug,
            "enabled": draw(st.booleans()),
            "if": draw(st.sampled_from(["", 'type = "track"'])),
            "drop": draw(st.booleans()),
            "newEventName": draw(st.sampled_from(["", "New"])),
            "propertyRenames": draw(st.sampled_from([[], [{"oldName": "a", "newName": "b"}]])),
            "propertyValueTransformations": [],
            "fqlDefinedProperties": [],
            "operations": [{"kind": "hash", "settings": {"paths": ["email"]}}],
            "allowProperties": draw(st.sampled_from([None, [], ["a"]])),
            "hashPropertiesConfiguration": draw(
                st.sampled_from([None, {"algorithm": "MD5", "paths": ["a"], "encoding": "HEX"}])
            ),
        }
    for slug in sorted(key[1] for key in found if key[0] == "source")[:1]:
        for trait in ("*", "email"):
            rule = draw(st.sampled_from([{"policy": "oldest"}, {"order": [slug], "freshDays": 3}]))
            document = {"subject": "people", "trait": trait, "rule": rule}
            found["sync-rule", f"people.{trait}"] = document
        found["function", "Enrich"] = {
            "name": "Enrich",
            "type": "INSERT_SOURCE",
            "code": "async function onTrack(event) {\n  return event\n}",
            "deployed": True,
            "description": draw(names),
            "logoUrl": "",
            "declaredSettings": [
                {
                    "name": name,
                    "label": "",
                    "description": "",
                    "type": "STRING",
                    "required": False,
                    "sensitive": name == "apiKey",
                }
                for name in ("apiKey", "word")
            ],
            "connections": {
                slug: {
                    "name": draw(st.sampled_from(["", "Mine"])),
                    "enabled": draw(st.booleans()),
                    "settings": draw(st.sampled_from([{}, {"apiKey": "${env:KEY}", "word": "x"}])),
                }
            },
        }
    for slug in sorted(key[1] for key in found if key[0] == "source")[:1]:
        cursor = draw(st.sampled_from(["", '\ncursor = "changed"']))
        found["connection", "Shop"] = {
            "name": "Shop",
            "source": slug,
            "definition": '[pull]\nurl = "postgresql://reader:${PASSWORD}@db/shop"\n'
            f'query = "SELECT * FROM customers"\nkey = ["id"]{cursor}\n\n[[events]]\n'
            'type = "identify"\nuserId = "{id}"',
            "form": "toml",
            "schedule": draw(
                st.sampled_from(
                    [
                        {"everySeconds": 3600, "cron": "", "zone": "UTC"},
                        {"everySeconds": 0, "cron": "0 6 * * 1-5", "zone": "Asia/Shanghai"},
                    ]
                )
            ),
            "paused": draw(st.booleans()),
            "secrets": {"PASSWORD": "${env:KEY}"},
        }
    for name in draw(st.lists(names, unique_by=str.casefold, max_size=2)):
        found["group", name] = {
            "name": name,
            "permissions": [
                {
                    "role": draw(st.sampled_from(["Source Admin", "Source Read-only"])),
                    "resources": [{"type": "WORKSPACE", "name": "*", "labels": draw(some)[:1]}],
                }
            ],
            "members": sorted(draw(st.sets(st.sampled_from(["a@example.com", "b@example.com"])))),
        }
    return found


@contextmanager
def instance() -> Iterator[Api]:
    """The API of an empty instance."""
    with TemporaryDirectory() as text:
        directory = Path(text)
        database = sqlite_database(directory)
        migrate(database)
        changes = Changes(database, FakeClock(), lambda _: None)
        start.begin(changes, admin_token=TOKEN)
        chosen, log = Settings(data_dir=directory), MemoryLog()
        published = PublishedConfiguration(directory)
        warehouse = RemoteWarehouse(directory / "no.sock")
        context = Context(
            settings=chosen,
            clock=FakeClock(),
            changes=changes,
            log=log,
            published=published,
            warehouse=warehouse,
            backends=backends(chosen, changes, log, published, warehouse),
        )
        client = TestClient(application(context), headers={"Authorization": f"Bearer {TOKEN}"})

        def call(method: str, path: str, body: object = None) -> Any:
            answer = client.request(method, path, json=body)
            assert answer.is_success, f"{method} {path} {body}: {answer.text}"
            return answer.json()["data"]

        yield call
        database.close()


def applied(api: Api, wanted: Mapping[Key, Document], root: Path) -> int:
    """Apply documents to an instance. Returns how many steps that took."""
    found = Folder(wanted, {}, ())
    environment = {"KEY": SECRET}
    steps = carrying_out.steps(found, carrying_out.pulled(api), environment, root)
    carrying_out.carry_out(steps, api, environment, root)
    return len(steps)


@given(configurations())
@settings(max_examples=6, deadline=None, phases=[Phase.generate])
def test_what_is_pulled_makes_an_equal_instance(wanted: dict[Key, Document]) -> None:
    with instance() as first, instance() as second, TemporaryDirectory() as text:
        root = Path(text)
        applied(first, {**wanted, ("workspace", "workspace"): {"name": "店铺"}}, root)
        said = carrying_out.documents(carrying_out.pulled(first), Folder(wanted, {}, ()))
        folder.write(root, said)
        read = folder.read(root)
        assert read.problems == []
        assert read.documents == said

        applied(second, read.documents, root)

        there = carrying_out.pulled(second)
        assert carrying_out.documents(there, read) == said
        assert carrying_out.steps(read, there, {"KEY": SECRET}, root) == []
        assert applied(second, read.documents, root) == 0


@given(configurations(), configurations())
@settings(max_examples=6, deadline=None, phases=[Phase.generate])
def test_one_configuration_becomes_another_whatever_was_there(
    before: dict[Key, Document], after: dict[Key, Document]
) -> None:
    after = {**after, ("workspace", "workspace"): {"name": "Default"}}
    with instance() as api, TemporaryDirectory() as text:
        root = Path(text)
        applied(api, before, root)
        # A deleted source's slug stays taken, so the same sources go on.
        after |= {key: value for key, value in before.items() if key[0] == "source"}
        after |= {key: value for key, value in before.items() if key[0] == "label"}
        applied(api, after, root)

        found = Folder(after, {}, ())
        assert carrying_out.steps(found, carrying_out.pulled(api), {"KEY": SECRET}, root) == []
