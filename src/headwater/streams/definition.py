"""A stream: where its messages are, and what becomes of one."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import xxhash
from msgspec import Meta

from headwater.errors import StreamError
from headwater.imports import definition_file
from headwater.imports.model import ColumnRule, EventRule, FileMapping, FileRules, RowRule


class Kafka(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Topics of Apache Kafka whose messages are JSON."""

    servers: Annotated[str, Meta(min_length=1)]
    """`host:port`, several separated by commas."""
    topics: Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
    start: Literal["earliest", "latest"] = "earliest"
    """Where a partition is begun that was never read."""
    options: dict[str, str] = {}
    """More of librdkafka's configuration, as for TLS and passwords; `${NAME}` is a variable of the
    environment."""


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stream file: the topics, and the mapping of messages to events, as for imported files."""

    kafka: Kafka
    columns: dict[str, str | ColumnRule] = {}
    skip: tuple[RowRule, ...] = ()
    reject: tuple[RowRule, ...] = ()
    events: tuple[EventRule, ...] = ()

    @property
    def mapping(self) -> FileMapping | None:
        """How a message becomes events; None takes it as events in Segment's shape."""
        if not self.events:
            return None
        return FileMapping(FileRules(), self.columns, self.skip, self.reject, self.events)

    def names(self) -> list[str]:
        """The `${NAME}`s in it, in their order."""
        texts = [self.kafka.servers, *self.kafka.options.values()]
        return definition_file.names_in("\n".join(texts))

    def id_in(self, source_id: str) -> str:
        """The same for the same servers into the same source: by it offsets are kept."""
        told = [self.kafka.servers, source_id]
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(told))


def read_definition(path: Path) -> Definition:
    """The definition in a file. Raises StreamError, which names the member that is wrong."""
    return parse(definition_file.text_of(path, StreamError), path.name)


def parse(text: str, name: str) -> Definition:
    """The definition that a text says, in YAML where the name ends so and in TOML otherwise.
    Raises StreamError."""
    raw = definition_file.loaded(text, name, StreamError)
    try:
        definition = msgspec.convert(raw, Definition)
    except msgspec.ValidationError as problem:
        raise StreamError(
            f"{name} cannot be used: {problem}.", hint="docs/streams.md lists its members."
        ) from None
    definition_file.require_apart(definition.events, StreamError)
    if not definition.events and (definition.columns or definition.skip or definition.reject):
        raise StreamError("The mapping makes no event.", hint="Add an [[events]] table.")
    return definition
