"""What commands say to people, without `--json`: the same figures, in words that do not mislead."""

import logging
import re
from pathlib import Path

import numpy as np
import pytest

import main
from engine.bootstrap import Interval
from engine.commands.evaluate import _comparison_line
from engine.evaluate import Comparison
from engine.metric import Metric
from tests.conftest import draw_photo
from tests.test_cli import Cli, cli
from tests.test_cli_adapt import sorted_photos

__all__ = ["cli", "sorted_photos"]


def test_evaluate_prints_what_it_has_measured_and_what_it_left_out(
    cli: Cli, photo_folder: Path, tmp_path: Path
) -> None:
    (photo_folder / "alone").mkdir()
    draw_photo("red", 77).save(photo_folder / "alone" / "only.png")
    draw_photo("red", 78).save(photo_folder / "loose.png")
    cli("index", photo_folder)
    words = ("evaluate", photo_folder, "--metric", "cosine", "--metric", "euclidean")
    text = cli(*words).out
    first, _ = cli(*words, "--json").json["evaluations"]
    assert f"{first['model']}, cosine: {first['queries']} queries against the rest" in text
    map_ = first["metrics"]["map"]
    assert re.search(rf"mAP +{map_['value']:.4f}  \({map_['low']:.4f} to {map_['high']:.4f}\)", text)
    blue = next(row for row in first["per_class"] if row["label"] == "blue")
    assert re.search(rf"blue +6 +6  {blue['metrics']['map']:.4f}", text)
    assert re.search(r"alone +0 +1  –", text)  # its only photo has nothing to find
    assert "labels of one photo only: alone" in text
    assert "1 queries have no photo of their label in the library, left out: alone/only.png" in text
    assert "without a label: 1 queries, 1 photos of the library" in text
    assert " mAP" in text.splitlines()[-1]
    assert "is better than" in text.splitlines()[-1]


def test_evaluate_names_the_queries_that_it_could_not_read(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "queries" / "purple").mkdir(parents=True)
    draw_photo("blue", 80).save(tmp_path / "queries" / "purple" / "strange.png")
    (tmp_path / "queries" / "purple" / "broken.jpg").write_bytes(b"no picture")
    text = cli("evaluate", photo_folder, "--queries", tmp_path / "queries").out
    assert "1 queries against 24 photos" in text
    assert re.search(r"mAP +–", text)  # nothing of that label is there: not a zero
    assert re.search(r"skipped \S*broken.jpg: not an image", text)


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(0.25, 0.15, 0.35, 9), "a, cosine is better than b, euclidean by 0.2500 ± 0.1000 mAP"),
        (Interval(-0.25, -0.35, -0.15, 9), "b, euclidean is better than a, cosine by 0.2500 ± 0.1000 mAP"),
        (
            Interval(-0.1, -0.3, 0.1, 9),
            "b, euclidean is better than a, cosine by 0.1000 ± 0.2000 mAP, which may be chance",
        ),
        (Interval(None, None, None, 0), "a, cosine and b, euclidean have no query in common"),
    ],
)
def test_a_difference_is_told_from_the_better_side_and_chance_is_called_chance(interval: Interval, said: str) -> None:
    pair = Comparison(("a", Metric.COSINE), ("b", Metric.EUCLIDEAN), interval.queries, {"map": interval})
    assert _comparison_line(pair) == said


def test_models_and_libraries_are_lines_that_can_be_read(cli: Cli, photo_folder: Path, model_folder: Path) -> None:
    text = cli("models").out
    assert "vit-tiny-imagenet (default): Tells drawn colours" in text
    assert "32×32 pixels, 16 dimensions, cosine distance" in text
    assert "tiny-two: " in text
    assert "8 dimensions, euclidean distance" in text
    assert "    mAP on nothing: 0.0" in text
    cli("index", photo_folder)
    assert re.fullmatch(rf"24\t\d{{4}}-\d\d-\d\d \d\d:\d\d\t{re.escape(str(photo_folder))}\n", cli("libraries").out)
    assert "forgotten" in cli("libraries", "--forget", photo_folder).out
    assert re.search(r"\d", cli("libraries", "--compact").out)


