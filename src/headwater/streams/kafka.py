"""Reads topics of Apache Kafka from given offsets on, by librdkafka."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from headwater.errors import StreamError
from headwater.imports.definition_file import resolved
from headwater.streams.converting import Message
from headwater.streams.definition import Kafka

AT_ONCE: Final = 2_000
_ASK_SECONDS: Final = 10.0
_LOOK_EVERY: Final = 120
"""Reads between two looks for new partitions."""


class Topics:
    """The messages of all partitions of some topics. Use it as a context manager.

    No group shares them out: all partitions are read here, from `offsets` on. A broker that is
    away is waited for. Raises StreamError for what waiting does not mend.
    """

    def __init__(
        self,
        kafka: Kafka,
        offsets: Mapping[str, int],
        name: str,
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """`secrets` are what `${NAME}` means; by default the environment's variables."""
        try:
            from confluent_kafka import Consumer, KafkaException
        except ModuleNotFoundError as error:
            raise StreamError(
                f"Reading Kafka needs the Python package {error.name}.",
                hint="Install it with: pip install 'headwater[kafka]'",
            ) from None
        options = {
            option: resolved(value, f"kafka.options.{option}", StreamError, secrets)
            for option, value in kafka.options.items()
        }
        self._kafka = kafka
        self._offsets = dict(offsets)
        self._assigned: set[tuple[str, int]] = set()
        self._reads = 0
        self._failure = KafkaException
        try:
            self._consumer = Consumer(
                {
                    "group.id": f"headwater-{name}",
                    "auto.offset.reset": kafka.start,
                    **options,
                    "bootstrap.servers": resolved(
                        kafka.servers, "kafka.servers", StreamError, secrets
                    ),
                    "enable.auto.commit": False,
                    "enable.partition.eof": False,
                }
            )
        except KafkaException as error:
            raise StreamError(f"`kafka.options` cannot be used: {_said(error)}.") from None

    def __enter__(self) -> "Topics":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def read(self, stop: threading.Event, seconds: float = 0.5) -> Sequence[Message]:
        """The next messages, of which there may be none within some time."""
        if self._reads % _LOOK_EVERY == 0 and not self._assign():
            stop.wait(seconds)
            return ()
        self._reads += 1
        found: list[Message] = []
        for message in self._consumer.consume(AT_ONCE, seconds):
            error = message.error()
            if error is None:
                found.append(_message(message))
            elif error.fatal() or not _passes(error):
                raise StreamError(f"Kafka says: {error.str()}.")
        return found

    def require_reached(self) -> None:
        """Raise StreamError unless the broker answers and has the topics."""
        try:
            known = self._consumer.list_topics(timeout=_ASK_SECONDS).topics
        except self._failure as error:
            raise StreamError(
                f"{self._kafka.servers} does not answer: {_said(error)}.",
                hint="Look at `kafka.servers`, and at `kafka.options` for TLS and passwords.",
            ) from None
        missing = [topic for topic in self._kafka.topics if topic not in known]
        if missing:
            raise StreamError(f"`kafka.topics`: there is no topic {missing[0]!r}.")

    def behind(self) -> int | None:
        """How many messages wait that were not read, by what the broker said last; None before
        it has said anything."""
        from confluent_kafka import TopicPartition

        waiting = None
        for topic, number in self._assigned:
            place = TopicPartition(topic, number)
            _, end = self._consumer.get_watermark_offsets(place, cached=True)
            position = self._consumer.position([place])[0].offset
            if end >= 0 and position >= 0:
                waiting = (waiting or 0) + max(0, end - position)
        return waiting

    def _assign(self) -> bool:
        """Take on partitions that are new. False while the broker cannot be asked."""
        from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, TopicPartition

        try:
            known = self._consumer.list_topics(timeout=_ASK_SECONDS).topics
        except self._failure as error:
            if not _passes(error.args[0]):
                raise StreamError(f"Kafka says: {_said(error)}.") from None
            return False
        places = {
            (topic, number)
            for topic in self._kafka.topics
            if topic in known
            for number in known[topic].partitions
        }
        new = places - self._assigned
        if new:
            start = OFFSET_BEGINNING if self._kafka.start == "earliest" else OFFSET_END
            # A partition that appears while others are read is new altogether: none of it is old.
            later = OFFSET_BEGINNING if self._assigned else start
            self._consumer.incremental_assign(
                [
                    TopicPartition(topic, number, self._offsets.get(f"{topic}/{number}", later))
                    for topic, number in sorted(new)
                ]
            )
            self._assigned |= new
        return bool(self._assigned)


def _passes(error: Any) -> bool:
    """Whether waiting may mend it."""
    from confluent_kafka import KafkaError

    return bool(error.retriable()) or error.code() in (
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.LEADER_NOT_AVAILABLE,
    )


def _said(error: Any) -> str:
    first = error.args[0] if error.args else error
    return str(first.str() if hasattr(first, "str") else first)[:500]


def _message(message: Any) -> Message:
    kind, at = message.timestamp()
    return Message(
        message.topic(),
        message.partition(),
        message.offset(),
        at if kind else None,
        message.key(),
        message.value(),
    )
