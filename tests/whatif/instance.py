"""A Headwater of two sources without a network or a warehouse: its state and its log."""

from pathlib import Path

from headwater.access import start
from headwater.access.admission import by_token
from headwater.access.changes import Changes
from headwater.api.frame import Context
from headwater.api.rehearsal import NOUNS_GOVERNING, Rehearsal, items, suppose
from headwater.app.state import CONTRIBUTORS
from headwater.backends import backends
from headwater.configuration import carrying_out
from headwater.configuration.folder import Folder, understood
from headwater.configuration.model import Action, Step
from headwater.databases.migrate import migrate
from headwater.databases.sql import sqlite_database
from headwater.kit.clock import FakeClock
from headwater.logs.memory import MemoryLog
from headwater.opening import opened
from headwater.queries.remote import RemoteWarehouse
from headwater.settings import Settings
from headwater.whatif.proposal import Proposal, Supposition
from headwater.workspaces import store
from headwater.workspaces.model import Configuration, SourceType
from headwater.workspaces.snapshot import PublishedConfiguration

TOKEN = "token-of-ada"
SOURCES = ("shop", "site")


class TickingClock(FakeClock):
    """No two changes at the same time."""

    def now(self) -> int:
        self.at += 1
        return self.at


class Instance:
    """What a data folder holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = sqlite_database(folder)
        self.changes = Changes(
            self.database, TickingClock(), lambda _: None, contributors=CONTRIBUTORS
        )
        self.log = MemoryLog()
        settings = Settings(data_dir=folder)
        published = PublishedConfiguration(folder)
        warehouse = RemoteWarehouse(folder / "no.sock")
        self.context = Context(
            settings=settings,
            clock=self.changes.clock,
            changes=self.changes,
            log=self.log,
            published=published,
            warehouse=warehouse,
            backends=backends(settings, self.changes, self.log, published, warehouse),
        )

    @property
    def owner(self):
        return by_token(self.changes, TOKEN)

    def suppose(self, proposal: Proposal) -> Supposition:
        return suppose(self.context, self.owner, proposal)

    def apply(self, proposal: Proposal) -> None:
        """Change it for real, as applying a folder does."""
        documents = {}
        for each in proposal.documents:
            noun, document = understood(each)
            documents[noun.kind, noun.key(document)] = document
        with Rehearsal(self.context, self.owner, self.changes) as api:
            there = carrying_out.pulled(api, NOUNS_GOVERNING)
            steps = carrying_out.steps(Folder(documents, {}, ()), there, {}, Path(), deletes=False)
            steps += [
                Step(Action.DELETE, each.kind, each.key, there[each.kind, each.key], None)
                for each in proposal.removed
            ]
            carrying_out.carry_out(steps, api, {}, Path())

    def configuration(self) -> Configuration:
        return opened(self.changes.configuration(), self.context.vault)

    def slugs(self) -> dict[str, str]:
        """The slugs of the sources, by their ids."""
        return {each.id: each.slug for each in self.changes.configuration().sources}

    def names(self) -> dict[str, str]:
        return {each.id: each.key for each in items(self.context, self.owner)}

    def close(self) -> None:
        self.context.backends.what_if.close()
        self.changes.close()
        self.database.close()


def instance_folder(folder: Path) -> Path:
    """A folder with two sources, to be copied."""
    database = sqlite_database(folder)
    migrate(database)
    changes = Changes(database, FakeClock(), lambda _: None)
    start.begin(changes, admin_token=TOKEN)
    owner = by_token(changes, TOKEN)
    with changes.change(owner) as step:
        for slug in SOURCES:
            store.create_source(
                step.connection,
                owner.workspace_id,
                name=slug,
                slug=slug,
                type=SourceType.SERVER,
                now=step.now,
            )
    changes.close()
    database.close()
    return folder
