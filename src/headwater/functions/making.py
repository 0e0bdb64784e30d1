"""Source functions: events of what a webhook source was sent, and handlers for those sources."""

import time
from typing import Any

from sqlalchemy import Connection

from headwater.functions import store
from headwater.functions.model import Ready, published_in
from headwater.functions.runs import Run, gathered
from headwater.functions.runtime.model import Result
from headwater.functions.stages import refused
from headwater.functions.workshop import current
from headwater.webhooks.model import Handler, HandlerKind, Made, Published
from headwater.workspaces.model import Configuration


def handlers(connection: Connection) -> Published | None:
    """The sources whose events a function makes."""
    published = store.published(connection)
    if published is None or not published.sources:
        return None
    return Published(
        {
            source_id: Handler(HandlerKind.FUNCTION, ready.instance_id)
            for source_id, ready in published.sources.items()
        }
    )


def make(
    configuration: Configuration, source_id: str, requests: list[dict[str, Any]]
) -> list[Made]:
    """The events that a source's function makes of requests."""
    ready = published_in(configuration).sources.get(source_id)
    if ready is None:
        return [Made(failed="The source has no function that is deployed.")] * len(requests)
    if ready.secrets is None:
        why = f"`{ready.name}`: its sensitive settings cannot be opened with this secret key."
        return [Made(failed=why)] * len(requests)
    workshop = current()
    started = time.perf_counter()
    results = workshop.run(ready, requests)
    seconds = time.perf_counter() - started
    made = [_made(ready, result) for result in results]
    if workshop.records:
        notes = gathered(results, [""] * len(results))
        workshop.note(
            Run(
                at=workshop.clock.now(),
                function_id=ready.function_id,
                instance_id=ready.instance_id,
                source_id=source_id,
                events=len(requests),
                changed=sum(len(each.events) for each in made),
                dropped=sum(not each.events and not each.failed for each in made),
                failed=sum(bool(each.failed) for each in made),
                milliseconds=round(1000 * seconds, 3),
                lines=notes.lines,
                errors=notes.errors,
            )
        )
    return made


def _made(ready: Ready, result: Result) -> Made:
    if result.failed is not None:
        return Made(failed=refused(ready.name, result.failed).detail)
    return Made(tuple(result.events or ()))
