"""What the collector's tests stand on: one known source, and calls to the door."""

from collections.abc import Mapping
from typing import Any

import msgspec

from headwater.collect import routes
from headwater.collect.accept import Accepted, Call, Terms, accept
from headwater.collect.addresses import TrustedProxies
from headwater.collect.answers import Answer
from headwater.collect.sources import Sources
from headwater.settings import Settings
from headwater.spec import collected
from headwater.workspaces.model import Configuration, Source, SourceType, Workspace

KEY = "c" + "k" * 24
OTHER_KEY = "c" + "o" * 24
SECRET_KEY = "jitsu-id:jitsu-secret"
NOW = 1_700_000_000_000_000


def source(number: int, *keys: str, enabled: bool = True) -> Source:
    return Source(
        id=f"source-{number}",
        workspace_id="workspace",
        name=f"Source {number}",
        slug=f"source_{number}",
        type=SourceType.SERVER,
        write_keys=keys,
        enabled=enabled,
        created_at=NOW,
    )


CONFIGURATION = Configuration(
    version=1,
    workspaces=(Workspace("workspace", "Workspace", "workspace"),),
    sources=(
        source(1, KEY),
        source(2, OTHER_KEY, enabled=False),
        source(3, SECRET_KEY),
    ),
)
SOURCES = Sources(CONFIGURATION)
TERMS = Terms(Settings(), TrustedProxies([]))


def knock(
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    query: str = "",
    terms: Terms = TERMS,
    peer: str = "192.0.2.1",
) -> Accepted | Answer:
    """Call the door as a request to `path` would; the path must be one of tracking's."""
    route = routes.find(path.encode())
    assert route is not None, path
    sent = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    return accept(Call(route, query.encode(), sent, body, peer), SOURCES, terms, NOW)


def taken(answer: Accepted | Answer) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer


def refused(answer: Accepted | Answer) -> dict[str, Any]:
    """The members of a refusal, with its status."""
    assert isinstance(answer, Answer), answer
    assert answer.code
    return {"status": answer.status, **msgspec.json.decode(answer.body)}


def note(accepted: Accepted) -> collected.Request:
    return collected.DECODER.decode(accepted.record.meta)
