"""Every reason says what it means and what it is about."""

from headwater.quarantine.meanings import MEANINGS, field_of, meaning_of
from headwater.spec.reasons import Reason


def test_every_reason_has_a_sentence() -> None:
    assert set(MEANINGS) == set(Reason)
    assert all(text.endswith(".") for text in MEANINGS.values())
    assert meaning_of("of_a_later_version") == "of_a_later_version"


def test_a_verdict_points_at_its_field() -> None:
    assert field_of("id_not_string", "`previousId` is [] and not text.") == "previousId"
    assert field_of("context_not_object", "`context` is 5.") == "context"
    assert field_of("schema_violation", "`traits.home town` is required (…).") == "traits.home town"
    assert field_of("unplanned_event", "The tracking plan has no event 'x'.") == "event"
    assert field_of("malformed_json", "The event is not usable JSON: `x`.") is None
