r"""Members of an event by dotted paths, as rules name them: read, written, and seen whole by FQL.

Paths are FQL's: `properties.price`, `traits.address.city`, `context.page.url`, `userId`; a dot that
is part of a key is written `\.`. Beyond FQL a `*` stands for every member of an object or list:
`properties.*`, `properties.products.*.price`. `properties` are those of track, page, screen and
alias calls, `traits` those of identify and group calls; in the others they are not there.

What is written is copied from the top down to the change: events of a batch share what its
envelope said for all of them.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

from headwater.kit.clock import isoformat
from headwater.pipeline.event import Event
from headwater.pipeline.identifiers import number_text

Change = Callable[[Any], Any]
"""A new value for an old one: the same object to leave it, GONE to remove it. Gets GONE for a
member that is not there."""


class Gone:
    """The type of GONE."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "GONE"


GONE: Final = Gone()
"""No member, or none any more; null is a value."""

DEEPEST: Final = 20
LONGEST: Final = 500
_TRAITS: Final = frozenset({"identify", "group"})
_EVERY: Final = "*"
_TEXTS: Final = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "groupId": "group_id",
    "previousId": "previous_id",
    "event": "event",
    "name": "name",
    "category": "category",
}
_TIMES: Final = {
    "timestamp": "timestamp",
    "originalTimestamp": "original_timestamp",
    "sentAt": "sent_at",
}
_FIXED: Final = frozenset(
    ("messageId", "type", "timestamp", "originalTimestamp", "sentAt", "receivedAt")
)
"""What no rule may change: by these an event is told from others."""
_KNOWN: Final = frozenset(
    ("properties", "traits", "context", "integrations", "channel", "version", "writeKey", *_TEXTS)
)
"""Members that events have beside those; a path that begins otherwise lacks its beginning. One of
a client's own begins with an underscore."""


def keys_of(path: str) -> tuple[str, ...]:
    r"""The keys of a path. Raises ValueError, which says what is wrong with it.

    >>> keys_of(r"properties.a\.b.c")
    ('properties', 'a.b', 'c')
    """
    if not path or len(path) > LONGEST:
        raise ValueError(f"must be a path of 1 to {LONGEST} characters, such as properties.price")
    keys, key, escaped = [], "", False
    for char in path:
        if escaped or (char != "\\" and char != "."):
            key, escaped = key + char, False
        elif char == "\\":
            escaped = True
        else:
            keys.append(key)
            key = ""
    keys.append(key)
    if escaped or "" in keys:
        raise ValueError(f"{path!r} has an empty key")
    if len(keys) > DEEPEST:
        raise ValueError(f"{path!r} has more than {DEEPEST} keys")
    if keys[0] == _EVERY:
        raise ValueError(f"{path!r} must begin with a member's name, such as properties")
    return tuple(keys)


def writable(path: str) -> tuple[str, ...]:
    """As `keys_of`, of a path that a rule may change. Raises ValueError."""
    keys = keys_of(path)
    if keys[0] in _FIXED:
        raise ValueError(f"{keys[0]} cannot be changed: events are told apart by it")
    if len(keys) == 1 and keys[0] in ("properties", "traits", "context"):
        raise ValueError(f"{keys[0]} is an object: name a member, or {keys[0]}.* for all")
    if keys[0] in _TEXTS and len(keys) > 1:
        raise ValueError(f"{keys[0]} is a text and has no members")
    if keys[0] not in _KNOWN and not keys[0].startswith("_"):
        raise ValueError(
            f"{keys[0]} is no member of an event: a property is properties.{path}, "
            f"a trait traits.{path}"
        )
    return keys


def reader(path: str) -> Callable[[Event], Any]:
    """The function that reads a path of an event; GONE where it is not there.

    Of a path with `*` it is the first that is there. Raises ValueError.
    """
    first, *rest = keys_of(path)
    top = _top(first)
    if not rest:
        return top
    if len(rest) == 1 and rest[0] != _EVERY:
        key = rest[0]

        def member(event: Event) -> Any:
            inner = top(event)
            return inner.get(key, GONE) if type(inner) is dict else _inside(inner, [key])

        return member
    return lambda event: _inside(top(event), rest)


def _inside(value: Any, keys: list[str]) -> Any:
    for index, key in enumerate(keys):
        if key == _EVERY:
            found = (_inside(each, keys[index + 1 :]) for _, each in _members(value))
            return next((each for each in found if each is not GONE), GONE)
        if type(value) is dict:
            value = value.get(key, GONE)
        elif type(value) is list and key.isdecimal() and int(key[:9]) < len(value):
            value = value[int(key[:9])]
        else:
            return GONE
    return value


def _members(value: Any) -> Iterator[tuple[Any, Any]]:
    if type(value) is dict:
        yield from value.items()
    elif type(value) is list:
        yield from enumerate(value)


def _top(name: str) -> Callable[[Event], Any]:
    if name in ("properties", "traits"):
        is_traits = name == "traits"
        return lambda event: (
            event.properties if (event.type in _TRAITS) is is_traits else event.rest.get(name, GONE)
        )
    if name == "context":
        return attrgetter("context")
    if name in ("type", "messageId"):
        return attrgetter("type" if name == "type" else "message_id")
    if name in _TEXTS:
        text = attrgetter(_TEXTS[name])
        return lambda event: GONE if (value := text(event)) is None else value
    if name in _TIMES:
        time = attrgetter(_TIMES[name])
        return lambda event: GONE if (value := time(event)) is None else isoformat(value)
    if name == "receivedAt":
        return lambda event: isoformat(event.receipt.received_at)
    return lambda event: event.rest.get(name, GONE)


