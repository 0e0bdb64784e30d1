"""Reads a resource of an API, page by page, and tells what changed in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec
import xxhash

from headwater.errors import PullError
from headwater.pulls.around import Around, StoppedError
from headwater.pulls.changes import Step, deletions, key_of, seen
from headwater.pulls.rest import cursors
from headwater.pulls.rest.cursors import Value
from headwater.pulls.rest.definition import Cursor, Feed, Limits, Listing, Resource
from headwater.pulls.rest.fetching import Fetcher, GoneError
from headwater.pulls.rest.filling import filled
from headwater.pulls.rest.members import at, condition_of, selected
from headwater.pulls.rest.paging import Answer, Asked, first, following, token_of, with_token
from headwater.pulls.rest.paging_rules import Token
from headwater.pulls.state import PullState

_AT_ONCE: Final = 1_000
_WHOLE, _FEED, _DELETIONS = "", "feed", "deletions"


class _Place(NamedTuple):
    """Where a listing is read: for which parent, and under which names its notes are kept."""

    kind: str = _WHOLE
    parent: Mapping[str, Any] = {}
    parent_key: str = ""

    def note(self, what: str) -> str:
        return " ".join(part for part in (what, self.kind, self.parent_key) if part)


class ResourceReading:
    """One resource in one run."""

    def __init__(
        self,
        resource: Resource,
        parent: Resource | None,
        state: PullState,
        fetcher: Fetcher,
        limits: Limits,
        around: Around,
    ) -> None:
        self._resource = resource
        self._parent = parent
        self._whole_state = state
        self._state = state.of(resource.name)
        self._fetcher = fetcher
        self._limits = limits
        self._around = around
        self._run = 0

    def steps(self) -> Iterator[Step]:
        """What changed. Raises PullError, which names the resource, and StoppedError."""
        self._run = int(self._state.note("run") or 0) + 1
        yield Step(notes={"run": str(self._run)})  # what a run cut short saw is older
        resource, feed = self._resource, self._resource.feed
        if feed is not None and self._is_fresh(feed):
            yield from self._changed(feed)
        else:
            started = self._now()
            yield from self._whole()
            if feed is not None:
                yield Step(
                    notes={_Place(_FEED).note("cursor"): str(int(started)), **self._at(started)}
                )
        if resource.deletions is not None:
            for place in self._places(_DELETIONS):
                yield from self._listed(resource.deletions, place)

    def _is_fresh(self, feed: Feed) -> bool:
        read_at = self._state.note("feed_at")
        return bool(read_at) and self._now() - float(read_at) < feed.days * 86_400

    def _changed(self, feed: Feed) -> Iterator[Step]:
        started = self._now()
        yield from self._listed(feed, _Place(_FEED))
        yield Step(notes=self._at(started))

    def _at(self, started: float) -> dict[str, str]:
        return {"feed_at": repr(started)}

    def _whole(self) -> Iterator[Step]:
        resource = self._resource
        for place in self._places(_WHOLE):
            yield from self._listed(resource, place)
        paging = resource.paging
        is_part = resource.cursor is not None or (isinstance(paging, Token) and paging.is_kept)
        if not resource.deletes or is_part:
            return
        last = ""
        while gone := self._state.gone(self._run, last, _AT_ONCE):
            last = gone[-1][0]
            yield Step(deletions(gone, resource.key, self._run))

    def _places(self, kind: str) -> Iterator[_Place]:
        """Once, or for each of the parent's records that are there."""
        if self._parent is None:
            yield _Place(kind)
            return
        parents, last = self._whole_state.of(self._parent.name), ""
        while there := parents.there(last, _AT_ONCE):
            last = there[-1][0]
            for key, _ in there:
                values = msgspec.json.decode(key)
                yield _Place(kind, dict(zip(self._parent.key, values, strict=True)), key)

    def _listed(self, listing: Listing, place: _Place) -> Iterator[Step]:
        try:
            yield from self._pages(listing, place)
        except GoneError as error:
            if self._parent is None:  # a parent may go while its children are read
                raise PullError(error.message) from None

    def _pages(self, listing: Listing, place: _Place) -> Iterator[Step]:
        cursor, paging = listing.cursor, listing.paging
        last = newest = self._last(place) if cursor is not None else None
        begin = cursors.begin(cursor, last, self._now()) if cursor is not None else None
        asked: Asked | None = self._begun(listing, place, begin)
        guard = _Guard(self._resource.name, self._limits.max_pages)
        count = 0
        while asked is not None:
            if self._around.stop.is_set():
                raise StoppedError
            guard.admit(asked)
            before = self._fetcher.requests
            answer = self._fetcher.get(asked, listing.method, self._resource.name)
            given = self._entries(listing, answer)
            guard.look_at(given)
            entries = _spread(given, listing.each)
            newest = self._newest(newest, entries, cursor)
            notes = self._token(paging, answer, place) if isinstance(paging, Token) else {}
            if cursor is not None and cursor.ascending:
                notes |= _kept(newest, place)
            step = self._compared(listing, entries, place)
            yield step._replace(
                notes=notes, rows=len(entries), requests=self._fetcher.requests - before
            )
            asked = following(paging, asked, answer, given)
            count += len(given)
            if asked is not None and cursor is not None and 0 < listing.restart_after <= count:
                begin, count = self._anew(cursor, begin, newest), 0
                asked = self._begun(listing, place, begin)
        if cursor is not None:
            yield Step(notes=_kept(newest, place))

    def _begun(self, listing: Listing, place: _Place, begin: str | None) -> Asked:
        """The first request; where the API keeps the place, from there."""
        quoted = {f"parent.{name}": quote(str(v), safe="") for name, v in place.parent.items()}
        plain: dict[str, Any] = {f"parent.{name}": value for name, value in place.parent.items()}
        if begin is not None:
            plain["cursor"] = begin
            quoted["cursor"] = quote(begin, safe="")
        path = filled(listing.path, quoted)
        if path is None:
            raise PullError(f"{self._resource.name}: `path` names what has no value yet.")
        params = filled(dict(listing.params), plain)
        asked = first(listing.paging, Asked(path, params or {}, filled(listing.body, plain) or {}))
        if isinstance(listing.paging, Token) and listing.paging.is_kept:
            token = self._state.note(place.note("token"))
            asked = with_token(listing.paging, asked, token) if token else asked
        return asked

    def _anew(self, cursor: Cursor, begin: str | None, newest: Value | None) -> str | None:
        after = None if newest is None else cursors.written(newest, cursor)
        if after is None or after == begin:
            raise PullError(
                f"{self._resource.name}: more entries than `restart_after` have the same "
                f"{cursor.member!r}, and the API gives no more of them."
            )
        return after

    def _token(self, paging: Token, answer: Answer, place: _Place) -> dict[str, str]:
        token = token_of(paging, answer) if paging.is_kept else ""
        return {place.note("token"): token} if token else {}

    def _entries(self, listing: Listing, answer: Answer) -> list[Any]:
        if answer.value is None:
            return []
        found = at(answer.value, listing.data)
        entries = [found] if isinstance(found, dict) else found
        where = f"at {listing.data!r}" if listing.data else "as the whole"
        if not isinstance(entries, list):
            raise PullError(
                f"{self._resource.name}: its answer has no array {where}.",
                hint="`data` says where an answer has its entries.",
            )
        if not all(isinstance(entry, dict) for entry in entries):
            raise PullError(f"{self._resource.name}: its array {where} has what is no object.")
        return entries

    def _newest(
        self, newest: Value | None, entries: Sequence[Any], cursor: Cursor | None
    ) -> Value | None:
        if cursor is None:
            return None
        for entry in entries:
            newest = cursors.later(newest, cursors.of(entry, cursor, self._resource.name))
        return newest

    def _compared(self, listing: Listing, entries: Sequence[Any], place: _Place) -> Step:
        records = [self._record(at(entry, listing.record), place) for entry in entries]
        keys = [key for record in records if (key := key_of(record, self._resource.key))]
        known = self._state.known(list(dict.fromkeys(keys)))
        if place.kind == _DELETIONS:
            gone = [(key, row) for key, row in known.items() if row.hash]
            return Step(deletions(gone, self._resource.key, self._run))
        is_deleted = condition_of(listing.deleted_when)
        found = seen(
            records,
            self._resource.key,
            known,
            self._run,
            may_repeat=True,  # pages move while they are read
            is_deleted=[is_deleted(entry) for entry in entries] if listing.deleted_when else (),
            newest_first=listing.newest_first,
        )
        return Step(found.changes, found.unchanged, found.refused)

    def _record(self, found: Any, place: _Place) -> dict[str, Any]:
        """The members that count, and those of the key."""
        record = found if isinstance(found, dict) else {}
        made = selected(record, self._resource.members)
        made.update({f"parent.{name}": value for name, value in place.parent.items()})
        for name in self._resource.key:
            if name not in made:
                made[name] = at(record, name)
        return made

    def _last(self, place: _Place) -> Value | None:
        kept = self._state.note(place.note("cursor"))
        value: Value | None = msgspec.json.decode(kept) if kept else None
        return value

    def _now(self) -> float:
        return self._around.clock.now() / 1e6


