"""`headwater pull` with the ready definitions."""

from pathlib import Path

import pytest

from headwater.cli.pull import pull
from headwater.errors import BadRequestError, PullError


def test_ready_definitions_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    pull(ready=True)
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["hubspot", "mailchimp", "meta-pages", "salesforce", "stripe", "zendesk"]
    pull(show="stripe")
    assert "base_url: https://api.stripe.com/v1" in capsys.readouterr().out
    with pytest.raises(PullError, match="There are hubspot, mailchimp"):
        pull(show="fax")


def test_a_ready_definition_is_used_by_its_name_unless_there_is_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    with pytest.raises(PullError, match="HUBSPOT_TOKEN"):
        pull(Path("hubspot"), dry_run=True)
    (tmp_path / "hubspot").write_text("no = 'pull'")
    with pytest.raises(PullError, match="hubspot cannot be used"):
        pull(Path("hubspot"), dry_run=True)


def test_a_pull_needs_a_file() -> None:
    with pytest.raises(BadRequestError, match="Give the pull file"):
        pull()
