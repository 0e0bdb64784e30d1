"""From the text of a plan's file to the plan, with all that is wrong with it at once."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import yaml

from headwater.errors import InvalidError
from headwater.plans.files.entries import schema_of
from headwater.plans.files.model import MEMBERS, SINGLE, PlanFile, rule
from headwater.plans.model import HIGHEST_VERSION, LARGEST_PLAN, Rule, RuleType

_TOP: Final = {"name", "description", "events", *SINGLE}


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a file, where, and what to do."""

    path: str
    message: str
    remedy: str


class UnreadableError(InvalidError):
    """A plan's file that cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(
            f"{first.path or 'The file'}: {first.message}{more}",
            hint=first.remedy,
            field=first.path,
        )
        self.problems = problems


def read(text: str) -> PlanFile:
    """The plan that a YAML or JSON text holds. Raises UnreadableError."""
    if len(text) > 2 * LARGEST_PLAN:
        raise UnreadableError([Problem("", "is too large.", "Make two plans of it.")])
    written = _loaded(text)
    rules: list[Rule] = []
    known = f"Known are {', '.join(sorted(_TOP))}."
    problems = [Problem(str(each), "is unknown here.", known) for each in written.keys() - _TOP]
    name, description = written.get("name"), written.get("description") or ""
    if not isinstance(name, str) or not name.strip():
        problems.append(Problem("name", "is missing.", "Give the plan a name, in quotes."))
    if not isinstance(description, str):
        problems.append(Problem("description", "is no text.", "Put it in quotes."))
    for at, type_, key, found in _named(written, problems):
        for version, body, place in _versions(at, found, problems):
            rules.append(rule(type_, key, version, _schema(place, type_, body, problems)))
    if problems:
        raise UnreadableError(problems)
    return PlanFile(str(name).strip(), description, tuple(rules))


def _loaded(text: str) -> Mapping[str, Any]:
    try:
        written = (
            json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
        )
    except RecursionError:
        raise UnreadableError([Problem("", "is nested too deeply.", "Flatten it.")]) from None
    except (ValueError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())[:300]
        raise UnreadableError(
            [Problem("", f"is neither YAML nor JSON: {said}.", "Mend it where it says.")]
        ) from None
    if not isinstance(written, dict):
        raise UnreadableError([Problem("", "holds no plan.", "Begin with `name:` and `events:`.")])
    return written


def _named(
    written: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[str, RuleType, str, Mapping[str, Any]]]:
    """What a file has by name: each with its place, its type and its key."""
    events = written.get("events") or {}
    if not isinstance(events, dict):
        problems.append(Problem("events", "is no mapping.", "Write each event by its name."))
        events = {}
    found = [(name, type_, "", written[name]) for name, type_ in SINGLE.items() if name in written]
    for key, body in events.items():
        if isinstance(key, str) and key:
            found.append((f"events.{key}", RuleType.TRACK, key, body))
        else:
            problems.append(Problem(f"events.{key}", "is no name.", "Put the name in quotes."))
    for at, type_, key, body in found:
        if body is None:
            body = {}
        if isinstance(body, dict):
            yield at, type_, key, body
        else:
            problems.append(Problem(at, "is no mapping.", "Write its properties below it."))


def _versions(
    at: str, found: Mapping[str, Any], problems: list[Problem]
) -> Iterator[tuple[int, Mapping[str, Any], str]]:
    """The versions of an entry, each with its body and its place."""
    versions = found.get("versions")
    if versions is None:
        body = {word: value for word, value in found.items() if word != "version"}
        versions = {found.get("version", 1): body}
        places = dict.fromkeys(versions, at)
    elif not isinstance(versions, dict) or not versions or len(found) > 1:
        remedy = "Write each version's number, and below it what it has."
        problems.append(Problem(f"{at}.versions", "is no mapping of versions alone.", remedy))
        return
    else:
        places = {version: f"{at}.versions.{version}" for version in versions}
    for version, body in versions.items():
        number = int(version) if isinstance(version, str) and version.isdecimal() else version
        if type(number) is not int or not 1 <= number <= HIGHEST_VERSION:
            problems.append(
                Problem(f"{at}.version", f"{version!r} is no version.", "Count from 1 on.")
            )
        elif isinstance(body, dict):
            yield number, body, places[version]
        else:
            problems.append(Problem(places[version], "is no mapping.", "Write what it has."))


def _schema(
    at: str, type_: RuleType, body: Mapping[str, Any], problems: list[Problem]
) -> dict[str, Any] | None:
    """The schema of an entry; what is wrong in it is put among the problems."""
    for path, what in _foreign(body, at):
        problems.append(Problem(path, what, "Put it in quotes."))
    if "schema" in body:
        whole = body["schema"]
        if len(body) > 1:
            problems.append(Problem(at, "has more beside `schema`.", "Leave only `schema`."))
        if whole is None or isinstance(whole, dict):
            return whole
        problems.append(Problem(f"{at}.schema", "is no JSON Schema.", "Write an object."))
        return None
    member = MEMBERS.get(type_, "properties")
    inner, envelope = body.get(member, {}), body.get("envelope", {})
    for path, value in ((f"{at}.{member}", inner), (f"{at}.envelope", envelope)):
        if not isinstance(value, dict):
            problems.append(Problem(path, "is no mapping.", "Write each by its name."))
            return None
    if not isinstance(envelope.get("properties", {}), dict):
        problems.append(Problem(f"{at}.envelope.properties", "is no mapping.", "Leave it out."))
        return None
    other = "traits" if member == "properties" else "properties"
    if type_ in MEMBERS and other in body:
        problems.append(
            Problem(f"{at}.{other}", f"is not what it has: {member} are.", f"Write {member}.")
        )
        return None
    return schema_of(type_, body)


def _foreign(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """What JSON cannot have: keys that are no text, dates, numbers beyond all bounds."""
    pending = [(at, value)]
    while pending:
        path, here = pending.pop()
        if isinstance(here, dict):
            for key, inner in here.items():
                if not isinstance(key, str):
                    yield f"{path}.{key}", f"has the name {key!r}, which is no text."
                pending.append((f"{path}.{key}", inner))
        elif isinstance(here, list):
            pending.extend((f"{path}[{index}]", inner) for index, inner in enumerate(here))
        elif isinstance(here, float) and here - here != 0:
            yield path, "is no finite number."
        elif here is not None and not isinstance(here, str | int | float | bool):
            yield path, f"is {here!r}, which JSON does not have."


class _Loader(yaml.SafeLoader):
    """YAML without dates: they are texts; and without a name that is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            name = self.construct_object(key, deep=True)
            if isinstance(name, str | int | float | bool | None) and name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name!r} is there twice", key.start_mark
                )
            if isinstance(name, str | int | float | bool | None):
                seen.add(name)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
