"""The reference of the kinds of rule, made from the kinds themselves."""

from collections.abc import Iterator
from typing import Any

import msgspec

from headwater.cleaning.kinds import KINDS
from headwater.cleaning.model import Kind, Setting, settings_of
from headwater.cleaning.samples import Shown, shown

HEAD = """# Kinds of cleaning rule

This page is made by `headwater rule kinds --format markdown`. How rules are kept and tried is in
[Cleaning rules](cleaning.md); those of the phases `enrich` and `protect` are told of in
[Enrichment](enrichment.md).
"""


def markdown() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_list(), *(line for kind in KINDS.values() for line in _entry(kind))])


def _list() -> Iterator[str]:
    yield "| kind | phase | what it does |"
    yield "| --- | --- | --- |"
    for kind in KINDS.values():
        yield f"| [`{kind.name}`](#{kind.name}) | {kind.phase} | {_first_sentence(kind)} |"
    yield ""


def _first_sentence(kind: Kind) -> str:
    return kind.summary.replace("|", "\\|")


def _entry(kind: Kind) -> Iterator[str]:
    yield f"## {kind.name}"
    yield ""
    yield kind.about.strip()
    yield ""
    yield "| setting | default | |"
    yield "| --- | --- | --- |"
    for setting in settings_of(kind):
        yield f"| `{setting.name}` | {_default(setting)} | {setting.about} |"
    yield ""
    yield "```json"
    yield _json({"kind": kind.name, "settings": kind.example})
    yield "```"
    yield ""
    sample = shown(kind.name)
    if sample is not None:
        yield from _sample(sample)


def _sample(sample: Shown) -> Iterator[str]:
    yield "With it, such an event"
    yield ""
    yield "```json"
    yield _json(sample.event)
    yield "```"
    yield ""
    if sample.is_dropped:
        yield "is left out."
    elif sample.why:
        yield f"is kept aside: {sample.why}"
    else:
        yield "then has"
        yield ""
        yield "| member | before | after |"
        yield "| --- | --- | --- |"
        for each in sample.differences:
            before = f"`{each.before}`" if each.before else ""
            yield f"| `{each.path}` | {before} | `{each.after}` |"
    yield ""


def _default(setting: Setting) -> str:
    return "required" if setting.is_required else f"`{_json(setting.default)}`"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
