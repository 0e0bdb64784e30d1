"""What the kinds that are pulled have in common: databases and applications."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from headwater.connections.kinds.model import Surroundings, Task
from headwater.connections.model import Backfill, Figures
from headwater.pulls.around import Around
from headwater.pulls.preview import preview
from headwater.pulls.run import Job, Pulled, run
from headwater.pulls.state import rewind

SHOWN: Final = 10


def try_out(definition: Any, task: Task) -> Sequence[bytes]:
    """The events of the first rows."""
    around = Around(secrets=task.secrets, transport=task.transport())
    return list(islice(preview(definition, around), SHOWN))


def pulled(
    definition: Any, task: Task, surroundings: Surroundings, total: Sequence[int] = ()
) -> Figures:
    """Pull once. `total` gets the number of rows when somebody has counted them."""
    if task.backfill is Backfill.MISSING:
        rewind(Path(task.data_dir), definition.id_in(task.source_id))
    job = Job(
        definition=definition,
        source_id=task.source_id,
        write_key=task.write_key,
        data_dir=Path(task.data_dir),
        rejected=Path(task.rejected),
        is_reset=task.backfill is Backfill.ALL,
        around=Around(
            secrets=task.secrets,
            stop=surroundings.stop,
            transport=task.transport(),
            look=surroundings.look,
        ),
    )

    def told(done: Pulled) -> Figures:
        return Figures(
            rows=done.rows,
            total=total[0] if total else None,
            events=done.events,
            rejected=done.rejected,
            skipped=done.skipped,
            changes=dict(done.changes),
            part=done.part,
        )

    return told(run(job, surroundings.client, lambda done: surroundings.tell(told(done))))
