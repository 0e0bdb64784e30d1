"""The command that pulls an application, killed at any moment, and run again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.kit.clock import SystemClock
from headwater.testing.whole import Whole
from tests.pulls.rest.apis.serving import Reply, Request, served
from tests.pulls.rest.apis.stripe import Stripe

pytestmark = pytest.mark.whole
CUSTOMERS = 600


class Interrupted(Stripe):
    """Kills the command that asks for a certain page of customers."""

    victim: "subprocess.Popen[bytes] | None" = None
    at = -1

    def answer(self, request: Request) -> Reply:
        self.at -= 1
        if self.at == 0 and self.victim is not None:
            os.kill(self.victim.pid, signal.SIGKILL)
        return super().answer(request)


def test_a_command_that_is_killed_and_run_again_doubles_nothing(tmp_path: Path) -> None:
    now = SystemClock().now() // 1_000_000
    api = Interrupted(now - 10 * CUSTOMERS, page=100)
    for number in range(CUSTOMERS):
        api.put("customers", f"cus_{number}", email=f"{number}@example.com")
    with served(api), Whole(tmp_path / "data", load_interval_seconds=0.1) as whole:
        shown = whole.command("pull", "--show", "stripe").decode()
        file = tmp_path / "stripe.yaml"
        file.write_text(
            shown.replace("https://api.stripe.com", api.url).replace("_second: 20", "_second: 0")
        )
        arguments = ["-m", "headwater", "pull", str(file), "--source", "Test"]
        environment = whole.environment() | {
            "STRIPE_API_KEY": api.KEY,
            "HEADWATER_TOKEN": whole.token,
        }

        def begin() -> "subprocess.Popen[bytes]":
            return subprocess.Popen([sys.executable, *arguments], env=environment)

        for at in (3, 5):
            api.at = at
            api.victim = begin()
            assert api.victim.wait(60) == -signal.SIGKILL
        api.victim = None
        assert begin().wait(60) == 0
        api.put("customers", "cus_7", name="Ada")
        api.remove("customers", "cus_8")
        assert begin().wait(60) == 0
        whole.wait_until_loaded()
        counted = whole.command(
            "query",
            "SELECT count(*), count(DISTINCT userId) FROM identify WHERE type = 'identify'",
            "--format",
            "csv",
        ).decode()
        assert f"{CUSTOMERS + 1},{CUSTOMERS}" in counted
        deleted = "SELECT count(*) FROM customer_deleted WHERE userId = 'cus_8'"
        assert whole.command("query", deleted, "--format", "csv").decode().split()[-1] == "1"
