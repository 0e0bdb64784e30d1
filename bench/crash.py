"""Kill -9 of every process at random moments under load, again and again.

After each kill: every event that was answered with 200 is in the warehouse once, nothing is there
twice, and the ledger balances. `python -m bench.crash --kills 1000` runs for about an hour.
"""

import argparse
import itertools
import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

import httpx

from headwater.testing.whole import Whole

VICTIMS = ("collector", "pipeline", "warehouse", "control", "everything")
_SENDERS = 3
_BATCH = 25


class Sender(threading.Thread):
    """Sends batches as fast as it is answered, and remembers what got a 200."""

    def __init__(self, whole: Whole, name: str, numbers: "itertools.count[int]") -> None:
        super().__init__(name=name, daemon=True)
        self.acknowledged = 0
        self._whole = whole
        self._numbers = numbers
        self._lock = threading.Lock()
        self._fresh: list[str] = []
        self._stop_asked = threading.Event()

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop_asked.is_set():
                self._send(client)

    def _send(self, client: httpx.Client) -> None:
        ids = [f"{self.name}-{next(self._numbers)}" for _ in range(_BATCH)]
        batch = [
            {"type": "track", "event": f"Crash {n % 3}", "userId": "u", "messageId": message_id,
             "properties": {"n": n, "text": "x" * 200}}
            for n, message_id in enumerate(ids)
        ]  # fmt: skip
        try:
            answer = client.post(
                f"{self._whole.url}/v1/batch",
                json={"batch": batch},
                auth=(self._whole.write_key, ""),
            )
        except httpx.HTTPError:
            time.sleep(0.05)  # not answered: may be kept or not, but never twice
            return
        if answer.status_code == 200:
            with self._lock:
                self._fresh.extend(ids)
                self.acknowledged += len(ids)

    def take_acknowledged(self) -> list[str]:
        """The ids acknowledged since the last call."""
        with self._lock:
            taken, self._fresh = self._fresh, []
        return taken

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()


class Crashes:
    """A server under load, to be killed in part or whole, and to be checked after."""

    def __init__(self, whole: Whole, seed: int) -> None:
        self._whole = whole
        self._random = random.Random(seed)
        self._rounds = itertools.count()

    def once(self) -> tuple[str, int]:
        """Load, kill one victim at a random moment, load on, recover, check.

        Returns the victim and how many events were acknowledged. Raises AssertionError.
        """
        turn = next(self._rounds)
        victim = VICTIMS[turn % len(VICTIMS)] if turn < 10 else self._random.choice(VICTIMS)
        senders = [
            Sender(self._whole, f"{turn}-{number}", itertools.count()) for number in range(_SENDERS)
        ]
        for sender in senders:
            sender.start()
        time.sleep(self._random.uniform(0.05, 0.7))
        self._kill(victim)
        time.sleep(self._random.uniform(0.1, 0.5))
        for sender in senders:
            sender.stop()
        acknowledged = [
            message_id for sender in senders for message_id in sender.take_acknowledged()
        ]
        self._check(turn, acknowledged)
        return victim, len(acknowledged)

    def _kill(self, victim: str) -> None:
        if victim == "everything":
            self._whole.kill()
            self._whole.start()
            return
        role = self._whole.roles().get(victim)
        if role is not None:
            os.kill(role, signal.SIGKILL)

    def _check(self, turn: int, acknowledged: list[str]) -> None:
        self._whole.wait_until(self._is_settled, timeout_seconds=90)
        rows = self._whole.query(
            "SELECT messageId AS id, COUNT(*) AS n FROM track"
            f" WHERE messageId LIKE '{turn}-%' GROUP BY 1"
        )
        found = {row["id"]: row["n"] for row in rows}
        twice = [message_id for message_id, count in found.items() if count != 1]
        lost = [message_id for message_id in acknowledged if message_id not in found]
        assert not lost, f"{len(lost)} acknowledged events are lost, such as {lost[:3]}"
        assert not twice, f"{len(twice)} events are there twice, such as {twice[:3]}"
        assert self._whole.ledger()["balanced"], self._whole.ledger()["totals"]

    def _is_settled(self) -> bool:
        try:
            return bool(self._whole.ledger()["totals"]["waiting"] == 0)
        except httpx.HTTPError:
            return False  # a killed role is being started again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with (
        tempfile.TemporaryDirectory() as folder,
        Whole(Path(folder), disk_reserve_bytes=0, load_interval_seconds=0.1) as whole,
    ):
        crashes = Crashes(whole, options.seed)
        events = 0
        for number in range(1, options.kills + 1):
            victim, acknowledged = crashes.once()
            events += acknowledged
            print(
                f"kill {number}: {victim}, {acknowledged} events acknowledged, none lost or doubled"
            )
        print(
            f"{options.kills} kills, {events} events acknowledged: all there once; ledger balanced"
        )


if __name__ == "__main__":
    main()
