"""Batch export: every format, every bad input, cancelling at each stage, and going on."""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from engine.embedder import Embedder, open_embedder
from engine.errors import ExportError
from engine.export import ExportReport, ExportRequest, Format, export, export_screen
from engine.export_blocks import Ranked, ScreenSection
from engine.export_copy import copied_name
from engine.export_folder import PARTIAL, ExportFolder
from engine.indexer import index
from engine.labels import folder_label
from engine.manifest import library_fingerprint, read_run
from engine.metric import Metric
from engine.query_set import Query, inner_query
from engine.results import Progress
from engine.search import nearest
from engine.spec import ModelSpec, read_spec
from engine.store import Store
from engine.thumbnail_store import ThumbnailStore
from engine.vector_store import StoreAddress
from tests.conftest import both_stores, draw_photo, open_index

posix_only = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="the file system takes no bytes that are no UTF-8"
)


class World:
    """A library that two tiny models have embedded, some queries outside it, and a folder to export to."""

    def __init__(self, root: Path, store: Store, specs: tuple[ModelSpec, ...], out: Path, queries: Path) -> None:
        self.root, self.store, self.specs, self.out, self.queries = root, store, specs, out, queries
        self.data_dir = store.data_dir

    def request(self, **changes: Any) -> ExportRequest:
        plain = ExportRequest(self.root, self.out, "all", self.specs[:1], k=3, formats=(Format.JSON,))
        return replace(plain, **changes)

    def run(self, **changes: Any) -> ExportReport:
        return finish(export(self.store, self.request(**changes)))

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads((self.out / "results.json").read_bytes())
        return rows

    def index(self) -> None:
        for spec in self.specs:
            finish(index(self.store, self.root, [open_embedder(spec)]))

    def expected(self, query: str, k: int | None, metric: Metric = Metric.COSINE) -> list[tuple[int, str, float]]:
        gallery = self.store.library(self.root).gallery(self.specs[0])
        position = gallery.index_of(query)
        assert position is not None
        ranking = nearest(gallery, gallery.vector(position), metric, k, exclude=query)
        return [(match.rank, match.path, match.distance) for match in ranking]


def finish(job: Any) -> Any:
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def stages(job: Iterator[Progress]) -> list[str]:
    return list(dict.fromkeys(progress.stage for progress in job))


@pytest.fixture
def world(
    photo_folder: Path,
    data_dir: Path,
    tiny_model: Path,
    second_tiny_model: Path,
    tmp_path: Path,
    store_address: StoreAddress | None,
) -> Iterator[World]:
    queries = tmp_path / "queries"
    for number, label in enumerate(("blue", "green", "red", "yellow")):
        (queries / label).mkdir(parents=True)
        draw_photo(label, 900 + number).save(queries / label / "query.png")
    with open_index(data_dir, store_address) as store:
        specs = (read_spec(tiny_model), read_spec(second_tiny_model))
        made = World(photo_folder, store, specs, tmp_path / "out", queries)
        made.index()
        yield made


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@both_stores
def test_all_photos_against_the_rest_are_what_search_finds(world: World) -> None:
    report = world.run()
    rows = world.rows()
    assert (report.queries, report.rows, len(rows)) == (24, 72, 72)
    assert report.files == ("results.json",)
    assert files_in(world.out) == {"results.json", "manifest.json"}
    for query in ("blue/0.jpg", "yellow/5.png"):
        found = [(row["rank"], row["path"], row["distance"]) for row in rows if row["query"] == query]
        assert found == world.expected(query, 3), "to the last digit"
    assert rows[0] == {
        **dict(zip(("rank", "path", "distance"), world.expected("blue/0.jpg", 1)[0], strict=True)),
        **{"query": "blue/0.jpg", "metric": "cosine", "model": "tiny", "query_label": "blue"},
        "label": folder_label(rows[0]["path"]),
    }


