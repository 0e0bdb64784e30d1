"""The weekly letter to those who signed up for it."""

from collections.abc import Iterator

from headwater.demo.calls import call, server_context
from headwater.demo.model import HOUR, MINUTE, SERVER, WEEK, Happening, Person, Plan

_SENT_AT_HOUR = 8


def letters(plan: Plan, person: Person, signed_up_at: int) -> Iterator[tuple[Happening, int]]:
    """The letters' events, each with the time of the visit that it leads to (0 for none)."""
    rng = person.rng
    sent_at = plan.start - plan.start % WEEK + _SENT_AT_HOUR * HOUR
    number = 0
    while (sent_at := sent_at + WEEK) < plan.end:
        number += 1
        if sent_at < signed_up_at:
            continue
        shared = {
            "campaign_id": f"letter-{number}",
            "email_subject": f"From the river, no. {number}",
        }
        yield _letter(person, "Email Delivered", sent_at + rng.randrange(300) * 1000, shared), 0
        if rng.random() > 0.25 + 0.4 * person.keenness:
            continue
        opened_at = sent_at + rng.randrange(1, 2400) * MINUTE
        yield _letter(person, "Email Opened", opened_at, shared), 0
        if rng.random() < 0.05:
            yield _letter(person, "Unsubscribed", opened_at + MINUTE, shared), 0
            return
        if rng.random() < 0.3:
            link = shared | {"link_url": "https://shop.example.com/?utm_medium=email"}
            clicked_at = opened_at + rng.randrange(5, 90) * 1_000_000
            yield _letter(person, "Email Link Clicked", clicked_at, link), clicked_at


def _letter(person: Person, name: str, at: int, properties: dict[str, str]) -> Happening:
    event = call(
        *(person, "track", at),
        is_known=True,
        event=name,
        properties=properties,
        context=server_context(),
    )
    return Happening(at, SERVER, event)
