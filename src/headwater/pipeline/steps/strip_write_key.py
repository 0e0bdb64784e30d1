"""The write key has done its work."""

from headwater.pipeline.event import Event


def strip_write_key(event: Event) -> None:
    """Remove `writeKey`: it is a credential, and names nothing that the source does not."""
    event.rest.pop("writeKey", None)