def changer(path: str) -> Callable[[Event, Change], bool]:
    """The function that changes what a path names in an event, and says whether anything did
    change. Without `*` a member that is not there is made, if the change gives one.

    Raises ValueError for a path that cannot be changed.
    """
    keys = writable(path)
    first, *rest = keys
    if not rest:
        return _text_changer(first) if first in _TEXTS else _rest_changer(first)
    inner = tuple(rest)
    if first in ("properties", "traits"):
        return _properties_changer(first == "traits", _object_changer(inner))
    if first == "context":
        change_object = _object_changer(inner)

        def change_context(event: Event, change: Change) -> bool:
            context = change_object(event.context, change)
            if context is event.context:
                return False
            event.context = context
            return True

        return change_context

    def change_other(event: Event, change: Change) -> bool:
        value = event.rest.get(first, GONE)
        after = changed(value, inner, change)
        if after is value:
            return False
        event.rest = {**event.rest, first: after}
        return True

    return change_other


def _object_changer(keys: tuple[str, ...]) -> Callable[[Any, Change], Any]:
    """`changed` of these keys, of an object; faster for a single key, as most rules name."""
    if len(keys) != 1 or keys[0] == _EVERY:
        return lambda held, change: changed(held, keys, change)
    key = keys[0]

    def change_member(held: dict[str, Any], change: Change) -> dict[str, Any]:
        before = held.get(key, GONE)
        after = change(before)
        if after is before or _equal(after, before):
            return held
        if after is GONE:
            return {name: each for name, each in held.items() if name != key}
        return {**held, key: after}

    return change_member


def _properties_changer(
    is_traits: bool, change_object: Callable[[Any, Change], Any]
) -> Callable[[Event, Change], bool]:
    def change_properties(event: Event, change: Change) -> bool:
        if (event.type in _TRAITS) is not is_traits:
            return False
        properties = change_object(event.properties, change)
        if properties is event.properties:
            return False
        event.properties = properties
        return True

    return change_properties


def _text_changer(name: str) -> Callable[[Event, Change], bool]:
    """Ids and names are texts: a number becomes its text, anything else is not put there."""
    attribute = _TEXTS[name]

    def change_text(event: Event, change: Change) -> bool:
        before = getattr(event, attribute)
        after = change(GONE if before is None else before)
        if after is GONE or after is None or after == "":
            after = None
        elif type(after) is not str and (after := number_text(after)) is None:
            return False
        if after == before:
            return False
        setattr(event, attribute, after)
        return True

    return change_text


def _rest_changer(name: str) -> Callable[[Event, Change], bool]:
    def change_rest(event: Event, change: Change) -> bool:
        rest = changed(event.rest, (name,), change)
        if rest is event.rest:
            return False
        event.rest = rest
        return True

    return change_rest


def changed(value: Any, keys: tuple[str, ...], change: Change) -> Any:
    """The value with what the keys name changed; the same object where nothing changed.

    >>> changed({"a": {"b": 1}}, ("a", "b"), lambda b: b + 1)
    {'a': {'b': 2}}
    """
    if not keys:
        after = change(value)
        return value if after is value or _equal(after, value) else after
    key, rest = keys[0], keys[1:]
    if key == _EVERY:
        return _all_changed(value, rest, change)
    if type(value) is list:
        return _item_changed(value, key, rest, change)
    if type(value) is not dict and value is not GONE and value is not None:
        return value  # a scalar has no members
    held = value if type(value) is dict else {}
    before = held.get(key, GONE)
    after = changed(before, rest, change)
    if after is before:
        return value
    if after is GONE:
        return {name: each for name, each in held.items() if name != key}
    return {**held, key: after}


def _all_changed(value: Any, rest: tuple[str, ...], change: Change) -> Any:
    after = {}
    for name, before in _members(value):
        new = changed(before, rest, change)
        if new is not before:
            after[name] = new
    if not after:
        return value
    if type(value) is dict:
        merged = {**value, **after}
        return {name: each for name, each in merged.items() if each is not GONE}
    return [
        after.get(index, each)
        for index, each in enumerate(value)
        if after.get(index, each) is not GONE
    ]


def _item_changed(value: list[Any], key: str, rest: tuple[str, ...], change: Change) -> Any:
    if not key.isdecimal() or int(key[:9]) >= len(value):
        return value
    index = int(key[:9])
    after = changed(value[index], rest, change)
    if after is value[index]:
        return value
    if after is GONE:
        return [*value[:index], *value[index + 1 :]]
    return [*value[:index], after, *value[index + 1 :]]


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one is not GONE and bool(one == other)


class View(Mapping[str, Any]):
    """An event in Segment's shape, as FQL looks at it. `event` may be set anew."""

    __slots__ = ("event",)

    def __init__(self, event: Event) -> None:
        self.event = event

    def get(self, key: str, default: Any = None) -> Any:
        """A member; `default` where it is not there."""
        read = _READERS.get(key)
        value = self.event.rest.get(key, GONE) if read is None else read(self.event)
        return default if value is GONE else value

    def __getitem__(self, key: str) -> Any:
        value = self.get(key, GONE)
        if value is GONE:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in _READERS if self.get(name, GONE) is not GONE)
        yield from (name for name in self.event.rest if name not in _READERS)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_READERS: Final[Mapping[str, Callable[[Event], Any]]] = {
    name: _top(name)
    for name in (
        *("messageId", "type", "properties", "traits", "context", "receivedAt"),
        *_TEXTS,
        *_TIMES,
    )
}
