"""`python -m training.adapt` does what `main.py adapt` does."""

import json
from pathlib import Path

import pytest

from tests.test_cli_adapt import sorted_photos
from training.adapt import main

__all__ = ["sorted_photos"]


def test_it_writes_an_own_model_and_tells_its_gain(
    sorted_photos: Path,
    model_folder: Path,
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.commands.answer.bundled_folder", lambda: model_folder)
    words = [str(sorted_photos), "--labels", "folders", "--data-dir", str(data_dir)]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["gains"] is True
    assert Path(answer["file"]).is_file()
    assert main([*words, "--only", "white"]) == 2
    assert "at least 2 folders" in capsys.readouterr().err
