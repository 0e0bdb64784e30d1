"""What commands that try a change have in common."""

import json
from collections.abc import Mapping
from typing import Any

from headwater.errors import BadRequestError


def tell(trial: Mapping[str, Any]) -> None:
    """Print what a trial found, for people."""
    effects = ", ".join(f"{count:,} {effect}" for effect, count in trial["effects"].items())
    print(f"{trial['read']:,} events read: {effects or 'nothing differs'}")
    for each in trial["samples"]:
        name = each["event"] or each["type"]
        print(f"\n{each['effect']}  {name}  {each['messageId']}  {each['detail']}".rstrip())
        for difference in each["differences"]:
            before, after = (short(difference[side]) for side in ("before", "after"))
            print(f"    {difference['path']}: {before} -> {after}")


def json_object(text: str, option: str) -> dict[str, Any]:
    """The JSON object that an option gives. Raises BadRequestError, which names the option."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadRequestError(f"{option}: is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise BadRequestError(f"{option}: must be a JSON object.")
    return value


def short(value: object) -> str:
    """A value as JSON, in a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"
