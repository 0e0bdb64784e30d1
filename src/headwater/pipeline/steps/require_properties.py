"""Properties and traits are objects."""

from headwater.pipeline.event import Event, Quarantine, Verdict, shown
from headwater.spec.reasons import Reason


def require_properties(event: Event) -> Verdict:
    """Take `properties`, or the traits of identify and group; none and null are empty.

    An identify without traits has those of its context (RudderStack's Python SDK sends them there
    alone), and one that was posted singly may call them `properties`. What is not taken stays
    among the other members.
    """
    if event.type == "identify":
        return _require_user_traits(event)
    is_group = event.type == "group"
    value = event.rest.pop("traits" if is_group else "properties", None)
    if type(value) is dict:
        event.properties = value
    elif value is not None:
        return _refused("traits" if is_group else "properties", value)
    return None


def _require_user_traits(event: Event) -> Verdict:
    rest = event.rest
    traits = rest.pop("traits", None)
    if traits is not None and type(traits) is not dict:
        return _refused("traits", traits)
    if not traits:
        traits = event.context.get("traits")
    if not traits and event.receipt.is_single and isinstance(rest.get("properties"), dict):
        traits = rest.pop("properties")
    if type(traits) is dict:
        event.properties = traits
    return None


def _refused(name: str, value: object) -> Quarantine:
    is_traits = name == "traits"
    return Quarantine(
        Reason.TRAITS_NOT_OBJECT if is_traits else Reason.PROPERTIES_NOT_OBJECT,
        f"`{name}` is {shown(value)} and not an object.",
    )
