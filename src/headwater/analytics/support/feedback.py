"""What customers said: ratings, each with what is known of its ticket."""

from typing import Any, Final

from headwater.analytics.lazily import ibis
from headwater.analytics.periods import Span
from headwater.analytics.support.reading import (
    ATTRIBUTES,
    BEGINNING,
    Data,
    Names,
    attributes,
    log,
    ordered,
    require,
)

_HOUR: Final = 3600
FACTS: Final = ("was_reopened", "response")
"""What is known of tickets beside what they were told to be."""


def ratings(data: Data, names: Names, span: Span, more: dict[str, str]) -> Any:
    """Each rating of a span: `rating`, `score` (csat, nps, ces), the attributes, which are the
    ticket's where the feedback does not say, FACTS, and what `more` names of the feedback."""
    require(data, names.feedback, "names.feedback")
    texts = {each: getattr(names, each) for each in ("ticket", "score", *ATTRIBUTES)} | more
    told = data.events(names.feedback, texts, {"rating": names.rating}, span)
    told = data.among(told.filter(told.rating.notnull()))
    told = told.mutate(score=told.score.lower().fill_null("csat"))
    wanted = ["rating", "score", *ATTRIBUTES, *FACTS, *more]
    if not data.columns(names.created):
        return told.mutate(**{each: ibis.null("string") for each in FACTS}).select(*wanted)
    known = _known(data, names, Span(BEGINNING, span.until))
    joined = told.left_join(known, told.ticket == known.t_ticket)
    filled = {each: ibis.coalesce(joined[each], joined[f"t_{each}"]) for each in ATTRIBUTES}
    return joined.mutate(**filled).select(*wanted)


def _known(data: Data, names: Names, span: Span) -> Any:
    """What is known of each ticket, with `t_` before the attributes' names."""
    acts = ("created", "replied", "solved", "reopened")
    told = ordered(log(data, names, span, acts))
    found = told.group_by("ticket").agg(
        created=(told.what == "created").ifelse(told["at"], None).min(),
        answered=(told.is_answer == 1).ifelse(told["at"], None).min(),
        reopenings=(told.what == "reopened").ifelse(1, 0).sum(),
        **attributes(told),
    )
    wait = found.answered.epoch_seconds() - found.created.epoch_seconds()
    return found.select(
        t_ticket=found.ticket,
        was_reopened=(found.reopenings > 0).ifelse("yes", "no"),
        response=ibis.cases(
            (found.answered.isnull(), "none"),
            (wait <= _HOUR, "within an hour"),
            (wait <= 4 * _HOUR, "within 4 hours"),
            (wait <= 24 * _HOUR, "within a day"),
            else_="later",
        ),
        **{f"t_{each}": found[each] for each in ATTRIBUTES},
    )
