"""/palette: what the command palette offers its visitor, as JSON."""

from collections.abc import Iterator, Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access import sources
from headwater.access.model import Access
from headwater.web.frame import Page, Visit
from headwater.web.navigation import N_, SECTIONS, SUBPLACES
from headwater.web.translation import LANGUAGES
from headwater.workspaces.model import Source


class Entry(msgspec.Struct, omit_defaults=True):
    """A line of the palette: an address to go to, or a form to post. `words` are found too."""

    label: str
    group: str
    href: str = ""
    post: str = ""
    fields: dict[str, str] = {}
    words: str = ""


async def show(visit: Visit) -> Response:
    found = await run_in_threadpool(sources.listed, visit.context.changes, visit.principal)
    return visit.json([*_places(visit), *_sources(visit, found), *_looks(visit)])


def _places(visit: Visit) -> Iterator[Entry]:
    for section in SECTIONS:
        for place in section.places:
            if visit.may(place.access):
                group = visit._(section.label) if section.label else ""
                yield Entry(visit._(place.label), group, place.path, words=place.label.lower())
    for sub in SUBPLACES:
        if visit.may(sub.access):
            yield Entry(visit._(sub.label), visit._(sub.group), sub.path, words=sub.label.lower())


def _sources(visit: Visit, found: Sequence[Source]) -> Iterator[Entry]:
    """The page of each source, and its debugger."""
    group, debugger = visit._("Sources"), visit._("Debugger")
    for source in found:
        yield Entry(source.name, group, f"/sources/{source.id}", words=source.slug)
        label = f"{source.name} · {debugger}"
        yield Entry(label, group, f"/sources/{source.id}/debugger", words=f"debugger {source.slug}")


def _looks(visit: Visit) -> Iterator[Entry]:
    themes = {
        "light": N_("Light theme"),
        "dark": N_("Dark theme"),
        "system": N_("Theme as the system"),
    }
    for theme, label in themes.items():
        yield _preference(visit._(label), visit._("Appearance"), "theme", theme, label)
    for language, name in LANGUAGES.items():
        yield _preference(name, visit._("Language"), "language", language, "language")


def _preference(label: str, group: str, name: str, value: str, words: str) -> Entry:
    return Entry(label, group, post="/preferences", fields={name: value}, words=words.lower())


PAGES = (Page("GET", "/palette", Access.MEMBER, show),)
