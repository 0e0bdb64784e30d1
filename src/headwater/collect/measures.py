"""What the collector counts, in headwater.kit.metrics: by group of requests, not by request."""

from headwater.collect.commit import Committed
from headwater.kit import metrics

_ACCEPTED = metrics.REQUESTS.labels("200")
_KEPT = metrics.COMMITS.labels("kept")
_FAILED = metrics.COMMITS.labels("failed")


def count_group(group: Committed) -> None:
    """Count a group that was committed, or was not."""
    metrics.COMMIT_SECONDS.observe(group.seconds)
    if group.error is not None:
        _FAILED.inc()
        return
    _KEPT.inc()
    _ACCEPTED.inc(group.records)
    metrics.COMMITTED_BYTES.inc(group.bytes)
    for tally in group.tallies:
        metrics.EVENTS_ACCEPTED.labels(tally.source_id).inc(tally.count)


def count_refusal(status: int) -> None:
    """Count a request that was refused."""
    metrics.REQUESTS.labels(str(status)).inc()
