"""The steps that every event takes, in order.

A step is a pure function of one event, which it alters in place; it answers None to keep the
event, or why it does not go on. Its name's first word says what it may do: `strip_` and `put_`
only alter, `require_` may keep the event aside, `drop_` may leave it out.
"""

from collections.abc import Callable
from typing import Final

from headwater.pipeline.event import Event, Verdict
from headwater.pipeline.steps.put_client import put_client
from headwater.pipeline.steps.put_times import put_times
from headwater.pipeline.steps.require_context import require_context
from headwater.pipeline.steps.require_event import require_event
from headwater.pipeline.steps.require_identity import require_identity
from headwater.pipeline.steps.require_ids import require_ids
from headwater.pipeline.steps.require_message_id import require_message_id
from headwater.pipeline.steps.require_name import require_name
from headwater.pipeline.steps.require_properties import require_properties
from headwater.pipeline.steps.require_source import require_source
from headwater.pipeline.steps.require_type import require_type
from headwater.pipeline.steps.strip_write_key import strip_write_key

Step = Callable[[Event], Verdict]

STEPS: Final[tuple[tuple[str, Step], ...]] = (
    ("strip_write_key", strip_write_key),
    ("require_source", require_source),
    ("require_type", require_type),
    ("require_message_id", require_message_id),
    ("require_ids", require_ids),
    ("require_identity", require_identity),
    ("require_event", require_event),
    ("require_context", require_context),
    ("require_properties", require_properties),
    ("require_name", require_name),
    ("put_times", put_times),
    ("put_client", put_client),
)