def test_photos_that_are_not_embedded_yet_are_told_when_others_are_searched(
    cli: Cli, photo_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cli("index", photo_folder, "--model", "tiny-two")
    draw_photo("red", 81).save(photo_folder / "red" / "new.png")
    cli("index", photo_folder)  # the default model alone sees the new one
    caplog.set_level(logging.WARNING)
    assert cli("search", photo_folder, photo_folder / "red" / "0.jpg", "--model", "tiny-two").status == 0
    assert "1 photos are not embedded with tiny-two yet: `index` embeds them" in caplog.text


@pytest.mark.parametrize("command", ["index", "search", "export"])
def test_hardware_that_is_not_there_is_told_and_the_cpu_does_it(
    cli: Cli, photo_folder: Path, tmp_path: Path, command: str
) -> None:
    rest = {
        "index": [],
        "search": [photo_folder / "red" / "0.jpg"],
        "export": ["--queries", photo_folder / "red", "--out", tmp_path / "out"],
    }[command]
    ran = cli("--provider", "directml", command, photo_folder, *rest)
    assert ran.status == 0, ran.err
    assert "directml is not offered" in ran.err
    assert "running on cpu" in ran.err


def test_adapt_says_which_labels_it_left_out_and_why(cli: Cli, sorted_photos: Path) -> None:
    for label, count in (("few", 1), ("other", 4)):
        (sorted_photos / label).mkdir()
        for number in range(count):
            draw_photo("red", 82 + number).save(sorted_photos / label / f"{number}.png")
    text = cli("adapt", sorted_photos, "--only", "black", "--only", "white").out
    assert re.search(r"few +1  \(too few\)$", text, re.MULTILINE)
    assert re.search(r"other +4  \(not chosen\)$", text, re.MULTILINE)
    assert re.search(r"white +\d+$", text, re.MULTILINE)
    assert re.search(r"the difference is [+]\d\.\d{4} \([+]\d\.\d{4} to [+]\d\.\d{4}\)\n", text)
    assert "kept as my-sorted-photos: " in text


def test_adapt_keeps_a_model_without_a_gain_where_it_is_told_to(cli: Cli, sorted_photos: Path, tmp_path: Path) -> None:
    """Labels that mean nothing: half of each folder has the other's name."""
    paths = sorted(file.relative_to(sorted_photos).as_posix() for file in sorted_photos.rglob("*.png"))
    drawn = np.random.default_rng(3).permutation(["x", "y"] * (len(paths) // 2))
    (tmp_path / "labels.csv").write_text(
        "path,label\n" + "".join(f"{path},{label}\n" for path, label in zip(paths, drawn, strict=True))
    )
    words = ("adapt", sorted_photos, "--labels", tmp_path / "labels.csv")
    assert "so the adapted model was not kept" in cli(*words).out
    text = cli(*words, "--keep").out
    assert "no gain could be shown; kept all the same as my-sorted-photos: " in text


def test_export_names_the_queries_that_it_left_out(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"blue/1.jpg\n{tmp_path / 'none.jpg'}\n")
    text = cli("export", photo_folder, "--queries", tmp_path / "list.txt", "--out", tmp_path / "out", "-k", 2).out
    assert f"2 results of 1 queries in {tmp_path / 'out'}" in text
    assert re.search(r"^skipped \S*none.jpg: .*no such file", text, re.MULTILINE)


def test_export_of_pictures_from_outside_says_what_hardware_is_not_there(
    cli: Cli, photo_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    draw_photo("red", 91).save(tmp_path / "outside" / "one.png")
    cli("index", photo_folder)
    words = ("export", photo_folder, "--queries", tmp_path / "outside", "--out", tmp_path / "out")
    ran = cli("--provider", "directml", *words)
    assert ran.status == 0, ran.err
    assert "directml is not offered" in ran.err


def test_calibrate_tells_no_share_of_matches_where_nothing_is_labelled(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    for number in range(6):
        draw_photo("red", 60 + number).save(tmp_path / "flat" / f"{number}.png")
    text = cli("calibrate", tmp_path / "flat").out
    assert "15 pairs of 6 photos" in text
    assert "have the same label" not in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("search", "X", "Y", "-k", "-1"), "-1 is below 0"),
        (("search", "X", "Y", "-k", "some"), "invalid count value: 'some'"),
        (("cluster-index", "X", "--workers", "0"), "0 is below 1"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(list(words)) == main.WRONG_USE
    assert said in capsys.readouterr().err


def test_duplicates_refuses_a_file_before_it_begins(cli: Cli, photo_folder: Path, tmp_path: Path) -> None:
    ran = cli("duplicates", photo_folder, "--out", tmp_path / "groups.txt")
    assert (ran.status, "has to end with .csv or .json" in ran.err) == (main.WRONG_USE, True)
    ran = cli("duplicates", photo_folder, "--out", photo_folder / "groups.csv")
    assert (ran.status, "nothing is written there" in ran.err) == (main.WRONG_USE, True)
    ran = cli("duplicates", photo_folder, "--out", tmp_path / "groups.csv")
    assert ran.status == 0, ran.err
    assert (tmp_path / "groups.csv").read_text().startswith("group,certainty,path")
