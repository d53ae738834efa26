"""The report on finished models, and the page of pairs."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.spec import read_spec
from tests.tiny_models import build_tiny_model
from training import evaluate
from training.data import read_labelled
from training.pairs import page, sample_pairs


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    build_tiny_model(path, "tiny", labels=("blue", "green", "red"))
    return path


def test_the_report_holds_every_model_and_both_definitions(
    model: Path, labelled_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    command = ["--data", str(labelled_data), "--models", str(model), "--out", str(out), "--write-quality"]
    assert evaluate.main(command) == 0
    text = (out / "evaluation.md").read_text(encoding="utf-8")
    assert text.strip() in capsys.readouterr().out
    for words in ("| accuracy |", "| mAP@10 |", "| original's mAP@10 |", "| original's mean rank |", "| red |"):
        assert words in text
    (report,) = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    assert report["rankings"]["gallery_size"] == 15
    assert report["rankings"]["metrics"]["original_map_at_1"]["value"] == 1.0
    assert np.sum(report["confusion of predictions"]) == 15 + 6
    described = read_spec(model).quality
    assert described["mAP"] == pytest.approx(report["rankings"]["metrics"]["map"]["value"], abs=1e-3)
    assert described["accuracy"] == pytest.approx(report["accuracy"]["value"], abs=1e-3)


def test_a_second_run_embeds_nothing_again(model: Path, labelled_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    first = evaluate.run(labelled_data, [model], {}, out)
    for path in (labelled_data / "gallery").rglob("*.png"):
        path.write_bytes(b"no picture any more")
    gallery = read_labelled(labelled_data / "gallery")
    query = read_labelled(labelled_data / "query")
    assert len(gallery) == 15
    found, _ = evaluate.stored(next(out.glob("*.npz")), len(gallery) + len(query)) or pytest.fail("nothing was kept")
    again = evaluate.measure("tiny", read_spec(model), gallery, query, found, 1.0)
    assert again.rankings.metrics["map"] == first[0].rankings.metrics["map"]


def test_other_labels_give_no_accuracy(
    model: Path, labelled_data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for split in ("gallery", "query"):
        (labelled_data / split / "red").rename(labelled_data / split / "rose")
    (report,) = evaluate.run(labelled_data, [model], {}, tmp_path / "report")
    assert report.accuracy is None
    assert "other labels" in caplog.text


def test_what_is_missing_is_said_in_one_line(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--data", str(tmp_path), "--models", str(model), "--out", str(tmp_path / "o")]) == 2
    assert "gallery is not a folder" in capsys.readouterr().err


def test_sample_pairs_have_the_numbers_of_their_vectors(labelled_data: Path) -> None:
    gallery, query = read_labelled(labelled_data / "gallery"), read_labelled(labelled_data / "query")
    one_hot = np.eye(3, dtype=np.float32)
    pairs = sample_pairs(query, gallery, one_hot[query.labels], one_hot[gallery.labels], count=3)
    assert [pair.positive for pair in pairs] == [True] * 3 + [False] * 3
    for pair in pairs:
        assert pair.similarity == pytest.approx(1.0 if pair.positive else 0.0)
        assert pair.distance == pytest.approx(0.0 if pair.positive else 2**0.5)
        assert (pair.left.parent.name == pair.right.parent.name) == pair.positive
    text = page([("a <model>", pairs)])
    assert text.count("<img src='data:image/jpeg;base64,") == 12
    assert "a &lt;model&gt;" in text
    assert "cosine similarity 1.000, Euclidean distance 0.000" in text
