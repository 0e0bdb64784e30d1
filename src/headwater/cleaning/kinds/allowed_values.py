"""Deal with values that are none of a set: flag the event, make them null, replace them, ….

`replace` puts `instead` in their place. A value that differs by its case alone becomes the allowed
one where `ignore_case` is on. Null and missing members are not looked at.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.actions import first_verdict, on_value
from headwater.cleaning.model import Decide, Decision, Kind, Making
from headwater.cleaning.values import Paths, of_texts, on_paths
from headwater.fql.values import same
from headwater.pipeline.event import Event


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    values: Annotated[
        list[str | int | float | bool],
        Meta(min_length=1, max_length=1000, description="The values allowed."),
    ]
    action: Annotated[
        Literal["flag", "null", "remove", "replace", "drop", "quarantine"],
        Meta(description="What is done about another value."),
    ] = "flag"
    instead: Annotated[Any, Meta(description="What `replace` puts there.")] = None
    ignore_case: Annotated[bool, Meta(description="Whether texts may differ by case.")] = False


def compiled(settings: Settings, rule: Making) -> Decide:
    """Raises ValueError for a bad path."""
    texts = frozenset(value for value in settings.values if type(value) is str)
    others = [value for value in settings.values if type(value) is not str]

    def is_wrong(value: Any) -> bool:
        if value is None or (type(value) is str and value in texts):
            return False
        return not any(same(value, other) for other in others)

    def why(value: Any) -> str:
        shown = msgspec.json.encode(value).decode()
        return f"{shown[:60]} is none of the allowed values."

    judge = first_verdict(
        [
            on_value(path, settings.action, rule, is_wrong, why, lambda _: settings.instead)
            for path in settings.paths
        ]
    )
    if not settings.ignore_case:
        return judge
    by_folded = {text.casefold(): text for text in texts}
    respell = on_paths(settings.paths, of_texts(lambda text: by_folded.get(text.casefold(), text)))

    def decide(event: Event) -> Decision:
        is_touched = respell(event)
        decision = judge(event)
        return decision if decision is not False else is_touched

    return decide


KIND = Kind(
    "allowed_values",
    __doc__,
    Settings,
    compiled,
    {"paths": ["properties.currency"], "values": ["CNY", "USD"], "action": "quarantine"},
)
