"""Which value a trait has, of all that was said of it. Pure; the warehouse's SQL does the same."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from headwater.syncing.model import EVERY, Compare, Complete, Nulls, Policy, Rule, RuleSet

DAY: Final = 86_400_000_000
"""In microseconds."""

NUMBER: Final = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
"""A text that is taken for a number where numbers are compared."""

_EMAIL: Final = re.compile(r"(^|_)e_?mail(_|$)")
_PHONE: Final = re.compile(r"(^|_)(phone|mobile|telephone|tel|fax)(_|$)")
_SPACES: Final = re.compile(r"[\t\n\f\r ]+")


class Statement(msgspec.Struct, frozen=True, rename="camel"):
    """That a source said a trait's value at a time: None is an explicit null.

    `at` is when it was said, and no later than when it was received, in microseconds.
    """

    source: str
    at: int
    received_at: int
    value: Any


class State(StrEnum):
    """What became of what a source says."""

    WON = "won"
    LOST = "lost"
    SAME = "same"
    """It lost to a value that is the same."""
    STALE = "stale"
    """Another source said something so much later that this counts no more."""
    EXCLUDED = "excluded"
    """The rule leaves the source out."""
    WITHDRAWN = "withdrawn"
    """An explicit null came after it."""
    EMPTY = "empty"
    """It is a text without a letter."""


class Decider(StrEnum):
    """What the value was decided by."""

    ONLY = "only"
    """No other source says anything that counts."""
    FRESH = "fresh"
    """All others are stale."""
    POLICY = "policy"
    TIME = "time"
    """The policy left it even: the newer one (of the oldest, the older one)."""
    ORDER = "order"
    """So did the times: the place of the source in the rule's order."""
    NAME = "name"
    """So did that: the source's name."""


class Candidate(msgspec.Struct, frozen=True, rename="camel"):
    """What a source says of a trait: the one value of it that could win."""

    source: str
    at: int
    value: Any
    state: State


class Decision(msgspec.Struct, frozen=True, rename="camel"):
    """The value of a trait, where it comes from, and what else there was.

    `differs` says whether those sources that count say different things.
    """

    value: Any
    source: str
    at: int
    decided_by: Decider | None
    differs: bool
    candidates: tuple[Candidate, ...]


def complete(rules: RuleSet, trait: str) -> Complete:
    """The rule of a trait, with what it leaves open."""
    said: dict[str, Any] = {}
    for rule in (rules.get(EVERY, Rule()), rules.get(trait, Rule())):
        given = msgspec.structs.asdict(rule)
        said |= {name: value for name, value in given.items() if value is not None}
    return Complete(**said)


def comparison(compare: Compare, trait: str) -> Compare:
    """How values of a trait are compared: never AUTO."""
    if compare is not Compare.AUTO:
        return compare
    if _EMAIL.search(trait):
        return Compare.EMAIL
    return Compare.PHONE if _PHONE.search(trait) else Compare.TEXT


def normal(value: Any, compare: Compare) -> Any:
    """The form in which values that are the same are equal.

    >>> normal(" Li@X.com", Compare.EMAIL) == normal("li@x.com", Compare.EMAIL)
    True
    >>> normal("0049 (0)30-1234", Compare.PHONE)
    '+49301234'
    """
    if not isinstance(value, str) or compare is Compare.EXACT:
        return value
    plain = _SPACES.sub(" ", value).strip(" ").lower()
    if compare is Compare.EMAIL:
        return plain.replace(" ", "")
    if compare is Compare.PHONE:
        digits = re.sub(r"[^0-9+]", "", value.replace("(0)", ""))
        digits = f"+{digits[2:]}" if digits.startswith("00") else digits
        return digits or plain
    return plain


def days_of(rule: Complete, source: str) -> int:
    """How many days a source's value may be older than another's; 0 is any."""
    return rule.source_fresh_days.get(source, rule.fresh_days)


def decide(statements: Sequence[Statement], rule: Complete, trait: str) -> Decision:
    """The value of a trait by all that was said of it, in the order of arrival."""
    compare = comparison(rule.compare, trait)
    left, out = _candidates(statements, rule)
    newest = max((each.at for each in left), default=0)
    stale = {each.source for each in left if _is_stale(each, newest, rule)}
    fresh = [each for each in left if each.source not in stale]
    differs = len({repr(normal(each.value, compare)) for each in left}) > 1
    if not fresh:
        return Decision(None, "", 0, None, differs, tuple(out))
    if rule.policy is Policy.UNION:
        return _united(fresh, differs, (*_states(left, stale), *out))
    ranked = sorted(fresh, key=_key(fresh, rule, compare))
    won = ranked[0]
    same = normal(won.value, compare)
    shown = [
        Candidate(each.source, each.at, each.value, _state(each, won, stale, same, compare))
        for each in left
    ]
    by = _decided_by(ranked, len(left), rule, compare)
    return Decision(won.value, won.source, won.at, by, differs, (*shown, *out))


