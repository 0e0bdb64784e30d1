"""Secrets do not stand in what a function says."""

import json
from collections.abc import Sequence
from typing import Final

import msgspec

from headwater.functions.runtime.model import Failed, Line, Loaded, Result

MASK: Final = "••••••"
_SHORTEST: Final = 4
"""A shorter secret would mask what is none."""


class Masks:
    """Takes a program's secrets out of texts, as they are and as JSON writes them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                forms |= {secret, json.dumps(secret, ensure_ascii=False)[1:-1]}
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def result(self, result: Result) -> Result:
        """The result, if it says something, without secrets."""
        if not self._forms or not (result.logs or result.failed or result.dropped):
            return result
        return msgspec.structs.replace(
            result,
            logs=self._lines(result.logs),
            failed=self.failed(result.failed),
            dropped=None if result.dropped is None else self.text(result.dropped),
        )

    def loaded(self, loaded: Loaded) -> Loaded:
        return msgspec.structs.replace(
            loaded, logs=self._lines(loaded.logs), failed=self.failed(loaded.failed)
        )

    def failed(self, failed: Failed | None) -> Failed | None:
        if failed is None:
            return None
        return msgspec.structs.replace(
            failed,
            message=self.text(failed.message),
            name=self.text(failed.name),
            stack=self.text(failed.stack),
        )

    def _lines(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(Line(line.level, self.text(line.text)) for line in lines)
