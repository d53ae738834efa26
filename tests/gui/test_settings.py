"""What the window remembers survives a restart, strange contents of the file do no harm, and a reset resets."""

import os
from pathlib import Path

import pytest

from gui.settings import FILE_NAME, RECENT_LIMIT, Settings


def test_a_value_survives_a_restart(data_dir: Path) -> None:
    settings = Settings(data_dir)
    settings.model, settings.tile_size, settings.show_numbers = "resnet50", 220, False
    settings.sync()
    again = Settings(data_dir)
    assert (again.model, again.tile_size, again.show_numbers) == ("resnet50", 220, False)


def test_defaults_where_nothing_was_kept(data_dir: Path) -> None:
    settings = Settings(data_dir)
    assert settings.theme == "system"
    assert settings.result_count == 1000
    assert settings.recent == []


@pytest.mark.parametrize("text", ["nonsense", '"text"', "[1, 2]", "1.5", "true", ""])
def test_a_value_of_another_type_is_as_good_as_none(data_dir: Path, text: str) -> None:
    (data_dir / FILE_NAME).write_text(f"[window]\ntile_size={text}\n")
    assert Settings(data_dir).tile_size == 160


def test_changes_are_told_once(data_dir: Path) -> None:
    settings = Settings(data_dir)
    told: list[str] = []
    settings.changed.connect(told.append)
    settings.theme = "dark"
    settings.theme = "dark"
    assert told == ["theme"]


def test_recent_libraries_stand_newest_first_without_doubles_and_not_too_many(data_dir: Path) -> None:
    settings = Settings(data_dir)
    for number in range(RECENT_LIMIT + 3):
        settings.remember_library(Path(f"/photos/{number}"))
    settings.remember_library(Path("/photos/5"))
    recent = settings.recent
    assert recent[:2] == [Path("/photos/5"), Path(f"/photos/{RECENT_LIMIT + 2}")]
    assert len(recent) == len(set(recent)) == RECENT_LIMIT


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_folder_whose_name_is_no_text_is_remembered(data_dir: Path) -> None:
    root = Path(os.fsdecode(b"/photos/\xff\xfe and ;=,\\ \xc3\xa9"))
    settings = Settings(data_dir)
    settings.remember_library(root)
    settings.sync()
    assert Settings(data_dir).recent == [root]


def test_a_reset_brings_the_defaults_and_keeps_the_recent(data_dir: Path) -> None:
    settings = Settings(data_dir)
    settings.theme, settings.tile_size = "dark", 300
    settings.remember_library(Path("/photos"))
    told: list[str] = []
    settings.changed.connect(told.append)
    settings.reset()
    assert (settings.theme, settings.tile_size) == ("system", 160)
    assert settings.recent == [Path("/photos")]
    assert told[-1] == ""
