"""From published functions to the stages of a source, which give all events of a batch at once."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from headwater.functions.model import Published, Ready, published_in
from headwater.functions.python import python_stages
from headwater.functions.runs import Run, gathered
from headwater.functions.runtime.model import Failed, Failure, Result
from headwater.functions.shaping import put_back, put_changes, shaped
from headwater.functions.workshop import Workshop, current, prepared
from headwater.pipeline.event import Drop, Event, Quarantine, Verdict
from headwater.pipeline.program import EachEvent, Memory, Stage
from headwater.spec.reasons import Reason
from headwater.workspaces.model import Configuration, Source

RETRIES: Final = 2
"""So often an event that a function asks to be retried is given to it again, before it is kept
aside."""
_LONGEST: Final = 500


class FunctionStage:
    """One connected function, over the events of its source."""

    def __init__(self, ready: Ready, source_id: str, workshop: Workshop, memory: Memory) -> None:
        self.name = f"function:{ready.instance_id}"
        self.touched: Counter[str] = Counter()
        self._ready = ready
        self._prepared = prepared(ready)
        self._source_id = source_id
        self._workshop = workshop
        self._memory = memory
        self._drop = Drop(self.name)
        self._is_noticed = "fetch" in ready.code

    def run(self, events: list[Event]) -> Sequence[Verdict]:
        """Give the events to the function, and make them what it returns."""
        return self.finish(events, self.begin(events))

    def begin(self, events: list[Event]) -> "_Begun | None":
        """Give the first events to the function, which works on them from now on."""
        memory = self._memory
        if memory.is_reminding or (memory.is_looking and self._is_noticed) or not events:
            return None
        stream = self._workshop.stream(self._prepared, events, shaped)
        started = time.perf_counter()
        next(stream)
        return stream, time.perf_counter() - started

    def finish(self, events: list[Event], begun: "_Begun | None") -> Sequence[Verdict]:
        """Make the events what the function returns for them."""
        verdicts: list[Verdict] = [None] * len(events)
        if begun is None:
            return verdicts
        stream, seconds = begun
        started = time.perf_counter()
        before: list[dict[str, Any]] = []
        results: list[Result] = []
        for shapes, found in stream:
            # The function works on the next events meanwhile.
            for index, (shape, result) in enumerate(zip(shapes, found, strict=True), len(results)):
                verdicts[index] = self._decided(events[index], shape, result)
            before += shapes
            results += found
        self._retry(events, before, results, verdicts)
        self._count(events, results, verdicts, seconds + time.perf_counter() - started)
        return verdicts

    def _retry(
        self,
        events: Sequence[Event],
        before: Sequence[dict[str, Any]],
        results: list[Result],
        verdicts: list[Verdict],
    ) -> None:
        """Give those events again that the function asks to be retried."""
        for _ in range(RETRIES):
            again = [
                index
                for index, result in enumerate(results)
                if result.failed is not None and result.failed.kind is Failure.RETRY
            ]
            if not again:
                return
            more = self._workshop.changes(self._prepared, [before[at] for at in again])
            for index, result in zip(again, more, strict=True):
                results[index] = result
                verdicts[index] = self._decided(events[index], before[index], result)

    def _decided(self, event: Event, before: dict[str, Any], result: Result) -> Verdict:
        if result.patch is not None:
            return put_changes(event, before, result.patch)
        if not _is_said(result):
            return None
        if result.failed is not None:
            return refused(self._ready.name, result.failed)
        if result.dropped is not None:
            return self._drop
        if not result.events or len(result.events) > 1:
            return Quarantine(
                Reason.FUNCTION_ERROR,
                f"`{self._ready.name}` returned {len(result.events or ())} events for one.",
            )
        return put_back(event, before, result.events[0])

    def _count(
        self,
        events: Sequence[Event],
        results: Sequence[Result],
        verdicts: Sequence[Verdict],
        seconds: float,
    ) -> None:
        dropped = sum(verdict is self._drop for verdict in verdicts)
        failed = sum(isinstance(verdict, Quarantine) for verdict in verdicts)
        touched = sum(
            result.patch is not None or result.events is not None or verdict is not None
            for result, verdict in zip(results, verdicts, strict=True)
        )
        if touched:
            self.touched[self._ready.instance_id] += touched
        if not self._workshop.records:
            return
        notes = gathered(results, [event.message_id for event in events])
        self._workshop.note(
            Run(
                at=self._workshop.clock.now(),
                function_id=self._ready.function_id,
                instance_id=self._ready.instance_id,
                source_id=self._source_id,
                events=len(events),
                changed=touched - dropped - failed,
                dropped=dropped,
                failed=failed,
                milliseconds=round(1000 * seconds, 3),
                lines=notes.lines,
                errors=notes.errors,
            )
        )


_Begun = tuple[Iterator[tuple[Sequence[dict[str, Any]], list[Result]]], float]
"""What a function is at, and the seconds that it took to begin."""


def _is_said(result: Result) -> bool:
    """Whether the event does not go on as it is."""
    return result.events is not None or result.dropped is not None or result.failed is not None


def refused(name: str, failed: Failed) -> Quarantine:
    """The verdict on an event that a function failed at."""
    what = f"{failed.name}: {failed.message}" if failed.name else failed.message
    where = f" (line {failed.line})" if failed.line else ""
    return Quarantine(Reason.FUNCTION_ERROR, f"`{name}`: {what or failed.kind}"[:_LONGEST] + where)


def stages(published: Published | None, source: Source, memory: Memory) -> Sequence[Stage]:
    """A stage for each function that is connected to a source, in their order, and then those in
    Python."""
    workshop = current()
    inserts = () if published is None else published.inserts.get(source.id, ())
    found = [_stage(ready, source.id, workshop, memory) for ready in inserts]
    return [*found, *python_stages(workshop.python, source, memory)]


def _stage(ready: Ready, source_id: str, workshop: Workshop, memory: Memory) -> Stage:
    if ready.secrets is None:
        verdict = Quarantine(
            Reason.FUNCTION_ERROR,
            f"`{ready.name}`: its sensitive settings cannot be opened with this secret key.",
        )
        return EachEvent(f"function:{ready.instance_id}", lambda _: verdict)
    return FunctionStage(ready, source_id, workshop, memory)


def keep_needed(configuration: Configuration) -> None:
    """Close the sandboxes of this process that no function of the configuration needs."""
    published = published_in(configuration)
    ready = [each for found in published.inserts.values() for each in found]
    current().keep([*ready, *published.sources.values()])
