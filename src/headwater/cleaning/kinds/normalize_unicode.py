"""Write texts in one Unicode form, so that what looks the same is the same.

`NFC` puts letters and their accents together; `NFKC` also makes plain what is only another way of
writing it: `ＡＢＣ１２３` becomes `ABC123`.
"""

import unicodedata
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from headwater.cleaning.model import Decide, Kind, Making
from headwater.cleaning.values import Paths, of_texts, on_paths


class Settings(msgspec.Struct, forbid_unknown_fields=True):
    """What is set of the rule."""

    paths: Paths
    form: Annotated[Literal["NFC", "NFKC"], Meta(description="The form.")] = "NFC"


def compiled(settings: Settings, rule: Making) -> Decide:  # noqa: ARG001
    """Raises ValueError for a bad path."""
    form = settings.form

    def normalize(text: str) -> str:
        return text if text.isascii() else unicodedata.normalize(form, text)

    return on_paths(settings.paths, of_texts(normalize))


KIND = Kind("normalize_unicode", __doc__, Settings, compiled, {"paths": ["traits.*"]})
