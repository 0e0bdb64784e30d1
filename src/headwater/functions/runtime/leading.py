"""Events led through a function piece by piece: the next is made ready while the child works.

A piece is one exchange when all is well. When the child dies, the events whose results had come
keep them. The event that ran, if it is known, fails, and the others go on in a fresh child. If it
is not known, the rest is led through one by one, so that the next death names its culprit.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from headwater.functions.runtime import wire
from headwater.functions.runtime.conversation import Conversation
from headwater.functions.runtime.fetching import Fetcher
from headwater.functions.runtime.keeping import Keeper
from headwater.functions.runtime.model import Failed, Failure, Limits, Patch, Result
from headwater.functions.runtime.restoring import restored
from headwater.functions.runtime.wire import DiedError

_MOST_DEATHS: Final = 3
"""After so many in one run the rest of it is not tried."""
_OUT_OF_TIME: Final = Failed(
    Failure.OUT_OF_TIME, "The function used up its time.", is_retryable=True
)


class Piece:
    """Some events, what became of them, and which still wait. `talk` is where it was sent."""

    def __init__(self, given: Sequence[Any], handler: str, *, is_whole: bool) -> None:
        self.given = given
        self.talk: Conversation | None = None
        self.results: list[Result | None] = [None] * (1 if is_whole else len(given))
        self.pending: Sequence[int] = range(len(self.results))
        self._texts = wire.encoded(given)
        self._handler = handler
        self._is_whole = is_whole
        self._is_careful = False

    def frame(self) -> bytes:
        """The frame that begins what still waits of it."""
        is_all = self._is_whole or len(self.pending) == len(self._texts)
        texts = self._texts if is_all else [self._texts[index] for index in self.pending]
        return wire.begin(
            texts, self._handler, is_careful=self._is_careful, is_whole=self._is_whole
        )

    def take(self, turn: wire.Turn) -> None:
        """Take in the results of a turn, which are those of the first events that wait."""
        if not turn.count:
            return
        try:
            results = wire.results(turn)
            done, self.pending = self.pending[: turn.count], self.pending[turn.count :]
            for index, result in zip(done, results, strict=True):
                self.results[index] = result
            for index, event in wire.seen(turn).items():
                self._restore(index, event)
        except (ValueError, IndexError, msgspec.DecodeError) as error:
            raise DiedError(Failure.CRASH, f"The child cannot be understood: {error}") from None

    def blame(self, failed: Failed, at: int | None) -> None:
        """Let the event that the child died of fail; without one, be careful from now on."""
        pending = self.pending
        if not pending:
            return
        if self._is_careful:
            at = 0
        if at is None or at >= len(pending):
            self._is_careful = True
            return
        self.results[pending[at]] = Result(failed=failed)
        self.pending = [*pending[:at], *pending[at + 1 :]]

    def finished(self, rest: Failed) -> list[Result]:
        """All results; what has none failed as the rest does."""
        failed = Result(failed=rest)
        return [failed if result is None else result for result in self.results]

    def _restore(self, index: int, seen: Any) -> None:
        result = self.results[index]
        if result is not None and result.patch is not None:
            given = msgspec.to_builtins(self.given[index])
            patch = Patch(restored(given, seen, result.patch.set), result.patch.gone)
            self.results[index] = msgspec.structs.replace(result, patch=patch)


class Run:
    """One run of a function, in as many children as it takes. Close it at the end."""

    def __init__(
        self, keeper: Keeper, limits: Limits, fetcher: Fetcher | None, deadline: float
    ) -> None:
        """`deadline` is of time.monotonic."""
        self.died: Failed | None = None
        self.rest = _OUT_OF_TIME
        self._keeper = keeper
        self._limits = limits
        self._fetcher = fetcher
        self._deadline = deadline
        self._talk: Conversation | None = None
        self._deaths = 0
        self._is_over = False
        self._is_whole = False

    def lead(self, pieces: Iterator[Piece]) -> Iterator[Piece | None]:
        """Each piece, in its order, with its results: what has none fails as `rest` says. First
        comes None: the child works on the first pieces by then."""
        piece = next(pieces, None)
        is_first = True
        while piece is not None:
            self._try_to_begin(piece)
            following = next(pieces, None)
            if following is not None:
                self._send_ahead(piece, following)
            if is_first:
                is_first = False
                yield None
            self._finish(piece)
            yield piece
            piece = following
        self._is_whole = True

    def close(self) -> None:
        """Give up what waits. A child that is not through with all goes."""
        if self._talk is not None:
            self._talk.close()
            if not self._is_whole:
                self._keeper.drop()

    def _try_to_begin(self, piece: Piece) -> None:
        try:
            self._begin(piece)
        except DiedError as died:
            self._mourn(piece, died)

    def _begin(self, piece: Piece) -> None:
        """Send a piece, if it was not sent to this child before. Raises DiedError."""
        if piece.talk is not None and piece.talk is self._talk:
            return
        piece.talk = None
        if self._is_at_end():
            return
        talk, frame = self._talking(), piece.frame()
        try:
            if talk is not None:
                talk.send(frame)
        except DiedError:  # before it read anything of this: the piece is none of its reasons
            self._part()
            talk = self._talking()
            if talk is not None:
                talk.send(frame)
        piece.talk = talk

    def _send_ahead(self, piece: Piece, following: Piece) -> None:
        """Send what follows while a piece is worked on, if that cannot block."""
        talk = self._talk
        if talk is None or piece.talk is not talk:
            return
        frame = following.frame()
        if len(frame) <= talk.room:
            try:
                talk.send(frame)
                following.talk = talk
            except DiedError:
                pass  # it is noticed when the piece's results are awaited

    def _finish(self, piece: Piece) -> None:
        while piece.pending and not self._is_over:
            try:
                self._begin(piece)
                if piece.talk is None:
                    return
                for turn in piece.talk.turns():
                    piece.take(turn)
                if piece.pending:  # the time ran out while it waited
                    self._part()
                return
            except DiedError as died:
                self._mourn(piece, died)

    def _talking(self) -> Conversation | None:
        """The conversation with a child; None when there is nobody to talk with."""
        if self._talk is None:
            try:
                child = self._keeper.ready(self._deadline)
            except DiedError as died:
                self.died = self.rest = died.failed
                self._is_over = True
                return None
            if child is None:
                self.rest = self._keeper.loaded.failed or self.rest
                self._is_over = True
                return None
            self._talk = Conversation(child, self._limits, self._fetcher, self._deadline)
        return self._talk

    def _mourn(self, piece: Piece, died: DiedError) -> None:
        self._part()
        self._deaths += 1
        self.died = died.failed
        piece.talk = None
        piece.blame(died.failed, died.at)
        if self._deaths >= _MOST_DEATHS:
            message = f"The function was stopped {self._deaths} times: {died.message}"
            self.rest = Failed(Failure.RESTING, message, is_retryable=True)
            self._is_over = True

    def _part(self) -> None:
        if self._talk is not None:
            self._talk.close()
            self._talk = None
        self._keeper.drop()

    def _is_at_end(self) -> bool:
        if time.monotonic() >= self._deadline:
            self._is_over = True
        return self._is_over
