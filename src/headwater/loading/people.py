"""`users` and `accounts`: the newest state of what identify and group calls describe."""

import pyarrow as pa
import pyarrow.compute as pc


def newest(rows: pa.Table, key: str) -> tuple[pa.Table, pa.ChunkedArray] | None:
    """One row for each `key`, as `id`: in each column the newest value that is not null, newest by
    `received_at` and then by order of arrival; and when the oldest row of each was received.

    `rows` have `received_at`, the key and what to keep. Blank keys have no row; None for no row.
    """
    known = pc.not_equal(pc.utf8_trim_whitespace(rows[key]), "")
    rows = rows.filter(known)  # null drops the row, too
    if rows.num_rows == 0:
        return None
    names = [name for name in rows.column_names if name != key]
    oldest = rows["received_at"]
    if pc.count_distinct(rows[key]).as_py() < rows.num_rows:
        order = pc.sort_indices(rows, sort_keys=[("received_at", "ascending")])
        grouped = rows.take(order).group_by(key, use_threads=False)
        rows = grouped.aggregate([*((name, "last") for name in names), ("received_at", "min")])
        rows = rows.rename_columns([key, *names, "oldest"])
        oldest = rows["oldest"]
    filled = [name for name in names if rows[name].null_count < rows.num_rows]
    return rows.select([key, *filled]).rename_columns(["id", *filled]), oldest