def test_csv_json_and_parquet_hold_the_same(world: World) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    world.run(formats=(Format.CSV, Format.JSON, Format.PARQUET), models=world.specs, metrics=tuple(Metric), k=None)
    rows = world.rows()
    assert len(rows) == 24 * 23 * 2 * 2
    with (world.out / "results.csv").open(newline="", encoding="utf-8") as file:
        from_csv = [
            {**row, "rank": int(row["rank"]), "distance": float(row["distance"])} for row in csv.DictReader(file)
        ]
    assert from_csv == rows
    assert parquet.read_table(world.out / "results.parquet").to_pylist() == rows
    assert {(row["model"], row["metric"]) for row in rows} == {
        ("tiny", "cosine"),
        ("tiny", "euclidean"),
        ("tiny-two", "cosine"),
        ("tiny-two", "euclidean"),
    }


def test_without_a_metric_each_model_uses_its_own(world: World) -> None:
    world.run(models=world.specs)
    assert {(row["model"], row["metric"]) for row in world.rows()} == {("tiny", "cosine"), ("tiny-two", "euclidean")}


def test_results_beyond_the_distance_are_left_out(world: World) -> None:
    limit = world.expected("blue/0.jpg", 2)[1][2]
    world.run(k=None, max_distance=limit)
    assert max(row["distance"] for row in world.rows()) <= limit
    assert [row["rank"] for row in world.rows() if row["query"] == "blue/0.jpg"] == [1, 2], "the limit itself is within"


def test_k_beyond_the_library_gives_all(world: World) -> None:
    world.run(k=10_000)
    assert len(world.rows()) == 24 * 23


def test_a_folder_of_queries_is_named_as_it_was_given_and_labelled(world: World) -> None:
    report = world.run(queries=str(world.queries), k=1)
    assert report.queries == 4
    assert [row["query"] for row in world.rows()] == [
        str(world.queries / label / "query.png") for label in ("blue", "green", "red", "yellow")
    ]
    assert [row["query_label"] for row in world.rows()] == ["blue", "green", "red", "yellow"]


@both_stores
def test_queries_from_outside_rank_as_the_window_ranks_them(world: World) -> None:
    from engine.query import embed_file

    world.run(queries=str(world.queries / "red" / "query.png"), k=None)
    gallery = world.store.library(world.root).gallery(world.specs[0])
    vector = embed_file(open_embedder(world.specs[0]), world.queries / "red" / "query.png").vector
    expected = [(match.path, match.distance) for match in nearest(gallery, vector, Metric.COSINE, None)]
    assert [(row["path"], row["distance"]) for row in world.rows()] == expected


def test_a_list_may_name_photos_of_the_library_and_others(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.queries)
    listed = tmp_path / "list.txt"
    absolute = world.root / "green" / "1.jpg"
    listed.write_bytes(
        b"\xef\xbb\xbfblue/0.jpg\r\n\nred/query.png\nnone.jpg\nblue/0.jpg\n" + os.fsencode(absolute) + b"\n"
    )
    report = world.run(queries=str(listed), k=1)
    assert [row["query"] for row in world.rows()] == ["blue/0.jpg", "red/query.png", "green/1.jpg"]
    assert [(item.path, "no such file" in item.reason) for item in report.skipped] == [("none.jpg", True)]


