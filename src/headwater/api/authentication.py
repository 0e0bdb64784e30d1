"""Who calls: by an API token or a session's cookie, as headwater.access.admission reads them."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from headwater.access import admission
from headwater.access.changes import Changes
from headwater.access.model import Access, Principal, Rule


async def admit(request: Request, rule: Rule, changes: Changes) -> Principal | None:
    """The caller, who may do this; None where nobody need be known.

    Raises UnauthorizedError and ForbiddenError.
    """
    if rule is Access.ANYONE:
        return None
    principal = await run_in_threadpool(
        admission.identify, changes, request.method, request.headers
    )
    admission.admit(rule, principal, request.headers)
    return principal
