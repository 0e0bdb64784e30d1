"""What the collector writes of a request to a webhook source; the body stands beside it."""

import msgspec


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a request came, in a received record's `meta` (as JSON). Names of headers are in lower
    case; `path` is what followed the source's id."""

    method: str
    url: str
    path: str = ""
    query: str = ""
    headers: dict[str, str] = {}
    ip: str = ""


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Request)
