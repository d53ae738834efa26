"""Opening an exported run again: the window stands as the run was made."""

from pathlib import Path

from engine.export import ExportRequest, Format, export
from engine.manifest import read_run
from engine.metric import Metric
from engine.store import Store
from gui.run_changes import PATTERNS, tell_changes
from gui.session_state import Part, Query
from gui.shown_run import ShownRun
from tests.conftest import draw_photo
from tests.gui.person import Person


def exported(person: Person, root: Path, out: Path, queries: str, limit: float | None) -> Path:
    model = person.backend.model("vit-tiny-imagenet")
    assert model is not None
    request = ExportRequest(root, out, queries, (model,), (Metric.EUCLIDEAN,), 5, limit, (Format.JSON,))
    for _ in export(person.backend.store, request, embedder=person.backend.embedder):
        pass
    return out / "manifest.json"


def test_a_run_comes_back_with_its_queries_distance_and_limit(
    person: Person, photo_folder: Path, tmp_path: Path
) -> None:
    person.opens(photo_folder)
    outside = tmp_path / "outside.png"
    draw_photo("red", 900).save(outside)
    listed = tmp_path / "list.txt"
    listed.write_text(f"blue/1.jpg\n{outside}\n")
    run = read_run(exported(person, photo_folder, tmp_path / "out", str(listed), 3.5))
    assert person.controller.metric is Metric.COSINE
    shown = ShownRun(person.controller, run)
    person.waits_until(lambda: person.controller.query == Query.by_path("blue/1.jpg"))
    person.waits_for_results()
    assert person.controller.metric is Metric.EUCLIDEAN
    assert person.controller.limit == 3.5
    assert "blue/1.jpg" not in person.sees
    assert (person.controller.count, person.window.side.count.value()) == (5, 5)
    assert person.settings.result_count == 1000, "the next start shows as many as ever"
    assert len(person.sees) <= 5
    person.controller.back()
    assert person.controller.query == Query((Part(file=outside),))
    person.waits_for_results()
    assert shown is not None


def test_a_run_over_all_photos_shows_the_library(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    run = read_run(exported(person, photo_folder, tmp_path / "out", "all", None))
    shown = ShownRun(person.controller, run)
    person.waits_until(lambda: person.controller.metric is Metric.EUCLIDEAN)
    assert person.controller.query is None
    assert len(person.sees) == 24
    assert shown is not None


def test_what_has_changed_since_is_told_beside_the_window(person: Person, photo_folder: Path, tmp_path: Path) -> None:
    person.opens(photo_folder)
    outside = tmp_path / "outside.png"
    draw_photo("red", 900).save(outside)
    run = read_run(exported(person, photo_folder, tmp_path / "out", str(outside), None))
    library = person.backend.store.library(photo_folder)
    assert run.changes(library, person.backend._folders) == []
    assert tell_changes([], person.window) is None
    outside.unlink()
    other = tmp_path / "other"
    with Store(tmp_path / "other-data") as store:  # an index that has never seen the photos, and no model
        other.mkdir()
        changes = run.changes(store.library(other), [])
    assert len(changes) == 3
    box = tell_changes(changes, person.window)
    assert box is not None
    assert box.isVisible()
    assert not box.isModal(), "the window can be used meanwhile"
    lines = box.informativeText().splitlines()
    assert "photos of the library: 24 then, 0 now" in lines[1]
    assert lines[2].endswith("of its 1 queries, 1 are not there any more")
    box.close()


def test_every_change_that_the_engine_tells_is_known_here() -> None:
    source = (Path(__file__).parents[2] / "engine" / "manifest.py").read_text(encoding="utf-8")
    assert source.count("found.append(") == len(PATTERNS)
