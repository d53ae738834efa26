"""The command `adapt` as a person or a script meets it: a model of one's own, its gain, and the way to be rid of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import both_stores
from tests.test_cli import Cli, cli
from tests.test_cli_understand import documented

__all__ = ["cli"]

EACH = 20


@pytest.fixture
def sorted_photos(tmp_path: Path) -> Path:
    """Two folders whose photos differ in one corner, white or black, and among themselves in everything else."""
    root = tmp_path / "sorted photos"
    random = np.random.default_rng(1)
    for label, corner in (("white", 255), ("black", 0)):
        (root / label).mkdir(parents=True)
        for number in range(EACH):
            picture = np.kron(random.integers(0, 256, (4, 4, 3)), np.ones((16, 16, 1))).astype(np.uint8)
            picture[:16, :16] = corner
            Image.fromarray(picture).save(root / label / f"{number:02}.png")
    return root


@both_stores
def test_an_own_model_gains_ranks_and_is_thrown_away(cli: Cli, sorted_photos: Path, data_dir: Path) -> None:
    answer = cli("adapt", sorted_photos, "--json").json
    documented("adapt", answer)
    assert answer["gains"] is True
    assert answer["gain"]["low"] > 0
    assert answer["map_after"] - answer["map_before"] == pytest.approx(answer["gain"]["value"])
    assert answer["name"] == "my-sorted-photos"
    assert Path(answer["file"]).parent == data_dir / "models"
    assert [(one["label"], one["photos"]) for one in answer["labels"]] == [("black", EACH), ("white", EACH)]

    listed = {model["name"]: model for model in cli("models", "--json").json}
    assert listed["my-sorted-photos"]["quality"]["mAP gain"].startswith(f"{answer['gain']['value']:+.3f}")
    measured = cli(
        "evaluate", sorted_photos, "--model", "my-sorted-photos", "--model", "vit-tiny-imagenet", "--json"
    ).json
    own, base = (one["metrics"]["map"]["value"] for one in measured["evaluations"])
    assert own > base

    assert cli("models", "--throw-away", "my-sorted-photos", "--json").json == {"thrown_away": "my-sorted-photos"}
    assert "my-sorted-photos" not in {model["name"] for model in cli("models", "--json").json}
    assert not list((data_dir / "models").iterdir())


def test_labels_that_mean_nothing_are_told_and_nothing_is_kept(
    cli: Cli, sorted_photos: Path, data_dir: Path, tmp_path: Path
) -> None:
    paths = sorted(file.relative_to(sorted_photos).as_posix() for file in sorted_photos.rglob("*.png"))
    drawn = np.random.default_rng(3).permutation(["x", "y"] * EACH)
    table = tmp_path / "labels.csv"
    table.write_text("".join(f"{path},{label}\n" for path, label in zip(paths, drawn, strict=True)))
    ran = cli("adapt", sorted_photos, "--labels", table)
    assert ran.status == 0
    assert "no gain could be shown" in ran.out
    assert not (data_dir / "models").exists()
    kept = cli("adapt", sorted_photos, "--labels", table, "--keep", "--name", "any", "--json").json
    assert (kept["gains"], kept["name"]) == (False, "any")
    assert cli("search", sorted_photos, sorted_photos / paths[0], "--model", "any", "--json").json["model"] == "any"


def test_what_cannot_be_adapted_is_one_line(cli: Cli, sorted_photos: Path, photo_folder: Path) -> None:
    for words, reason in (
        ((sorted_photos, "--only", "white"), "at least 2 folders"),
        ((sorted_photos, "--only", "grey"), "no photo has this label"),
        ((sorted_photos, "--name", "tiny-two"), "a model named 'tiny-two' already"),
        ((sorted_photos, "--name", "../up"), "is no name for a model"),
        ((sorted_photos / "white",), "at least 2 folders"),
    ):
        ran = cli("adapt", *words)
        assert (ran.status, reason in ran.err, ran.err.count("\n")) == (2, True, 1), ran.err
    ran = cli("models", "--throw-away", "tiny-two")
    assert ran.status == 2
    assert "not one of your own" in ran.err
    cli("adapt", sorted_photos, "--name", "first")
    assert "choose vit-tiny-imagenet" in cli("adapt", sorted_photos, "--model", "first").err
    assert photo_folder.is_dir()
