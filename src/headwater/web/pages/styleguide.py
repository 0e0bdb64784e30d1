"""/styleguide: every component of the design system, as pages use them."""

from starlette.responses import Response

from headwater.access.model import Access
from headwater.web.frame import Page, Visit
from headwater.web.problems import Problem


async def show(visit: Visit) -> Response:
    hours = 24
    now = visit.context.clock.now()
    step = 3_600_000_000
    first = now - now % step - (hours - 1) * step
    values = [(7 * n * n + 31 * n) % 180 + 40 + (120 if 8 < n < 20 else 0) for n in range(hours)]
    return visit.render(
        "styleguide/page.html",
        now=now,
        times=[first + n * step for n in range(hours)],
        volumes=values,
        rejected=[value // 17 for value in values],
        problem_example=Problem(
            visit._("This is no e-mail address."), visit._("Write it as ada@example.com."), "email"
        ),
    )


PAGES = (Page("GET", "/styleguide", Access.MEMBER, show),)