def _candidates(
    statements: Sequence[Statement], rule: Complete
) -> tuple[list[Statement], list[Candidate]]:
    """Of each source the one value that counts; and those of which none does, with why."""
    numbered = sorted(
        enumerate(statements), key=lambda one: (one[1].at, one[1].received_at, one[0])
    )
    ordered = [each for _, each in numbered if each.source not in rule.exclude]
    found: list[Statement] = []
    out = [
        Candidate(each.source, each.at, each.value, State.EXCLUDED)
        for each in _last_of_each(
            one for _, one in numbered if one.source in rule.exclude and one.value is not None
        )
    ]
    for source in dict.fromkeys(each.source for each in ordered):
        until = _null_until(ordered, source, rule.nulls)
        own = [each for each in ordered if each.source == source and each.value is not None]
        standing = [each for each in own if until is None or each.at > until]
        filled = [each for each in standing if not (rule.skip_empty and is_empty(each.value))]
        if filled:
            found.append(filled[0] if rule.policy is Policy.OLDEST else filled[-1])
        elif own:
            state = State.EMPTY if standing else State.WITHDRAWN
            out.append(Candidate(source, own[-1].at, own[-1].value, state))
    return found, out


def is_empty(value: Any) -> bool:
    """Whether it is a text of spaces, or of nothing."""
    return isinstance(value, str) and value.strip(" ") == ""


def _last_of_each(statements: Iterable[Statement]) -> list[Statement]:
    return list({each.source: each for each in statements}.values())


def _null_until(ordered: Sequence[Statement], source: str, nulls: Nulls) -> int | None:
    """Until when what the source said is taken back; None where nothing is."""
    if nulls is Nulls.IGNORE:
        return None
    times = [
        each.at
        for each in ordered
        if each.value is None and (nulls is Nulls.DELETE or each.source == source)
    ]
    return max(times, default=None)


def _is_stale(each: Statement, newest: int, rule: Complete) -> bool:
    days = days_of(rule, each.source)
    return days > 0 and newest - each.at > days * DAY


def place_of(rule: Complete, source: str) -> int:
    """The place of a source in the rule's order; all that are not named have the last."""
    return rule.order.index(source) if source in rule.order else len(rule.order)


def _key(fresh: Sequence[Statement], rule: Complete, compare: Compare) -> Any:
    """What candidates are sorted by: the best comes first."""
    votes = Counter(repr(normal(each.value, compare)) for each in fresh)

    def key(each: Statement) -> tuple[Any, ...]:
        at = each.at if rule.policy is Policy.OLDEST else -each.at
        last = (at, place_of(rule, each.source), each.source)
        return (_rank(each, rule, votes, compare), *last)

    return key


def _rank(each: Statement, rule: Complete, votes: Mapping[str, int], compare: Compare) -> Any:
    match rule.policy:
        case Policy.SOURCE_ORDER:
            return place_of(rule, each.source)
        case Policy.MOST_FREQUENT:
            return -votes[repr(normal(each.value, compare))]
        case Policy.LONGEST:
            return -len(each.value) if isinstance(each.value, str) else 0
        case Policy.LARGEST:
            return _Reversed(_size(each.value, largest=True))
        case Policy.SMALLEST:
            return _size(each.value, largest=False)
        case _:
            return 0


def _size(value: Any, *, largest: bool) -> tuple[Any, ...]:
    """What values are compared by: numbers win over what is none."""
    if not isinstance(value, str):
        return (1 if largest else 0, value, "")
    is_number = re.fullmatch(NUMBER, value) is not None
    return (int(is_number is largest), float(value) if is_number else 0.0, value)


class _Reversed:
    """What sorts the other way round."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Reversed") -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]


def _decided_by(
    ranked: Sequence[Statement], counted: int, rule: Complete, compare: Compare
) -> Decider:
    if counted == 1:
        return Decider.ONLY
    if len(ranked) == 1:
        return Decider.FRESH
    key = _key(ranked, rule, compare)
    parts = (Decider.POLICY, Decider.TIME, Decider.ORDER, Decider.NAME)
    if rule.policy in (Policy.NEWEST, Policy.OLDEST):
        parts = (Decider.POLICY, Decider.POLICY, Decider.ORDER, Decider.NAME)
    first, second = key(ranked[0]), key(ranked[1])
    return next(part for part, one, other in zip(parts, first, second, strict=True) if one != other)


def _state(each: Statement, won: Statement, stale: set[str], same: Any, compare: Compare) -> State:
    if each.source == won.source:
        return State.WON
    if each.source in stale:
        return State.STALE
    return State.SAME if normal(each.value, compare) == same else State.LOST


def _states(left: Sequence[Statement], stale: set[str]) -> list[Candidate]:
    return [
        Candidate(
            each.source, each.at, each.value, State.STALE if each.source in stale else State.WON
        )
        for each in left
    ]


def _united(
    fresh: Sequence[Statement], differs: bool, candidates: tuple[Candidate, ...]
) -> Decision:
    """A list of all that is said: the elements of lists, and single values."""
    elements = {text for each in fresh for text in _elements(each.value)}
    return Decision(
        f"[{','.join(sorted(elements, key=str.encode))}]",
        ", ".join(sorted(each.source for each in fresh)),
        max(each.at for each in fresh),
        Decider.ONLY if len(fresh) == 1 else Decider.POLICY,
        differs,
        candidates,
    )


def _elements(value: Any) -> list[str]:
    """The JSON texts of a list's elements, or of the value itself."""
    if isinstance(value, str) and value.startswith("["):
        try:
            found = msgspec.json.decode(value, type=list[Any])
        except msgspec.DecodeError:
            found = [value]
        return [msgspec.json.encode(each).decode() for each in found if each is not None]
    return [msgspec.json.encode(value).decode()]
