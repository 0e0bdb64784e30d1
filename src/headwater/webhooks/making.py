"""Events of requests, by the preset of the source's sender."""

import base64
from typing import Any

from headwater.webhooks import mapped
from headwater.webhooks.model import Made, senders_in
from headwater.webhooks.presets import PRESETS
from headwater.webhooks.presets.preset import Incoming, UnreadableError
from headwater.workspaces.model import Configuration


def make(
    configuration: Configuration, source_id: str, requests: list[dict[str, Any]]
) -> list[Made]:
    """The events of each request. Requests are as webhooks.requests gives them; what is not signed
    was refused when it came."""
    sender = senders_in(configuration).get(source_id)
    preset = PRESETS.get(sender.preset) if sender is not None else None
    if sender is None or preset is None:
        return [Made(failed="The source's sender is not known any more.")] * len(requests)
    if sender.secret is None:
        why = "The secret of the source's sender cannot be opened with this secret key."
        return [Made(failed=why)] * len(requests)
    made = []
    for request in requests:
        try:
            incoming = incoming_of(request)
            if sender.mapping:
                events = mapped.events(incoming, sender.mapping)
            else:
                events = preset.events(incoming, sender.secret)
        except UnreadableError as problem:
            made.append(Made(failed=f"{preset.title}: {problem}"))
        else:
            made.append(Made(tuple(events)))
    return made


def incoming_of(request: dict[str, Any]) -> Incoming:
    """A request, as presets read it."""
    body = request["body"]
    content = base64.b64decode(body) if request.get("isBase64") else body.encode()
    return Incoming(
        request["method"], request["url"], request["query"], request["headers"], content
    )
