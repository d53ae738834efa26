"""t-SNE in a process of its own: neighbours stay together, it can be stopped, and its failures are told."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine import tsne
from engine.errors import MapError
from engine.metric import Metric
from engine.photo_map import Layout
from engine.tsne import tsne_installed, tsne_map
from tests.engine.test_photo_map import finished, gallery

needs_opentsne = pytest.mark.skipif(not tsne_installed(), reason="openTSNE is not installed")


@needs_opentsne
def test_photos_of_one_kind_lie_together_and_kinds_apart() -> None:
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(4), 30)
    vectors = rng.normal(size=(4, 16))[kinds] * 4 + rng.normal(size=(120, 16)) * 0.3
    job = tsne_map(gallery(vectors), Metric.EUCLIDEAN)
    reports = []
    while True:
        try:
            reports.append(next(job))
        except StopIteration as end:
            found = end.value
            break
    assert found.layout is Layout.TSNE
    assert found.explained is None
    between = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    np.fill_diagonal(between, np.inf)
    assert (kinds[between.argmin(axis=1)] == kinds).mean() == 1.0
    arranging = [report.done for report in reports if report.stage == "arranging"]
    assert arranging == sorted(arranging)
    assert arranging[-1] == reports[-1].total == 750


@needs_opentsne
def test_the_same_photos_give_the_same_map() -> None:
    vectors = np.random.default_rng(1).normal(size=(60, 8))
    first, second = (finished(tsne_map(gallery(vectors), Metric.COSINE)).points for _ in range(2))
    np.testing.assert_array_equal(first, second)


@needs_opentsne
def test_of_a_large_library_a_part_is_laid_out_and_the_rest_put_beside(tmp_path: Path) -> None:
    from engine import tsne_child

    rng = np.random.default_rng(2)
    kinds = np.repeat(np.arange(3), 80)
    vectors = (rng.normal(size=(3, 10))[kinds] * 5 + rng.normal(size=(240, 10)) * 0.2).astype(np.float32)
    np.save(tmp_path / "in.npy", vectors)
    tsne_child.main(str(tmp_path / "in.npy"), str(tmp_path / "out.npy"), 0, most=100)
    points = np.load(tmp_path / "out.npy")
    between = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(between, np.inf)
    assert (kinds[between.argmin(axis=1)] == kinds).mean() == 1.0


def stand_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """Another program in place of the child."""
    script = tmp_path / "child.py"
    script.write_text(text)
    monkeypatch.setattr(tsne.tsne_child, "__file__", str(script))
    monkeypatch.setattr(tsne, "tsne_installed", lambda: True)


def test_stopping_ends_the_process_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    loop = f"import time, pathlib\nwhile True:\n pathlib.Path({str(alive)!r}).touch()\n time.sleep(0.02)\n"
    stand_in(monkeypatch, tmp_path, loop)
    job = tsne_map(gallery(np.eye(20)), Metric.COSINE)
    for report in job:
        if report.stage == "finding neighbours" and alive.exists():
            break
    began = time.monotonic()
    job.close()
    assert time.monotonic() - began < 5
    alive.unlink()
    time.sleep(0.3)
    assert not alive.exists()


def test_what_went_wrong_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand_in(monkeypatch, tmp_path, "raise MemoryError('no room for it')\n")
    with pytest.raises(MapError, match="t-SNE failed: MemoryError: no room for it"):
        finished(tsne_map(gallery(np.eye(20)), Metric.COSINE))
    stand_in(monkeypatch, tmp_path, "import sys\nsys.exit(3)\n")
    with pytest.raises(MapError, match="status 3"):
        finished(tsne_map(gallery(np.eye(20)), Metric.COSINE))


def test_without_the_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    monkeypatch.setattr(tsne, "tsne_installed", lambda: False)
    with pytest.raises(MapError, match=r"pip install 'semblance\[map\]'"):
        finished(tsne_map(gallery(np.eye(20)), Metric.COSINE))


def test_very_few_photos_stand_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsne, "tsne_installed", lambda: True)
    assert finished(tsne_map(gallery(np.eye(3)), Metric.COSINE)).points.tolist() == [[0, 0], [1, 0], [2, 0]]
