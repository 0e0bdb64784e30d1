"""Numbers, sizes, spans and times as people read them, in their language and zone."""

from datetime import datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from markupsafe import Markup

from headwater.kit.clock import isoformat, to_datetime
from headwater.web.translation import babel_locale

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def number(value: float | None, locale: str) -> str:
    """1234567 → 1,234,567; nothing → an en dash."""
    if value is None:
        return "–"
    return format_decimal(value, locale=babel_locale(locale))


def compact(value: float | None, locale: str) -> str:
    """1234567 → 1.2M (in Chinese 123万)."""
    if value is None:
        return "–"
    return format_compact_decimal(value, locale=babel_locale(locale), fraction_digits=1)


def percent(value: float | None, locale: str) -> str:
    """0.1234 → 12.3%; a share that is not nothing never reads as 0%."""
    if value is None:
        return "–"
    if 0 < abs(value) < 0.001:
        return f"<{format_percent(0.001, format='0.0%', locale=babel_locale(locale))}"
    return format_percent(value, format="0.#%", locale=babel_locale(locale))


def size(value: float | None, locale: str) -> str:
    """123456789 → 123.5 MB."""
    if value is None:
        return "–"
    unit = 0
    while abs(value) >= 999.5 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    digits = "#,##0" if unit == 0 or abs(value) >= 100 else "#,##0.#"
    return f"{format_decimal(value, format=digits, locale=babel_locale(locale))} {_UNITS[unit]}"


def span(seconds: float | None, locale: str) -> str:
    """0.42 → 420 ms, 3.2 → 3.2 s, 7200 → 2 hours; ∞ where it is longer than what is measured."""
    if seconds is None:
        return "–"
    if seconds == inf:
        return "∞"
    if seconds < 1:
        return f"{number(round(seconds * 1000), locale)} ms"
    if seconds < 60:
        return f"{number(round(seconds, 1), locale)} s"
    return format_timedelta(timedelta(seconds=seconds), locale=babel_locale(locale), threshold=1.2)


def moment(microseconds: int, locale: str, zone: ZoneInfo, form: str = "medium") -> str:
    """A time in a zone: `form` is `medium` (to the second), `short` (to the minute) or `date`."""
    local = to_datetime(microseconds).astimezone(zone)
    return format_datetime(local, _SKELETONS[locale][form], locale=babel_locale(locale))


def ago(microseconds: int, now: int, locale: str) -> str:
    """How long ago a time was: 5 minutes ago. What is just now is past."""
    distance = microseconds - now
    return format_timedelta(
        timedelta(microseconds=-1 if 0 <= distance < 1_000_000 else distance),
        locale=babel_locale(locale),
        add_direction=True,
        threshold=1,
    )


def time_element(microseconds: int | None, text: str, form: str, title: str) -> Markup:
    """A time that the browser writes anew in the visitor's own zone."""
    if microseconds is None:
        return Markup("–")
    return Markup('<time datetime="{}" data-form="{}" title="{}">{}</time>').format(
        isoformat(microseconds), form, title, text
    )


def microseconds_of(value: datetime | int) -> int:
    """Microseconds since the epoch of what a store gave: a number, or an aware datetime."""
    return value if isinstance(value, int) else round(value.timestamp() * 1_000_000)


_SKELETONS = {
    "en": {
        "medium": "d MMM y, HH:mm:ss",
        "short": "d MMM y, HH:mm",
        "date": "d MMM y",
        "precise": "y-MM-dd HH:mm:ss.SSS",
    },
    "zh_CN": {
        "medium": "y年M月d日 HH:mm:ss",
        "short": "y年M月d日 HH:mm",
        "date": "y年M月d日",
        "precise": "y-MM-dd HH:mm:ss.SSS",
    },
}
