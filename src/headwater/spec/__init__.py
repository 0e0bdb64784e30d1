"""The Segment Spec as Headwater carries it: call types, reasons and the bodies of the streams."""

from typing import Final

EVENT_TYPES: Final = ("identify", "track", "page", "screen", "group", "alias")
