"""What the SDKs load before they send: Segment's settings and RudderStack's sourceConfig.

`integrations["Segment.io"].apiKey` must be the write key, or analytics-next sends elsewhere;
`metrics.sampleRate` is 0, or it would report each call to Segment; `apiHost` has no scheme and
ends in `/v1`.
"""

from typing import Any, Final

from headwater.collect.answers import Answer, json_answer
from headwater.errors import NotFoundError, UnauthorizedError
from headwater.workspaces.model import Source

_FRESH: Final = (b"cache-control", b"public, max-age=60")


def settings(source: Source, write_key: str, scheme: str, host: str) -> Answer:
    """The settings of a source, for SDKs that reach this server as `scheme://host`."""
    enabled = {"__default": {"enabled": True, "integrations": {}}}
    segment: dict[str, Any] = {"apiKey": write_key, "retryQueue": True, "addBundledMetadata": True}
    if host:
        segment |= {"apiHost": f"{host}/v1", "protocol": scheme}
    return json_answer(
        200,
        {
            "integrations": {"Segment.io": segment},
            "plan": {"track": enabled, "identify": enabled, "group": enabled},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {"routingRules": []},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
            "_lastModified": _milliseconds(source),
        },
        _FRESH,
    )


def source_config(source: Source, write_key: str) -> Answer:
    """What RudderStack's SDKs need to start: no destinations, no statistics."""
    off = {"enabled": False}
    return json_answer(
        200,
        {
            "source": {
                "id": source.id,
                "name": source.name,
                "writeKey": write_key,
                "enabled": source.enabled,
                "workspaceId": source.workspace_id,
                "config": {"statsCollection": {"errors": off, "metrics": off}},
                "connections": [],
                "destinations": [],
                "dataplanes": {},
            },
            "updatedAt": None,
        },
        (b"cache-control", b"no-store"),
    )


def _milliseconds(source: Source) -> int:
    return source.created_at // 1000


def no_such_source() -> NotFoundError:
    """The refusal of settings for a key that no source has."""
    return NotFoundError(
        "No source has this write key.",
        hint="Copy the write key from the source's page or from `headwater source list`.",
        code="unknown_write_key",
    )


def unknown_key() -> UnauthorizedError:
    """The refusal of a call whose key no source has."""
    return UnauthorizedError(
        "No source has the write key of this request.",
        hint="Send the write key as the user name of HTTP Basic authentication, in the "
        "X-Write-Key header, or as `writeKey` in the body or the query.",
        code="unknown_write_key",
    )