def test_an_unreadable_query_is_skipped_and_named(world: World) -> None:
    (world.queries / "red" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (world.queries / "red" / "text.jpg").write_text("no image")
    report = world.run(queries=str(world.queries))
    assert report.queries == 6
    assert len(world.rows()) == 4 * 3
    assert [Path(item.path).name for item in report.skipped] == ["broken.jpg", "text.jpg"]
    manifest = json.loads((world.out / "manifest.json").read_bytes())
    assert [item["path"] for item in manifest["skipped"]] == [item.path for item in report.skipped]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"queries": "QUERIES/none"}, "No such file"),
        ({"queries": "QUERIES/empty"}, "no image"),
        ({"queries": "QUERIES/binary"}, "neither a folder, nor an image"),
        ({"queries": "QUERIES/broken.jpg"}, "none of the 1 queries can be read"),
        ({"k": 0}, "k is 0"),
        ({"models": ()}, "needs a model"),
        ({"models": "TWICE"}, "named twice"),
        ({"formats": ()}, "needs a model and a format"),
        ({"out": "ROOT/export"}, "inside the photos"),
        ({"out": "ROOT"}, "inside the photos"),
        ({"out": "QUERIES/file"}, "not a folder"),
        ({"out": "QUERIES/file/beneath"}, "cannot be written"),
    ],
)
def test_bad_input_is_refused_and_leaves_nothing(world: World, change: dict[str, Any], reason: str) -> None:
    (world.queries / "empty").mkdir()
    (world.queries / "binary").write_bytes(b"a\0b")
    (world.queries / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (world.queries / "file").touch()
    filled = {
        key: value.replace("QUERIES", str(world.queries)).replace("ROOT", str(world.root))
        if isinstance(value, str)
        else value
        for key, value in change.items()
    }
    if change.get("models") == "TWICE":
        filled["models"] = world.specs[:1] * 2
    if "out" in filled:
        filled["out"] = Path(filled["out"])
    before = files_in(world.root)
    with pytest.raises(ExportError, match=reason):
        world.run(**filled)
    assert files_in(world.root) == before
    assert not world.out.exists()


def test_a_model_that_has_embedded_nothing_is_refused(world: World, build_model: Callable[..., Path]) -> None:
    with pytest.raises(ExportError, match="fresh has embedded none"):
        world.run(models=(read_spec(build_model("fresh", seed=5)),))


def test_an_export_that_is_there_is_not_overwritten(world: World) -> None:
    world.run()
    before = (world.out / "results.json").read_bytes()
    with pytest.raises(ExportError, match="holds an export already"):
        world.run(k=1)
    assert (world.out / "results.json").read_bytes() == before
    assert not (world.out / PARTIAL).exists()


def test_somebody_elses_file_of_that_name_is_not_overwritten(world: World) -> None:
    world.out.mkdir()
    (world.out / "results.csv").write_text("mine")
    (world.out / "notes.txt").write_text("mine too")
    for resume in (False, True):
        with pytest.raises(ExportError, match=r"results\.csv"):
            world.run(resume=resume)
    assert files_in(world.out) == {"results.csv", "notes.txt"}


def test_a_folder_without_permission_is_refused(world: World) -> None:
    if not hasattr(os, "geteuid"):
        pytest.skip("needs the permissions of POSIX")
    if os.geteuid() == 0:  # whom no mode of a folder stops; the kernel's own folders do
        out = Path("/sys/kernel/semblance")
        if not out.parent.is_dir():
            pytest.skip("root may write anywhere here")
    else:
        world.out.mkdir()
        world.out.chmod(0o555)
        out = world.out
    with pytest.raises(ExportError, match="cannot be written") as caught:
        world.run(out=out)
    assert str(caught.value).startswith(str(out))


def test_two_exports_do_not_write_into_one_folder(world: World) -> None:
    first = export(world.store, world.request())
    next(first)
    with pytest.raises(ExportError, match="another export"):
        world.run()
    first.close()


FORMATS = tuple(Format)


def every_format() -> tuple[Format, ...]:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return tuple(item for item in FORMATS if item is not Format.PARQUET)
    return FORMATS


def test_cancelled_at_any_stage_nothing_is_half_written_and_a_resume_ends_the_same(
    world: World, tmp_path: Path
) -> None:
    choices: dict[str, Any] = {"queries": str(world.queries), "models": world.specs, "formats": every_format()}
    whole = tmp_path / "whole"
    seen = [progress.stage for progress in export(world.store, world.request(out=whole, **choices))]
    assert len(set(seen)) == 2 + len(every_format())
    expected = {name: (whole / name).read_bytes() for name in files_in(whole) if name.startswith(("results", "files"))}
    first = {stage: step for step, stage in reversed(list(enumerate(seen, 1)))}
    last = {stage: step for step, stage in enumerate(seen, 1)}
    for step in sorted({*first.values(), *last.values()}):
        out = tmp_path / f"step-{step}"
        job = export(world.store, world.request(out=out, **choices))
        for _ in range(step):
            next(job)
        job.close()
        assert all(name.startswith(PARTIAL) for name in files_in(out)), f"step {step}"
        report = world.run(out=out, resume=True, **choices)
        assert not (out / PARTIAL).exists()
        assert {name: (out / name).read_bytes() for name in expected} == expected, f"step {step}"
        assert files_in(out) == files_in(whole)
        assert report.rows == 2 * 4 * 3


@both_stores
def test_resume_computes_only_what_is_missing(world: World) -> None:
    opened: list[str] = []

    def counting(spec: ModelSpec) -> Embedder:
        opened.append(spec.name)
        return open_embedder(spec)

    request = world.request(queries=str(world.queries))
    job = export(world.store, request, embedder=counting)
    while next(job).stage != "json":
        pass
    job.close()
    assert opened == ["tiny"]
    blocks = sorted((world.out / PARTIAL / "work").glob("*.npz"))
    times = [block.stat().st_mtime_ns for block in blocks]
    second = export(world.store, replace(request, resume=True), embedder=counting)
    seen = [next(second).stage for _ in range(3)]
    assert seen[-1] != "embedding"
    assert [block.stat().st_mtime_ns for block in blocks] == times
    finish(second)
    assert opened == ["tiny"], "the vectors of the first run were kept"


def test_a_torn_vector_of_a_killed_run_is_embedded_again(world: World) -> None:
    request = world.request(queries=str(world.queries), out=world.out.with_name("whole"))
    finish(export(world.store, request))
    job = export(world.store, replace(request, out=world.out))
    while next(job).stage != "ranking":
        pass
    job.close()
    vectors = world.out / PARTIAL / "work" / "queries-0"
    vectors.write_bytes(vectors.read_bytes()[:-5])
    for block in (world.out / PARTIAL / "work").glob("*.npz"):
        block.unlink()
    world.run(queries=str(world.queries), resume=True)
    assert world.rows() == json.loads((request.out / "results.json").read_bytes())


@pytest.mark.parametrize("left", [b"", b"\0" * 900, None], ids=["empty", "zeros", "changed"])
def test_a_block_that_a_power_cut_has_broken_is_ranked_again(
    world: World, left: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export.block_size", lambda _results, _photos: 2)
    request = world.request(out=world.out.with_name("whole"))
    finish(export(world.store, request))
    job = export(world.store, replace(request, out=world.out))
    while next(job).stage != "json":
        pass
    job.close()
    blocks = sorted((world.out / PARTIAL / "work").glob("*.npz"))
    broken, kept = blocks[1], blocks[0].stat().st_mtime_ns
    data = bytearray(broken.read_bytes())
    data[len(data) // 2] ^= 1
    broken.write_bytes(bytes(data) if left is None else left)
    second = export(world.store, replace(request, out=world.out, resume=True))
    next(second)
    assert blocks[0].stat().st_mtime_ns == kept, "a whole one is kept"
    finish(second)
    assert world.rows() == json.loads((request.out / "results.json").read_bytes())


def test_killed_while_names_were_given_a_resume_gives_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    real = os.replace

    def replace_one(source: Path, target: Path) -> None:
        if Path(target).parent == world.out:
            if given:
                raise KeyboardInterrupt
            given.append(Path(target).name)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace_one)
    with pytest.raises(KeyboardInterrupt):
        world.run(formats=(Format.CSV, Format.JSON))
    monkeypatch.undo()
    assert given == ["results.csv"]
    assert not (world.out / "manifest.json").exists(), "the manifest comes last"
    report = world.run(formats=(Format.CSV, Format.JSON), resume=True)
    assert files_in(world.out) == {"results.csv", "results.json", "manifest.json"}
    assert report.rows == 72


def test_resume_of_a_finished_run_has_nothing_to_do(world: World) -> None:
    world.run()
    before = {name: (world.out / name).stat().st_mtime_ns for name in files_in(world.out)}
    assert world.run(resume=True).rows == 72
    assert {name: (world.out / name).stat().st_mtime_ns for name in files_in(world.out)} == before


def test_resume_refuses_other_choices_and_changed_photos(world: World) -> None:
    job = export(world.store, world.request())
    next(job)
    job.close()
    with pytest.raises(ExportError, match="other choices"):
        world.run(resume=True, k=4)
    draw_photo("red", 77).save(world.root / "red" / "new.png")
    world.index()
    with pytest.raises(ExportError, match="changed since"):
        world.run(resume=True)
    assert world.run().rows == 75, "without resume it starts anew"


def test_resume_where_there_is_nothing_starts(world: World) -> None:
    assert world.run(resume=True).rows == 72


@posix_only
def test_hard_names_come_through_every_table(world: World) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    hard = ["=cmd(1).jpg", "-1+2.jpg", "@x.jpg", "'quoted'.jpg", 'a,"b".jpg', "two\nlines.jpg", "猫.jpg"]
    hard.append(os.fsdecode(b"caf\xe9.jpg"))
    for number, name in enumerate(hard):
        draw_photo("green", 300 + number).save(world.root / name, "JPEG")
    world.index()
    world.run(formats=(Format.CSV, Format.JSON, Format.PARQUET), k=None)
    assert set(hard) <= {row["query"] for row in world.rows()}
    assert set(hard) <= {row["path"] for row in world.rows()}
    with (world.out / "results.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        cells = {row["path"] for row in csv.DictReader(file)}
    assert not any(cell.startswith(("=", "-", "@", "+")) for cell in cells)
    assert set(hard) <= {cell.removeprefix("'") for cell in cells}
    table = parquet.read_table(world.out / "results.parquet").to_pylist()
    names = {row["path"] if row["path_bytes"] is None else os.fsdecode(row["path_bytes"]) for row in table}
    assert set(hard) <= names
    assert {row["path"] for row in table if row["path_bytes"] is not None} == {"caf\\xe9.jpg"}


@both_stores
def test_the_manifest_tells_what_a_run_was_made_of(world: World) -> None:
    report = world.run(queries=str(world.queries), max_distance=1.5)
    manifest = json.loads((world.out / "manifest.json").read_bytes())
    library = world.store.library(world.root)
    assert manifest["program"]["product"] == "Semblance"
    assert set(manifest["program"]["packages"]) >= {"numpy", "onnxruntime", "pillow"}
    assert manifest["models"][0]["sha256"] == world.specs[0].sha256
    assert manifest["models"][0]["provider"] == "cpu"
    assert (manifest["metrics"], manifest["k"], manifest["max_distance"]) == (["cosine"], 3, 1.5)
    assert manifest["library"] == {
        "root": str(library.root),
        "images": 24,
        "fingerprint": library_fingerprint(library.files()),
    }
    assert manifest["rows"] == report.rows
    assert manifest["files"] == [{"name": "results.json", "bytes": (world.out / "results.json").stat().st_size}]
    assert manifest["created"].endswith("+00:00")


def test_a_run_read_again_knows_what_has_changed(world: World) -> None:
    world.run(queries=str(world.queries))
    folders = [spec.path.parent for spec in world.specs]
    run = read_run(world.out / "manifest.json")
    library = world.store.library(world.root)
    assert (run.models, run.metrics, run.k) == (("tiny",), (Metric.COSINE,), 3)
    assert run.queries[0].name == str(world.queries / "blue" / "query.png")
    assert run.changes(library, folders) == []
    draw_photo("red", 77).save(world.root / "red" / "new.png")
    world.index()
    (world.queries / "blue" / "query.png").unlink()
    with world.specs[0].path.open("ab") as file:
        file.write(b"\x82\x7d\x00")  # an empty field that onnx does not know
    changes = run.changes(world.store.library(world.root), folders)
    assert "the library had 24 photos and has 25 now" in changes
    assert "1 of the 4 queries are not there any more" in changes
    assert any("model tiny" in change for change in changes)
    assert run.changes(world.store.library(world.root), [])[0] == "the model tiny is not there any more"


def test_an_edited_photo_is_noticed_though_the_count_is_the_same(world: World) -> None:
    world.run()
    run = read_run(world.out / "manifest.json")
    draw_photo("red", 78).save(world.root / "red" / "0.jpg")
    world.index()
    changes = run.changes(world.store.library(world.root), [spec.path.parent for spec in world.specs])
    assert changes == ["some of the library's photos have been edited or replaced"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "no manifest"),
        ('{"format": 99}', "format 99"),
        ('{"format": 1, "library": {}}', "missing or wrong"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ExportError, match=reason):
        read_run(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (("program", "version"), None),
        (("library", "root"), 7),
        (("library", "images"), "many"),
        (("library", "fingerprint"), None),
        (("models", 0, "name"), 1),
        (("models", 0, "sha256"), None),
        (("metrics", 0), "taxicab"),
        (("k",), 0),
        (("k",), "all"),
        (("max_distance",), "far"),
        (("queries", "list", 0, "name"), 3),
        (("queries", "list", 0, "path"), 3),
        (("queries",), []),
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused(
    world: World, tmp_path: Path, field: tuple[str | int, ...], value: object
) -> None:
    world.run(queries=str(world.queries))
    manifest = json.loads((world.out / "manifest.json").read_bytes())
    place = manifest
    for step in field[:-1]:
        place = place[step]
    place[field[-1]] = value
    (tmp_path / "edited.json").write_text(json.dumps(manifest))
    with pytest.raises(ExportError, match=r"edited\.json: something is missing or wrong in it"):
        read_run(tmp_path / "edited.json")


def test_copies_lie_in_numbered_folders_and_the_originals_are_untouched(world: World) -> None:
    before = {path: path.stat().st_mtime_ns for path in world.root.rglob("*") if path.is_file()}
    world.run(queries=str(world.queries), formats=(Format.COPY, Format.JSON), k=2)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    rows = world.rows()
    expected = {"results.json", "manifest.json"}
    for number, label in enumerate(("blue", "green", "red", "yellow"), 1):
        expected.add(f"files/{number:04d}/000-query.png")
        for row in rows:
            if row["query_label"] == label:
                name = f"files/{number:04d}/{row['rank']:03d}-{Path(row['path']).name}"
                expected.add(name)
                assert (world.out / name).read_bytes() == (world.root / row["path"]).read_bytes()
    assert files_in(world.out) == expected


def test_copies_of_several_models_lie_apart(world: World) -> None:
    world.run(models=world.specs, formats=(Format.COPY,), k=1)
    assert {path.name for path in (world.out / "files").iterdir()} == {"tiny-cosine", "tiny-two-euclidean"}


def test_a_photo_that_has_gone_is_skipped_by_the_copy(world: World) -> None:
    (world.root / "red" / "0.jpg").unlink()
    report = world.run(formats=(Format.COPY,), k=None)
    assert {item.path for item in report.skipped} == {"red/0.jpg"}


def test_copies_that_do_not_fit_are_refused_before_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))  # type: ignore[attr-defined]
    with pytest.raises(ExportError, match="are free"):
        world.run(formats=(Format.COPY,))


def test_contact_sheets_show_every_result(world: World) -> None:
    world.run(formats=(Format.CONTACT_SHEET,), k=8)
    pages = sorted(world.out.glob("sheet-*.png"))
    assert len(pages) > 1
    with Image.open(pages[0]) as page:
        colours = np.asarray(page.convert("RGB")).reshape(-1, 3)
    assert (colours == 255).all(axis=1).mean() < 0.95, "there is something on the page"
    pdf = (world.out / "sheet.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") == len(pages)


def test_what_the_screen_shows_is_exported_as_it_is(world: World) -> None:
    library = world.store.library(world.root)
    gallery = library.gallery(world.specs[0])
    ranking = nearest(gallery, gallery.vector(0), Metric.COSINE, None, exclude=gallery.paths[0])
    chosen = np.array([4, 9])
    ranked = Ranked(
        inner_query(library.root, gallery.paths[0]), ranking.order[chosen], ranking.distances[chosen], chosen + 1
    )
    section = ScreenSection("tiny", Metric.COSINE, gallery.paths, [ranked])
    report = finish(
        export_screen(library, world.specs[0], section, world.out, (Format.JSON, Format.CSV, Format.HTML, Format.COPY))
    )
    assert report.rows == 2
    assert [(row["rank"], row["path"], row["distance"]) for row in world.rows()] == [
        (match.rank, match.path, match.distance) for match in (ranking[4], ranking[9])
    ]
    assert (world.out / "files" / "0001").is_dir()
    assert {path.name[:3] for path in (world.out / "files" / "0001").iterdir()} == {"000", "005", "010"}


def test_a_cancelled_export_of_the_screen_leaves_nothing(world: World) -> None:
    library = world.store.library(world.root)
    gallery = library.gallery(world.specs[0])
    ranking = nearest(gallery, gallery.vector(0), Metric.COSINE, None)
    ranked = Ranked(inner_query(library.root, gallery.paths[0]), ranking.order, ranking.distances)
    section = ScreenSection("tiny", Metric.COSINE, gallery.paths, [ranked])
    job = export_screen(library, world.specs[0], section, world.out, (Format.JSON,))
    next(job)
    job.close()
    assert not world.out.exists()


def screen(world: World, paths: list[str] | None = None, query: Query | None = None) -> ScreenSection:
    """All photos, ranked for the first of them."""
    library = world.store.library(world.root)
    gallery = library.gallery(world.specs[0])
    ranking = nearest(gallery, gallery.vector(0), Metric.COSINE, None)
    ranked = Ranked(query or inner_query(library.root, gallery.paths[0]), ranking.order, ranking.distances)
    return ScreenSection("tiny", Metric.COSINE, gallery.paths if paths is None else paths, [ranked])


@pytest.mark.parametrize("named", ["elsewhere", None])
def test_an_export_of_the_screen_that_finds_no_room_names_a_file_and_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", named)

    monkeypatch.setattr(ExportFolder, "commit", full)
    job = export_screen(world.store.library(world.root), world.specs[0], screen(world), world.out, (Format.JSON,))
    with pytest.raises(OSError, match="No space") as caught:
        finish(job)
    assert caught.value.filename == (named or str(world.out))
    assert not world.out.exists()


def test_names_that_are_no_text_are_told_in_a_table_of_the_screen(world: World) -> None:
    """Its paths may be a plain list. Parquet is text: what is no UTF-8 stands beside it as bytes."""
    plain = screen(world)
    paths = ["caf\udce9.jpg", *plain.paths[1:]]
    library = world.store.library(world.root)
    finish(export_screen(library, world.specs[0], screen(world, paths), world.out, (Format.PARQUET,)))
    table = parquet.read_table(world.out / "results.parquet")
    assert table.column("path_bytes").to_pylist()[0] == b"caf\xe9.jpg"
    finish(export_screen(library, world.specs[0], plain, world.out / "plain", (Format.PARQUET,)))
    assert "path_bytes" not in parquet.read_table(world.out / "plain" / "results.parquet").column_names


def test_a_query_that_is_no_file_is_copied_as_its_results(world: World) -> None:
    section = screen(world, query=Query("pasted picture", None, None, None))
    report = finish(export_screen(world.store.library(world.root), world.specs[0], section, world.out, (Format.COPY,)))
    assert report.skipped == ()
    assert sorted(path.name[:3] for path in (world.out / "files" / "0001").iterdir()) == [
        f"{rank:03}" for rank in range(1, 25)
    ]


def test_queries_without_a_result_are_no_rows(world: World) -> None:
    for metric in (Metric.COSINE, Metric.EUCLIDEAN):
        out = world.out / str(metric)
        report = world.run(out=out, metrics=(metric,), max_distance=0.0, formats=(Format.PARQUET, Format.CSV))
        assert (report.queries, report.rows) == (24, 0)
        assert parquet.read_table(out / "results.parquet").num_rows == 0
        assert len((out / "results.csv").read_bytes().splitlines()) == 1


@pytest.mark.parametrize("rows", [1, 72, 1000])
def test_a_table_has_all_rows_however_many_go_together(
    world: World, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("engine.export_table.PARQUET_ROWS", rows)
    world.run(formats=(Format.PARQUET, Format.JSON))
    table = parquet.read_table(world.out / "results.parquet")
    assert [(row["query"], row["rank"], row["path"]) for row in table.to_pylist()] == [
        (row["query"], row["rank"], row["path"]) for row in world.rows()
    ]


def test_a_sheet_says_where_there_is_no_picture(world: World) -> None:
    world.run(formats=(Format.CONTACT_SHEET,), queries=str(world.queries / "red" / "query.png"), k=1)
    shown = np.asarray(Image.open(world.out / "sheet-001.png").convert("RGB")).astype(int)
    (gone,) = {row["path"] for row in _only_result(world)}
    (world.root / gone).unlink()
    world.run(
        formats=(Format.CONTACT_SHEET,), queries=str(world.queries / "red" / "query.png"), k=1, out=world.out / "gone"
    )
    blank = np.asarray(Image.open(world.out / "gone" / "sheet-001.png").convert("RGB")).astype(int)
    assert blank.shape == shown.shape
    assert np.abs(blank - shown).max() > 100
    assert (blank == 255).all(axis=2).mean() > (shown == 255).all(axis=2).mean()


def _only_result(world: World) -> list[dict[str, Any]]:
    out = world.out.parent / "rows"
    world.run(queries=str(world.queries / "red" / "query.png"), k=1, out=out)
    rows: list[dict[str, Any]] = json.loads((out / "results.json").read_bytes())
    return rows


def test_a_page_shows_photos_whose_thumbnails_are_not_kept(world: World, tmp_path: Path) -> None:
    with closing(ThumbnailStore(tmp_path / "thumbnails")) as empty:
        finish(export(world.store, world.request(formats=(Format.HTML,)), thumbnails=empty))
    world.run(formats=(Format.HTML,), out=world.out / "without")
    with_store, without = (
        re.findall(r"/9j/[A-Za-z0-9+/]{100,}", (folder / "index.html").read_text())
        for folder in (world.out, world.out / "without")
    )
    assert len(with_store) == 24
    assert with_store == without


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("a.jpg", "001-a.jpg"),
        ("x" * 300 + ".jpg", "001-" + "x" * 247 + ".jpg"),
        ("é" * 200 + ".jpg", "001-" + "é" * 123 + ".jpg"),
        ("a." + "e" * 40, "001-a." + "e" * 40),
        ("a." + "e" * 300, "001-a." + "e" * 249),
    ],
)
def test_copies_of_long_names_keep_their_extension_where_it_is_one(name: str, copied: str) -> None:
    found = copied_name("001", name)
    assert found == copied
    assert len(os.fsencode(found)) <= 255


def test_a_block_is_cut_like_a_list(world: World) -> None:
    (block,) = screen(world).blocks()
    assert [ranked.order.tolist() for ranked in block[:5]] == [ranked.order.tolist() for ranked in block]
    assert block[1:] == []


def test_a_run_of_another_version_says_so(world: World) -> None:
    world.run()
    manifest = world.out / "manifest.json"
    told = json.loads(manifest.read_bytes())
    told["program"]["version"] = "0.0.1"
    manifest.write_text(json.dumps(told))
    changes = read_run(manifest).changes(world.store.library(world.root), [spec.path.parent for spec in world.specs])
    assert len(changes) == 1
    assert changes[0].startswith("it was made with ")
    assert "0.0.1; this is " in changes[0]


def test_progress_counts_queries_in_every_stage(world: World) -> None:
    job = export(world.store, world.request(queries=str(world.queries), formats=(Format.CSV, Format.HTML)))
    seen: dict[str, list[Progress]] = {}
    for progress in job:
        seen.setdefault(progress.stage, []).append(progress)
    assert list(seen) == ["embedding", "ranking", "csv", "html"]
    for reports in seen.values():
        assert [report.done for report in reports] == sorted(report.done for report in reports)
        assert (reports[-1].done, reports[-1].total) == (4, 4)


def test_a_csv_is_what_rfc_4180_says(world: World) -> None:
    world.run(formats=(Format.CSV,), k=1)
    data = (world.out / "results.csv").read_bytes()
    assert data.startswith(b"query,rank,path,distance,metric,model,query_label,label\r\n")
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert len(list(csv.reader(io.StringIO(data.decode())))) == 25


def test_a_manifest_that_was_begun_when_the_run_was_killed_is_no_output(world: World) -> None:
    job = export(world.store, world.request())
    while next(job).stage != "json":
        pass
    job.close()
    (world.out / PARTIAL / "done" / ".manifest.json.99.tmp").write_text("{")
    world.run(resume=True)
    assert files_in(world.out) == {"results.json", "manifest.json"}
