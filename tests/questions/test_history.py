"""Everybody's questions are remembered for them alone."""

from headwater.access.changes import Changes
from headwater.access.model import Principal
from headwater.kit.clock import FakeClock
from headwater.questions import history
from headwater.questions.model import MOST_ASKED


def texts(changes: Changes, by: Principal, **wanted: str) -> list[str]:
    return [each.sql for each in history.asked(changes, by, count=1000, **wanted)]


def ask(changes: Changes, by: Principal, *questions: str) -> None:
    for sql in questions:
        history.remember(changes, by, sql, milliseconds=5, rows=1)


def test_the_newest_question_is_first_and_a_repeated_one_moves_up(
    changes: Changes, ann: Principal, clock: FakeClock
) -> None:
    for sql in ("SELECT 1", "SELECT 2", "SELECT 1"):
        ask(changes, ann, sql)
        clock.advance(seconds=1)
    assert texts(changes, ann) == ["SELECT 1", "SELECT 2"]


def test_a_question_is_remembered_with_what_came_of_it(changes: Changes, ann: Principal) -> None:
    history.remember(changes, ann, "SELECT x", milliseconds=7, error="There is no x.")
    [asked] = history.asked(changes, ann)
    assert (asked.rows, asked.error, asked.milliseconds) == (None, "There is no x.", 7)


def test_nobody_sees_another_persons_questions(
    changes: Changes, ann: Principal, bob: Principal, stranger: Principal
) -> None:
    ask(changes, ann, "SELECT 'mine'")
    assert texts(changes, bob) == texts(changes, stranger) == []
    assert history.forget(changes, bob) == 0
    assert texts(changes, ann) == ["SELECT 'mine'"]


def test_questions_are_found_by_their_text(changes: Changes, ann: Principal) -> None:
    ask(changes, ann, "SELECT * FROM Orders", "SELECT '100%'", "SELECT 100")
    assert texts(changes, ann, text="orders") == ["SELECT * FROM Orders"]
    assert texts(changes, ann, text="100%") == ["SELECT '100%'"]


def test_the_oldest_are_forgotten(changes: Changes, ann: Principal, clock: FakeClock) -> None:
    for number in range(MOST_ASKED + 3):
        ask(changes, ann, f"SELECT {number}")
        clock.advance(seconds=1)
    kept = texts(changes, ann)
    assert len(kept) == MOST_ASKED
    assert kept[-1] == "SELECT 3"


def test_one_or_all_can_be_forgotten(changes: Changes, ann: Principal) -> None:
    ask(changes, ann, "SELECT 1", "SELECT 2")
    [first] = history.asked(changes, ann, text="SELECT 1")
    assert history.forget(changes, ann, first.id) == 1
    assert texts(changes, ann) == ["SELECT 2"]
    assert history.forget(changes, ann) == 1
    assert texts(changes, ann) == []
