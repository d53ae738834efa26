"""What `evaluate` says, computed a second time: from the rankings that `export` writes, by the definitions alone.

Nothing here comes from the engine but the two answers that are compared. Each measure is written as one reads it in a
textbook, over a list that says of each rank whether the photo there is relevant.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import main
from tests.conftest import draw_photo
from tests.test_cli import Cli, cli

__all__ = ["cli"]

CLOSE = 1e-9
KS = (1, 10, 50)


def rankings(file: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each query, by rank."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(file.read_bytes()):
        found.setdefault(row["query"], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: row["rank"])
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
        distances = [row["distance"] for row in rows]
        assert distances == sorted(distances)
    return found


def measures(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """Every measure of one query with at least one relevant photo; None where it is not defined."""
    relevant = [row["label"] == row["query_label"] for row in rows]
    total = sum(relevant)
    ranks = [rank for rank, hit in enumerate(relevant, 1) if hit]

    def precision(rank: int) -> float:
        return sum(relevant[:rank]) / rank

    found: dict[str, float | None] = {
        "map": sum(precision(rank) for rank in ranks) / total,
        "r_precision": precision(total),
        "mrr": 1 / ranks[0],
        "mean_rank": sum(ranks) / total,
        "mean_first_rank": ranks[0],
    }
    for k in KS:
        hits = [rank for rank in ranks if rank <= k]
        found[f"map_at_{k}"] = sum(precision(rank) for rank in hits) / min(total, k)
        found[f"recall_at_{k}"] = len(hits) / total
        found[f"precision_at_{k}"] = len(hits) / k
        found[f"hit_at_{k}"] = 1.0 if hits else 0.0
        found[f"original_map_at_{k}"] = sum(precision(rank) for rank in hits) / len(hits) if hits else None
    # The relevant photo that the gallery lists first: paths are listed in the order of their code points.
    first = min((row for row, hit in zip(rows, relevant, strict=True) if hit), key=lambda row: row["path"])
    found["original_mean_rank"] = first["rank"]
    return found


def means(of: list[dict[str, float | None]]) -> Iterator[tuple[str, float]]:
    for name in of[0]:
        defined = [one[name] for one in of if one[name] is not None]
        if defined:
            yield name, sum(value for value in defined if value is not None) / len(defined)


def agree(file: Path, evaluation: dict[str, Any]) -> float:
    """Compares all measures, and those of each label; returns the mAP."""
    found = rankings(file)
    assert len(found) == evaluation["queries"] - len(evaluation["without_relevant"])
    by_query = {query: measures(rows) for query, rows in found.items()}
    told = evaluation["metrics"]
    assert set(told) == set(next(iter(by_query.values())))
    for name, mean in means(list(by_query.values())):
        assert abs(told[name]["value"] - mean) < CLOSE, name
        assert told[name]["low"] <= mean <= told[name]["high"], name
    for part in evaluation["per_class"]:
        own = [one for query, one in by_query.items() if found[query][0]["query_label"] == part["label"]]
        assert len(own) == part["queries"]
        for name, mean in means(own) if own else ():
            assert abs(part["metrics"][name] - mean) < CLOSE, (part["label"], name)
    worst = min(by_query.items(), key=lambda item: item[1]["map"] or 0.0)
    assert abs(evaluation["worst"][0]["average_precision"] - (worst[1]["map"] or 0.0)) < CLOSE
    return float(told["map"]["value"])


@pytest.fixture
def labelled_queries(tmp_path: Path) -> Path:
    """Three pictures of each label, of which one shows something else."""
    folder = tmp_path / "queries"
    labels = ("blue", "green", "red", "yellow")
    for number, label in enumerate(labels):
        (folder / label).mkdir(parents=True)
        for copy in range(3):
            shown = labels[number - 1] if copy == 2 else label
            draw_photo(shown, 900 + 10 * number + copy).save(folder / label / f"{copy}.png")
    return folder


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_on_drawn_photos_every_measure_agrees(
    cli: Cli, photo_folder: Path, labelled_queries: Path, tmp_path: Path, metric: str
) -> None:
    options = ["--metric", metric, "--json"]
    out = tmp_path / "out"
    cli("export", photo_folder, "--queries", labelled_queries, "-k", 0, "--format", "json", "--out", out, *options)
    told = cli("evaluate", photo_folder, "--queries", labelled_queries, *options).json["evaluations"][0]
    assert told["queries"] == 12
    assert 0 < agree(out / "results.json", told) < 1


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_leaving_one_out_every_measure_agrees(cli: Cli, photo_folder: Path, tmp_path: Path, metric: str) -> None:
    (photo_folder / "blue" / "0.jpg").rename(photo_folder / "blue" / "ZZ.jpg")  # the list is not that of the drawing
    options = ["--metric", metric, "--json"]
    out = tmp_path / "out"
    cli("export", photo_folder, "--queries", "all", "-k", 0, "--format", "json", "--out", out, *options)
    told = cli("evaluate", photo_folder, *options).json["evaluations"][0]
    assert told["leave_one_out"]
    assert 0 < agree(out / "results.json", told) < 1


@pytest.mark.har
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_on_the_har_photos_every_measure_agrees(
    har_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery, queries, out = har_folder / "gallery", har_folder / "query", tmp_path / "out"

    def answer(*words: object) -> Any:
        capsys.readouterr()
        assert main.run([*map(str, words), "--json", "--data-dir", str(tmp_path / "data")]) == 0
        return json.loads(capsys.readouterr().out)

    wrote = answer("export", gallery, "--queries", queries, "-k", 0, "--format", "json", "--out", out)
    told = answer("evaluate", gallery, "--queries", queries)["evaluations"][0]
    assert wrote["rows"] == told["gallery_size"] * told["queries"]
    assert 0 < agree(out / "results.json", told) < 1
