"""/functions: all functions, and a new one."""

from collections import Counter
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headwater.access.model import OnSome
from headwater.access.permissions import Permission
from headwater.errors import HeadwaterError
from headwater.functions import changing, connecting, runs
from headwater.functions.changing import Wanted
from headwater.functions.checking import check
from headwater.functions.model import ResourceType
from headwater.web.frame import Page, Visit
from headwater.web.function_looks import LOOKS, OFFERED, state_of

_DAY: Final = 86_400_000_000


class NewFunction(msgspec.Struct):
    """What a new function is called and where it works."""

    name: str = ""
    type: str = ResourceType.INSERT_SOURCE.value
    description: str = ""


async def index(visit: Visit) -> Response:
    changes, by = visit.context.changes, visit.principal
    found = await run_in_threadpool(changing.listed, changes, by)
    connected = await run_in_threadpool(connecting.listed, changes, by)
    since = visit.context.clock.now() - _DAY
    done = await run_in_threadpool(runs.totals, visit.context.settings.data_dir, since)
    return visit.render(
        "functions/list.html",
        functions=found,
        counts=Counter(each.function_id for each in connected if each.enabled),
        done=done,
        looks=LOOKS,
        state_of=state_of,
        may_make=visit.may(Permission.FUNCTION_ADMIN),
    )


async def new(visit: Visit) -> Response:
    return _form(visit, NewFunction())


async def create(visit: Visit) -> Response:
    """It begins with a code that does something, to be changed in the editor."""
    form = await visit.form(NewFunction)
    try:
        kind = ResourceType(form.type)
    except ValueError:
        kind = ResourceType.INSERT_SOURCE
    wanted = Wanted(form.name, LOOKS[kind].code, form.description)
    try:
        made = await run_in_threadpool(
            changing.create, visit.context.changes, visit.principal, kind, wanted, check
        )
    except HeadwaterError as error:
        return _form(visit, form, error)
    return visit.redirect(f"/functions/{made.id}")


def _form(visit: Visit, form: NewFunction, error: HeadwaterError | None = None) -> Response:
    problem = None if error is None else visit.problem(error)
    return visit.render(
        "functions/new.html",
        200 if error is None else error.status,
        form=form,
        problem=problem,
        offered=[
            (each.value, visit._(LOOKS[each].label), visit._(LOOKS[each].about)) for each in OFFERED
        ],
    )


PAGES = (
    Page("GET", "/functions", OnSome(Permission.FUNCTION_READ), index),
    Page("GET", "/functions/new", Permission.FUNCTION_ADMIN, new),
    Page("POST", "/functions/new", Permission.FUNCTION_ADMIN, create),
)
