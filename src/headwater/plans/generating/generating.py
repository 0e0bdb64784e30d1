"""The code of a plan in a language. Pure, and the same for the same plan."""

from collections.abc import Sequence

from headwater.plans.generating import go, python, typescript
from headwater.plans.generating.model import Code, Language
from headwater.plans.generating.shapes import calls
from headwater.plans.model import Rule


def generate(plan_name: str, rules: Sequence[Rule], language: Language) -> Code:
    """The files to write."""
    made = calls(rules)
    if language == "python":
        files = {python.FILE: python.code(plan_name, made)}
    elif language == "typescript":
        files = {typescript.FILE: typescript.code(plan_name, made)}
    else:
        files = {go.FILE: go.code(plan_name, made), go.ADAPTER: go.adapter(plan_name)}
    return Code(files, made)
