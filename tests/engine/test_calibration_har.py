"""What the program tells of distances in one library holds for photos that it has never seen, on real photos."""

from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest

from engine.calibration import folder_match_rates
from engine.embedder import open_embedder
from engine.indexer import index
from engine.labels import folder_labels
from engine.metric import Metric
from engine.results import Progress
from engine.search import all_distances
from engine.spec import DEFAULT_MODEL, bundled_folder, find_model
from engine.store import Store


def finished(job: Generator[Progress, None, object]) -> None:
    for _ in job:
        pass


@pytest.mark.har
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_share_of_right_matches_among_new_queries_lies_within_the_told_interval(
    har_folder: Path, data_dir: Path
) -> None:
    spec = find_model(DEFAULT_MODEL, [bundled_folder()])
    embedder = open_embedder(spec)
    with Store(data_dir) as store:
        for part in ("gallery", "query"):
            finished(index(store, har_folder / part, [embedder]))
        gallery, query = (store.library(har_folder / part).gallery(spec) for part in ("gallery", "query"))
        rates = folder_match_rates(gallery, Metric.COSINE)
        distances = np.stack([all_distances(gallery, query.vector(i), Metric.COSINE) for i in range(len(query))])
    kinds, wanted = (np.array(folder_labels(one.paths)) for one in (gallery, query))
    right = wanted[:, None] == kinds[None, :]
    assert len(rates) == 10
    for number, rate in enumerate(rates):
        inside = distances <= rate.farthest
        if number:
            inside &= distances > rate.nearest
        assert inside.sum() > 50
        assert rate.low <= right[inside].mean() <= rate.high, f"{rate.nearest:.3f} to {rate.farthest:.3f}"
