"""`python -m training.adapt` does what `main.py adapt` does."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from engine.errors import StoreError, UnknownModelError
from engine.results import Progress
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


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (PermissionError(13, "Permission denied", "photos"), 1, "[Errno 13] Permission denied: 'photos'"),
        (StoreError(Path("index.db"), "it is damaged"), 1, "index.db: it is damaged"),
        (UnknownModelError("x", ("tiny",)), 2, "no model is named 'x'; there are: tiny"),
        (KeyboardInterrupt(), 130, "interrupted; what was done is kept"),
    ],
)
def test_what_ends_it_is_one_line_and_a_status(
    sorted_photos: Path,
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    raised: BaseException,
    status: int,
    said: str,
) -> None:
    def ends(*_: object) -> Generator[Progress, None, None]:
        yield Progress("grouping", 0, 1)
        raise raised

    monkeypatch.setattr("training.adapt.adapt", ends)
    assert main([str(sorted_photos), "--data-dir", str(data_dir)]) == status
    assert capsys.readouterr().err == f"{said}\n"
