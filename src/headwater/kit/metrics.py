"""Every metric of Headwater. They are updated by request group or batch, never by event.

Where PROMETHEUS_MULTIPROC_DIR is set (the supervisor sets it for its roles) all processes write
there, and `exposition` adds them up.
"""

import os
from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess
from prometheus_client import generate_latest as _generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS: Final = Counter("headwater_requests", "Requests answered by the collector.", ["status"])
EVENTS_ACCEPTED: Final = Counter(
    "headwater_events_accepted", "Events answered with 200.", ["source"]
)
COMMITS: Final = Counter("headwater_commits", "Group commits of the collector.", ["outcome"])
COMMIT_SECONDS: Final = Histogram(
    "headwater_commit_seconds", "How long a group commit took.", buckets=_SECONDS
)
COMMITTED_BYTES: Final = Counter("headwater_committed_bytes", "Bytes appended by the collector.")
CONNECTIONS: Final = Gauge(
    "headwater_connections", "Open connections of the public port.", multiprocess_mode="mostrecent"
)

PIPELINE_EVENTS: Final = Counter(
    "headwater_pipeline_events", "Events that left the pipeline.", ["outcome", "reason"]
)
PIPELINE_SECONDS: Final = Histogram(
    "headwater_pipeline_batch_seconds", "How long the pipeline took for a batch.", buckets=_SECONDS
)
SEEN_IDS: Final = Gauge(
    "headwater_seen_message_ids", "Message ids remembered.", multiprocess_mode="mostrecent"
)

LOADED_ROWS: Final = Counter("headwater_loaded_events", "Events loaded into the warehouse.")
LOAD_SECONDS: Final = Histogram(
    "headwater_load_seconds", "How long a load took, commit included.", buckets=_SECONDS
)
FRESHNESS_SECONDS: Final = Histogram(
    "headwater_freshness_seconds",
    "From the receipt of the oldest event of a load to its commit.",
    buckets=_SECONDS,
)
TYPE_CONFLICTS: Final = Counter(
    "headwater_type_conflicts", "Values that did not fit their column.", ["reason"]
)

WAITING_EVENTS: Final = Gauge(
    "headwater_waiting_events",
    "Events that wait for a role.",
    ["role"],
    multiprocess_mode="mostrecent",
)
LOG_BYTES: Final = Gauge(
    "headwater_log_bytes", "Bytes of the log on disk.", multiprocess_mode="mostrecent"
)
DISK_FREE_BYTES: Final = Gauge(
    "headwater_disk_free_bytes",
    "Bytes free on the disk of the data folder.",
    multiprocess_mode="mostrecent",
)

QUERIES: Final = Counter("headwater_queries", "Questions asked of the warehouse.", ["outcome"])
QUERY_SECONDS: Final = Histogram(
    "headwater_query_seconds", "How long a question took.", buckets=(*_SECONDS, 30.0, 60.0)
)

SERVICE_FAILURES: Final = Counter(
    "headwater_service_failures", "Failed runs of a service; it tries again.", ["service"]
)
ROLE_STARTS: Final = Counter(
    "headwater_role_starts", "Starts of a role, the first included.", ["role"]
)


def exposition() -> bytes:
    """All metrics in Prometheus' text form, added up over the processes where there are several."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not folder or not Path(folder).is_dir():
        return _generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return _generate_latest(registry)
