"""`export`, `evaluate` and `open` as a script meets them: each field of their answers is documented, and is there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import both_stores
from tests.test_cli import Cli, cli
from tests.test_docs import section_of

__all__ = ["cli"]


def words_of(command: str) -> set[str]:
    """Every word in backquotes in a command's section of docs/cli.md; a K in it stands for 1, 10 and 50."""
    words = {word for part in section_of(command).split("`")[1::2] for word in re.findall(r"\w+", part)}
    return words | {word[:-1] + k for word in words if word.endswith("_K") for k in ("1", "10", "50")}


def fields(value: Any, *, but: tuple[str, ...] = ()) -> set[str]:
    """The names of all fields, also of those inside others; not inside those named by `but`, whose keys are data."""
    found: set[str] = set()
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= {key} | (set() if key in but else fields(inner, but=but))
    elif isinstance(value, list):
        found = set().union(*(fields(item, but=but) for item in value))
    return found


@pytest.fixture
def run(cli: Cli, photo_folder: Path, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "broken.png").write_bytes(b"none")
    (tmp_path / "list.txt").write_text(f"blue/1.jpg\n{tmp_path / 'queries' / 'broken.png'}\n")
    words = ("--queries", tmp_path / "list.txt", "--out", tmp_path / "out", "-k", 3, "--max-distance", 0.9)
    answer: dict[str, Any] = cli("export", photo_folder, *words, "--json").json
    return answer


def test_the_answer_of_export_holds_what_is_documented(run: dict[str, Any], tmp_path: Path) -> None:
    assert set(run) == {"out", "queries", "rows", "files", "skipped", "seconds"}
    assert fields(run) <= words_of("export")
    assert (run["out"], run["queries"]) == (str(tmp_path / "out"), 2)
    assert sorted(run["files"]) == ["results.csv", "results.json"]
    assert [set(item) for item in run["skipped"]] == [{"path", "reason"}]
    rows = json.loads((tmp_path / "out" / "results.json").read_bytes())
    assert len(rows) == run["rows"]
    assert {*rows[0]} <= words_of("export")


def test_the_manifest_holds_what_is_documented(run: dict[str, Any], tmp_path: Path) -> None:
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    described = words_of("export") | words_of("models")
    of_a_query = {"name", "in_library"}
    assert fields(manifest, but=("packages", "quality")) - described <= of_a_query
    assert (manifest["k"], manifest["max_distance"], manifest["rows"]) == (3, 0.9, run["rows"])


def test_the_answer_of_open_holds_what_is_documented(
    cli: Cli, run: dict[str, Any], photo_folder: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "out" / "manifest.json"
    answer = cli("open", manifest, "--json").json
    assert set(answer) == {"manifest", "library", "models", "metrics", "k", "max_distance", "changes"}
    assert fields(answer) <= words_of("open")
    assert (answer["manifest"], answer["library"]) == (str(manifest), str(photo_folder))
    assert (answer["k"], answer["max_distance"], answer["changes"]) == (3, 0.9, [])
    (photo_folder / "blue" / "0.jpg").unlink()
    cli("index", photo_folder)
    assert cli("open", manifest, "--json").json["changes"]


@both_stores
def test_the_answer_of_evaluate_holds_what_is_documented(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    (photo_folder / "alone").mkdir()
    (photo_folder / "blue" / "0.jpg").rename(photo_folder / "alone" / "0.jpg")
    two = ("--metric", "cosine", "--metric", "euclidean")
    answer = cli("evaluate", photo_folder, *two, "--json").json
    assert set(answer) == {"library", "queries", "evaluations", "comparisons", "skipped"}
    assert fields(answer) <= words_of("evaluate")
    assert len(answer["evaluations"]) == 2
    measured = answer["evaluations"][0]
    named = set(re.findall(r"^\| `(\w+)`", section_of("evaluate").partition("The metrics; k is")[2], re.MULTILINE))
    assert {re.sub(r"\d+$", "K", name) for name in measured["metrics"]} >= named - {"recall_at_K"}
    assert measured["lone_labels"] == ["alone"]
    assert measured["leave_one_out"] is True
    assert set(measured["metrics"]["map"]) == {"value", "low", "high", "queries"}
    assert set(answer["comparisons"][0]) == {"first", "second", "queries", "differences"}
