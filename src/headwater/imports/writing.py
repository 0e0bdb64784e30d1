"""A new file appears whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headwater.errors import ImportFileError


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """Where to write: what stands there takes the path's place when the context is left well.

    Raises ImportFileError where it cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise ImportFileError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        partial.unlink(missing_ok=True)
