"""/settings/about: which version this is, how to upgrade it, and what to do before."""

import platform
from importlib.metadata import version

from starlette.responses import Response

from headwater.access.model import Access
from headwater.access.permissions import Permission
from headwater.web.frame import Page, Visit

_PARTS = ("duckdb", "pyarrow", "sqlalchemy", "starlette", "uvicorn")


async def show(visit: Visit) -> Response:
    return visit.render(
        "settings/about.html",
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        parts=[(name, version(name)) for name in _PARTS],
        may_change=visit.may(Permission.WORKSPACE_ADMIN),
        data_dir=str(visit.context.settings.data_dir),
    )


PAGES = (Page("GET", "/settings/about", Access.MEMBER, show),)
