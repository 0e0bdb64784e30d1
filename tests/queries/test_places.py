"""An error about a question says where in its text it is."""

import msgspec
import pytest

from headwater.errors import QueryRefusedError
from headwater.queries.failures import error_of, failure_of
from headwater.queries.guard import guard


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SELECT a,\n  b y z FROM t", "z"),
        ("SELECT 1 FROM t GROUP\nBYE x", "BYE"),
        ("SELECT 1; SELECT 2", ";"),
        ("SELECT getenv('HOME') FROM t", "getenv"),
        ("SELECT * FROM a JOIN other.main.t ON true", "other"),
        ("EXPLAIN SELECT getenv('HOME')", "getenv"),
        ("SELECT '数据', read_text('/etc/passwd')", "read_text"),
    ],
)
def test_a_refusal_points_at_the_word(sql: str, word: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        guard(sql)
    assert caught.value.position == sql.index(word)


def test_the_place_survives_the_way_between_the_roles() -> None:
    error = QueryRefusedError("This question cannot be asked.")
    error.position = 7
    back = error_of(400, msgspec.json.encode(failure_of(error)))
    assert isinstance(back, QueryRefusedError)
    assert back.position == 7
