"""How far each consumer has read, for retention: one small file a consumer, replaced whole."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from headwater.ports import Positions, Stream

_DECODER = msgspec.json.Decoder(dict[str, dict[str, int]])


class Acknowledgements:
    """The acknowledged positions in a folder. What this object wrote it does not read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: dict[str, dict[str, dict[str, int]]] = {}

    def advance(self, consumer: str, stream: Stream, positions: Positions) -> None:
        """Move a consumer's positions forward, never back."""
        known = self._own.setdefault(consumer, self._read(consumer))
        of_stream = known.setdefault(stream.value, {})
        ahead = {name: at for name, at in positions.items() if at > of_stream.get(name, 0)}
        if not ahead:
            return
        of_stream.update(ahead)
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f".{consumer}.{os.getpid()}"
        temporary.write_bytes(msgspec.json.encode(known))
        temporary.replace(self._path(consumer))

    def of(self, consumer: str, stream: Stream) -> Mapping[str, int]:
        known = self._own.get(consumer) or self._read(consumer)
        return dict(known.get(stream.value, {}))

    def forget(self, consumer: str) -> None:
        """A consumer reads no more."""
        self._own.pop(consumer, None)
        self._path(consumer).unlink(missing_ok=True)

    def consumers(self, stream: Stream) -> set[str]:
        """All that ever acknowledged a stream."""
        names = {path.stem for path in self._folder.glob("*.json")} | self._own.keys()
        return {name for name in names if self.of(name, stream)}

    def _read(self, consumer: str) -> dict[str, dict[str, int]]:
        try:
            return _DECODER.decode(self._path(consumer).read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return {}  # torn by a power cut: it is written again at the next acknowledgement

    def _path(self, consumer: str) -> Path:
        return self._folder / f"{consumer}.json"
