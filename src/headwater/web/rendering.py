"""Jinja's environments, one for each language, and what every template may use."""

from functools import cache, partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as Values
from markupsafe import Markup

from headwater import __version__
from headwater.access.permissions import Permission
from headwater.web import assets, formats, navigation
from headwater.web.inline_code import inline_code
from headwater.web.json_markup import json_markup
from headwater.web.moments import micros
from headwater.web.translation import LANGUAGES, translator

if TYPE_CHECKING:
    from headwater.web.frame import Visit

_LONGEST_LINE: Final = 300


@cache
def environment(locale: str) -> Environment:
    """The environment whose templates speak this language."""
    made = Environment(
        loader=PackageLoader("headwater.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(translator(locale), newstyle=True)  # type: ignore[attr-defined]
    for form in (formats.number, formats.compact, formats.percent, formats.size, formats.span):
        made.filters[form.__name__] = partial(form, locale=locale)
    made.filters["json"] = as_json
    made.filters["said"] = translator(locale).gettext
    made.filters["inline_code"] = inline_code
    made.filters["plain_json"] = plain_json
    made.globals.update(
        version=__version__,
        locale=locale,
        languages=LANGUAGES,
        sections=navigation.SECTIONS,
        plan_read=Permission.PLAN_READ,
        settings_places=navigation.SETTINGS,
        asset=assets.url,
        plotly_url=assets.plotly_url,
        when=when,
        ago=ago,
        link=link,
        pretty=pretty,
        json_markup=json_markup,
        micros=micros,
    )
    return made


@pass_context
def when(values: Values, microseconds: int | None, form: str = "medium") -> Markup:
    """A time in the visitor's zone; `form` is medium, short, date or precise."""
    visit: Visit = values["visit"]
    if microseconds is None:
        return Markup("–")
    text = formats.moment(microseconds, visit.locale, visit.zone, form)
    return formats.time_element(microseconds, text, form, text)


@pass_context
def ago(values: Values, microseconds: int | None) -> Markup:
    """How long ago a time was, with the time itself as its title."""
    visit: Visit = values["visit"]
    if microseconds is None:
        return Markup("–")
    text = formats.ago(microseconds, visit.context.clock.now(), visit.locale)
    title = formats.moment(microseconds, visit.locale, visit.zone)
    return formats.time_element(microseconds, text, "ago", title)


@pass_context
def link(values: Values, **changes: object) -> str:
    """This page's address with these parameters of its query changed; None takes one away."""
    request = values["visit"].request
    query = {**dict(request.query_params), **changes}
    kept = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{request.url.path}?{urlencode(kept)}" if kept else str(request.url.path)


def as_json(value: object) -> Markup:
    """JSON that may stand in a script element of data."""
    text = msgspec.json.encode(value, enc_hook=str).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - the signs of HTML are escaped above


def plain_json(value: object) -> str:
    """A value's JSON in one line, cut short where it is long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST_LINE else f"{text[: _LONGEST_LINE - 1]}…"


def pretty(value: object) -> str:
    """JSON as people read it: of a JSON text, or of a value."""
    encoded = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return msgspec.json.format(encoded, indent=2).decode()
