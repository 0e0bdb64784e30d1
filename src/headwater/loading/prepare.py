"""Events in, typed rows and the changes that they need out: the entry point of loading."""

from collections.abc import Sequence

from headwater.loading.model import Catalog, Limits, Prepared, SourceBatch


def prepare(batches: Sequence[SourceBatch], catalog: Catalog, limits: Limits) -> Prepared:
    """Everything that these events do to a warehouse whose catalogue is `catalog`.

    Pure: the catalogue stays as it is (see loading.model). Rows are in order of arrival.
    """
    raise NotImplementedError
