"""How functions are shown: what each type is for, a code to begin with, an event to try it on."""

from collections.abc import Mapping
from typing import Final

import msgspec

from headwater.functions.model import Function, ResourceType
from headwater.web.navigation import N_


class Look(msgspec.Struct, frozen=True):
    """A type's name, what it is for, its icon, the code and the event that it begins with."""

    label: str
    about: str
    icon: str
    code: str
    sample: str


_INSERT: Final = """\
// What is returned goes on; `throw new DropEvent("why")` leaves the event out, any other error
// keeps it in quarantine. A type without a handler goes on as it is.
async function onTrack(event, settings) {
  event.properties.seen = true;
  return event;
}

async function onIdentify(event, settings) {
  return event;
}
"""
_SOURCE: Final = """\
// Makes events of what is sent to the source's address: as many as you like.
async function onRequest(request, settings) {
  const body = request.json();
  Segment.track({
    event: body.event,
    userId: String(body.user),
    properties: body,
  });
}
"""
_DESTINATION: Final = """\
// Takes an event out. There are no destinations to connect it to yet: it can be written and tried.
async function onTrack(event, settings) {
  const response = await fetch(settings.endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(event),
  });
  if (response.status >= 500 || response.status === 429) {
    throw new RetryError(`Failed with ${response.status}`);
  }
}
"""
_EVENT: Final = """\
{
  "type": "track",
  "event": "Order Completed",
  "userId": "user-1",
  "properties": {"price": 12.5, "currency": "EUR"}
}"""
_REQUEST: Final = """\
{
  "method": "POST",
  "url": "https://example.com/webhooks/source",
  "headers": {"content-type": "application/json"},
  "body": "{\\"event\\": \\"Signed Up\\", \\"user\\": 7}"
}"""

LOOKS: Final[Mapping[ResourceType, Look]] = {
    ResourceType.INSERT_SOURCE: Look(
        N_("Insert function"),
        N_("Changes, drops or checks a source's events before they are accepted."),
        "filter",
        _INSERT,
        _EVENT,
    ),
    ResourceType.SOURCE: Look(
        N_("Source function"),
        N_("Makes events of whatever another system sends to a webhook source."),
        "webhook",
        _SOURCE,
        _REQUEST,
    ),
    ResourceType.DESTINATION: Look(
        N_("Destination function"),
        N_(
            "Takes events out to another system. It can be tried; it delivers once there are "
            "destinations."
        ),
        "upload",
        _DESTINATION,
        _EVENT,
    ),
    ResourceType.INSERT_DESTINATION: Look(
        N_("Insert function of a destination"),
        N_("Changes events before one destination gets them, once there are destinations."),
        "filter",
        _INSERT,
        _EVENT,
    ),
    ResourceType.INSERT_TRANSFORMATION: Look(
        N_("Insert function of a transformation"),
        N_("The same as an insert function, by another name."),
        "filter",
        _INSERT,
        _EVENT,
    ),
}
OFFERED: Final = (ResourceType.INSERT_SOURCE, ResourceType.SOURCE, ResourceType.DESTINATION)
"""The types that the console offers; the API takes all."""

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "none": (N_("Not deployed"), ""),
    "latest": (N_("Deployed"), "good"),
    "older": (N_("Older version runs"), "warn"),
}


def state_of(function: Function) -> tuple[str, str]:
    """Whether it runs, in words, and the tone of that."""
    if not function.live_version:
        return STATES["none"]
    return STATES["latest" if function.is_latest_deployed else "older"]
