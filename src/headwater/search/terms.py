"""Conditions on properties as people write them: `properties.plan=pro`."""

import re
from typing import Final

from headwater.search.model import Comparison, PropertyTerm

_TERM: Final = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^"=~])+)(?:([=~])(.*))?', re.DOTALL)


def term_of(text: str) -> PropertyTerm:
    """The condition that a text says: `=` equals, `~` contains, and a bare path exists.

    >>> term_of("properties.plan~pro")
    PropertyTerm(path='properties.plan', op=<Comparison.CONTAINS: 'contains'>, value='pro')
    """
    found = _TERM.fullmatch(text)
    if found is None:
        return PropertyTerm(text, Comparison.EXISTS)
    path, sign, value = found.groups()
    if sign is None:
        return PropertyTerm(path.strip(), Comparison.EXISTS)
    op = Comparison.EQUALS if sign == "=" else Comparison.CONTAINS
    return PropertyTerm(path.strip(), op, value)
