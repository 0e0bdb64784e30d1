"""What went wrong, as a page shows it."""

import re
from typing import Self

import msgspec

from headwater.errors import HeadwaterError, InvalidError
from headwater.web.translation import Translator

_FIELD = re.compile(r"([A-Za-z][\w.]{0,60}): (.+)", re.DOTALL)


class Problem(msgspec.Struct, frozen=True):
    """An error in the visitor's language; `field` names the form's field that it is about."""

    message: str
    hint: str = ""
    field: str = ""
    status: int = 400
    code: str = ""

    @classmethod
    def of(cls, error: Exception, translator: Translator) -> Self:
        """The problem that an error is. One that is not ours is never told in detail."""
        if not isinstance(error, HeadwaterError):
            return cls(translator.gettext("Something went wrong in Headwater itself."), status=500)
        found = _FIELD.fullmatch(error.message)
        field, message = (found[1], found[2]) if found else ("", error.message)
        if isinstance(error, InvalidError):
            field = error.field or field
        said = translator.problem(message)
        return cls(
            message=said[:1].upper() + said[1:],
            hint=translator.problem(error.hint),
            field=field,
            status=error.status,
            code=error.code,
        )
