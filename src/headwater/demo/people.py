"""Who comes to the shop, and when."""

from collections.abc import Iterator
from random import Random

from headwater.demo.catalogue import (
    CHINESE_NAMES,
    COMPANIES,
    COUNTRIES,
    COUNTRY_WEIGHTS,
    FIRST_NAMES,
    LAST_NAMES,
)
from headwater.demo.model import DAY, HOUR, MINUTE, Person, Plan, make_id

_SHARE_OF_COMPANIES = 0.12
_SHARE_OF_APPS = 0.3
_BUSY_HOURS = (9, 10, 11, 12, 12, 13, 15, 17, 18, 19, 19, 20, 20, 20, 21, 21, 22)


def people(plan: Plan) -> Iterator[Person]:
    """The visitors, each with a generator of their own: more visitors change none of them."""
    for number in range(plan.visitors):
        rng = Random(f"{plan.seed}/{number}")  # noqa: S311
        country = rng.choices(COUNTRIES, COUNTRY_WEIGHTS)[0]
        is_chinese = country.code == "CN"
        name = (
            rng.choice(CHINESE_NAMES)
            if is_chinese
            else f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        )
        yield Person(
            number=number,
            rng=rng,
            anonymous_id=make_id(rng),
            user_id=f"user-{plan.seed}-{1000 + number}",
            name=name,
            email=f"person{1000 + number}@example.com",
            country=country,
            company=rng.randrange(len(COMPANIES)) if rng.random() < _SHARE_OF_COMPANIES else -1,
            first_visit=_first_visit(plan, rng),
            keenness=rng.betavariate(1.3, 3.0),
            has_app=rng.random() < _SHARE_OF_APPS,
        )


def _first_visit(plan: Plan, rng: Random) -> int:
    """The shop grows: later weeks bring more new visitors than earlier ones."""
    share = rng.random() ** 0.8
    return at_busy_hour(plan.start + int(share * (plan.end - plan.start)), rng)


def at_busy_hour(moment: int, rng: Random) -> int:
    """A moment of the same day (in UTC), at an hour when people shop."""
    day = moment - moment % DAY
    hour = rng.choice(_BUSY_HOURS)
    return day + hour * HOUR + rng.randrange(60) * MINUTE + rng.randrange(60_000) * 1000
