"""The commands that tell what a distance means, as a person or a script meets them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import CLASSES, both_stores, draw_photo
from tests.test_cli import Cli, cli
from tests.test_docs import section_of

__all__ = ["cli"]


def documented(command: str, value: object) -> None:
    """Every field of an answer stands in the section of its command."""
    section = section_of(command)
    fields: set[str] = set()

    def collect(item: object) -> None:
        if isinstance(item, dict):
            for key, inner in item.items():
                if key == "other_ranks":
                    fields.add(key)
                    continue
                fields.add(key)
                collect(inner)
        elif isinstance(item, list):
            for inner in item:
                collect(inner)

    collect(value)
    assert [field for field in sorted(fields) if f"`{field}`" not in section] == []


@both_stores
def test_calibrate_tells_how_rare_a_distance_is(cli: Cli, photo_folder: Path) -> None:
    answer = cli("calibrate", photo_folder, "--json").json
    documented("calibrate", answer)
    distances = [row["distance"] for row in answer["distances"]]
    assert distances == sorted(distances, reverse=True)
    assert answer["pairs"] == answer["photos"] * (answer["photos"] - 1) // 2
    # The drawn photos lie in folders by colour and shape: near ones share theirs, far ones do not.
    assert answer["match_rates"][0]["share"] > answer["match_rates"][-1]["share"]
    assert "is nearer than 99 % of pairs" in cli("calibrate", photo_folder, "--metric", "euclidean").out


def test_calibrate_needs_two_photos(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "lonely"
    folder.mkdir()
    draw_photo(next(iter(CLASSES)), 1).save(folder / "one.jpg")
    ran = cli("calibrate", folder)
    assert ran.status == 2
    assert "at least two photos" in ran.err


@both_stores
def test_compare_lays_two_models_side_by_side(cli: Cli, photo_folder: Path) -> None:
    query = sorted(photo_folder.rglob("*.jpg"))[0]
    names = ("vit-tiny-imagenet", "tiny-two")
    words = [word for name in names for word in ("--model", name)]
    answer = cli("compare", photo_folder, query, *words, "-k", 5, "--json").json
    documented("compare", answer)
    first, second = answer["columns"]
    assert [row["rank"] for row in first["results"]] == [1, 2, 3, 4, 5]
    searched = cli("search", photo_folder, query, "-k", 5, "--model", names[1], "--json").json["results"]
    assert [(row["path"], row["distance"]) for row in second["results"]] == [
        (row["path"], row["distance"]) for row in searched
    ]
    shared = {row["path"] for row in first["results"]} & {row["path"] for row in second["results"]}
    (pair,) = answer["pairs"]
    assert pair["overlap"] == len(shared) / 5
    assert 0 <= pair["library_overlap"] <= 1
    assert all(row["alone"] == (row["path"] not in shared) for row in first["results"])
    assert "share" in cli("compare", photo_folder, query, *words).out


def test_compare_takes_one_model_under_both_distances_but_not_one_ranking(cli: Cli, photo_folder: Path) -> None:
    query = sorted(photo_folder.rglob("*.jpg"))[0]
    both = cli("compare", photo_folder, query, "--metric", "cosine", "--metric", "euclidean", "--json").json
    assert len(both["columns"]) == 2
    ran = cli("compare", photo_folder, query)
    assert ran.status == 2
    assert "two models or two metrics" in ran.err


@both_stores
def test_duplicates_finds_copies_and_changes_nothing(cli: Cli, photo_folder: Path) -> None:
    original = sorted(photo_folder.rglob("*.jpg"))[3]
    copy, resaved = photo_folder / "copy.jpg", photo_folder / "resaved.jpg"
    copy.write_bytes(original.read_bytes())
    Image.open(original).save(resaved, quality=60)
    before = {path: path.read_bytes() for path in photo_folder.rglob("*") if path.is_file()}
    answer = cli("duplicates", photo_folder, "--json").json
    documented("duplicates", answer)
    relative = original.relative_to(photo_folder).as_posix()
    (group,) = [group for group in answer["groups"] if "copy.jpg" in group["paths"]]
    assert {relative, "copy.jpg", "resaved.jpg"} <= set(group["paths"])
    assert group["distances"][0] == pytest.approx(0.0, abs=1e-9)
    assert {path: path.read_bytes() for path in photo_folder.rglob("*") if path.is_file()} == before
    assert "copy.jpg" in cli("duplicates", photo_folder).out


def test_explain_draws_both_pictures(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    first, second = sorted(photo_folder.rglob("*.jpg"))[:2]
    out = tmp_path / "why.png"
    inside = first.relative_to(photo_folder)
    answer = cli("explain", photo_folder, inside, second, "--out", out, "--json").json
    documented("explain", answer)
    assert answer["method"] == "occlusion"
    with Image.open(out) as drawn:
        assert drawn.width > 2 * 480
        assert np.asarray(drawn).std() > 10
    assert f"similarity {answer['similarity']:.4f}" in cli("explain", photo_folder, first, second, "--out", out).out


def test_explain_writes_nothing_into_the_library(cli: Cli, photo_folder: Path) -> None:
    first, second = sorted(photo_folder.rglob("*.jpg"))[:2]
    out = photo_folder / "why.png"
    ran = cli("explain", photo_folder, first, second, "--out", out)
    assert ran.status == 2
    assert "nothing is written there" in ran.err
    assert not out.exists()


def test_a_picture_that_cannot_be_read_is_named(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    ran = cli("explain", photo_folder, broken, broken, "--out", tmp_path / "why.png")
    assert ran.status == 1
    assert "broken.jpg: not an image" in ran.err


@both_stores
def test_robustness_tells_what_the_model_sees(cli: Cli, photo_folder: Path) -> None:
    query = sorted(photo_folder.rglob("*.jpg"))[0]
    answer = cli("robustness", photo_folder, query, "-k", 5, "--json").json
    documented("robustness", answer)
    assert answer["k"] == 5
    told = {one["name"]: one for one in answer["variations"]}
    for one in told.values():
        assert one["overlap"] == sum(rank <= 5 for rank in one["ranks"]) / 5
        assert one["rank_change"] == pytest.approx(np.abs(np.array(one["ranks"]) - np.arange(1, 6)).mean())
    # The network sums up a grid of cells: what re-compression changes is small against a quarter turn.
    assert told["jpeg"]["distance"] < told["quarter-turn"]["distance"]
    levels = [*answer["hardly_seen"], *answer["somewhat_seen"], *answer["clearly_seen"]]
    assert sorted(levels) == sorted(told)
    assert "the model hardly sees" in cli("robustness", photo_folder, query).out


def test_robustness_of_a_picture_from_elsewhere_has_no_rank_of_its_own(
    cli: Cli, photo_folder: Path, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.jpg"
    draw_photo("red", 999).save(stranger)
    answer = cli("robustness", photo_folder, stranger, "--metric", "euclidean", "--json").json
    assert (answer["metric"], answer["k"]) == ("euclidean", 12)
    assert {one["own_rank"] for one in answer["variations"]} == {None}
    assert "the photo itself" not in cli("robustness", photo_folder, stranger).out


def test_robustness_needs_a_ranking(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    query = sorted(photo_folder.rglob("*.jpg"))[0]
    ran = cli("robustness", photo_folder, query, "-k", 0)
    assert (ran.status, "-k must be at least 1" in ran.err) == (2, True)
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    draw_photo("red", 1).save(lonely / "one.jpg")
    ran = cli("robustness", lonely, lonely / "one.jpg")
    assert (ran.status, "2 other photos; there are 0" in ran.err) == (2, True)
    draw_photo("blue", 2).save(lonely / "two.jpg")
    cli("index", lonely)
    ran = cli("robustness", lonely, lonely / "one.jpg")
    assert (ran.status, "2 other photos; there are 1" in ran.err) == (2, True)
    assert cli("robustness", lonely, query, "--json").json["k"] == 1