class _Guard:
    """Sees that a listing ends."""

    def __init__(self, resource: str, max_pages: int) -> None:
        self._resource = resource
        self._max_pages = max_pages
        self._marks: set[int] = set()
        self._last = b""

    def admit(self, asked: Asked) -> None:
        mark = xxhash.xxh3_64_intdigest(asked.mark())
        if mark in self._marks:
            raise PullError(
                f"{self._resource}: its paging leads to a page that was read already.",
                hint="Look whether `paging` is that of the API.",
            )
        if len(self._marks) == self._max_pages:
            raise PullError(
                f"{self._resource}: it has more than {self._max_pages:,} pages.",
                hint="`limits.max_pages` allows more.",
            )
        self._marks.add(mark)

    def look_at(self, entries: Sequence[Any]) -> None:
        digest = xxhash.xxh3_128_digest(msgspec.json.encode(entries)) if entries else b""
        if digest and digest == self._last:
            raise PullError(
                f"{self._resource}: it gives the same page again and again.",
                hint="Look whether `paging` is that of the API.",
            )
        self._last = digest


def _spread(entries: list[Any], each: str) -> list[Any]:
    """The objects of an array in each entry, with the entry's other members."""
    if not each:
        return entries
    made = []
    for entry in entries:
        others = {name: value for name, value in entry.items() if name != each}
        inner = at(entry, each)
        made += [{**others, **one} for one in inner or () if isinstance(one, dict)]
    return made


def _kept(value: Value | None, place: _Place) -> dict[str, str]:
    return {} if value is None else {place.note("cursor"): msgspec.json.encode(value).decode()}
