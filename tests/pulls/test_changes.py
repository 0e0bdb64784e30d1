"""Rows become changes: each is found once, whatever was seen before."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.pulls.changes import deletions, key_of, seen
from headwater.pulls.state import Known


def changes(rows, known, run=1, *, may_repeat=False):
    keys = {key_of(row, ["id"]) for row in rows}
    found = seen(
        rows, ["id"], {k: v for k, v in known.items() if k in keys}, run, may_repeat=may_repeat
    )
    known.update(found.unchanged)
    for change in found.changes:
        known[change.key] = change.known
    return found


def test_a_row_is_inserted_then_unchanged_then_updated_then_deleted_and_inserted_again():
    known: dict[str, Known] = {}
    ids = []
    for run, plan in enumerate(["free", "free", "pro", "free"], 1):
        found = changes([{"id": 1, "plan": plan}], known, run)
        ids += [(change.kind, change.id) for change in found.changes]
    gone = deletions([(key, each) for key, each in known.items() if each.run < 5], ["id"], 5)
    known.update((change.key, change.known) for change in gone)
    ids += [(change.kind, change.id) for change in gone]
    ids += [(c.kind, c.id) for c in changes([{"id": 1, "plan": "free"}], known, 6).changes]
    assert [kind for kind, _ in ids] == ["inserted", "updated", "updated", "deleted", "inserted"]
    assert len({made for _, made in ids}) == 5
    assert gone[0].record == {"$change": "deleted", "id": 1}


def test_rows_without_a_key_or_with_anothers_are_refused():
    found = changes([{"id": None, "a": 1}, {"id": 1, "a": 1}, {"id": 1, "a": 2}], {})
    assert [why for _, why in found.refused] == [
        "its key (id) is missing",
        "another row has the same key [1]",
    ]
    assert len(found.changes) == 1


def test_under_a_cursor_a_row_may_change_while_it_is_read():
    found = changes([{"id": 1, "a": 1}, {"id": 1, "a": 2}], {}, may_repeat=True)
    assert [change.kind for change in found.changes] == ["inserted", "updated"]


tables = st.dictionaries(st.integers(0, 5), st.integers(0, 3), max_size=5)


@given(st.lists(tables, min_size=1, max_size=6))
def test_a_table_can_be_made_again_from_its_changes(states):
    known: dict[str, Known] = {}
    mirror: dict[int, int] = {}
    ids: list[str] = []
    for run, table in enumerate(states, 1):
        found = changes([{"id": k, "v": v} for k, v in table.items()], known, run)
        gone = [(key, each) for key, each in known.items() if each.run < run and each.hash]
        removed = deletions(gone, ["id"], run)
        known.update((change.key, change.known) for change in removed)
        for change in (*found.changes, *removed):
            ids.append(change.id)
            if change.kind == "deleted":
                del mirror[change.record["id"]]
            else:
                assert (change.kind == "inserted") == (change.record["id"] not in mirror)
                mirror[change.record["id"]] = change.record["v"]
        assert mirror == table
    assert len(ids) == len(set(ids))
