"""Reading labelled folders, and what is said about those that cannot be used."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data import (
    DataError,
    decode_all,
    difference_hash,
    near_duplicate_groups,
    read_labelled,
    split_validation,
    subset,
)


def test_labels_are_the_sorted_folder_names(labelled_data: Path) -> None:
    labelled = read_labelled(labelled_data / "train")
    assert labelled.classes == ("blue", "green", "red")
    assert [labelled.classes[label] for label in labelled.labels] == [path.parent.name for path in labelled.paths]
    assert list(labelled.paths) == sorted(labelled.paths)


def test_a_folder_with_one_class_is_refused(labelled_data: Path) -> None:
    for label in ("red", "green"):
        for path in (labelled_data / "train" / label).iterdir():
            path.unlink()
        (labelled_data / "train" / label).rmdir()
    with pytest.raises(DataError, match=r"1 label folder.*at least two"):
        read_labelled(labelled_data / "train")


def test_an_empty_class_is_named(labelled_data: Path) -> None:
    (labelled_data / "train" / "empty").mkdir()
    with pytest.raises(DataError, match="empty has no pictures"):
        read_labelled(labelled_data / "train")


def test_a_missing_folder_and_an_unknown_label_are_named(labelled_data: Path) -> None:
    with pytest.raises(DataError, match="nowhere is not a folder"):
        read_labelled(labelled_data / "nowhere")
    with pytest.raises(DataError, match="labels that the training folder does not: red"):
        read_labelled(labelled_data / "query", ("blue", "green"))


def test_a_corrupt_picture_is_left_out_and_named(labelled_data: Path, caplog: pytest.LogCaptureFixture) -> None:
    (labelled_data / "train" / "red" / "5.png").write_bytes(b"not a picture")
    labelled = read_labelled(labelled_data / "train")
    with caplog.at_level(logging.WARNING):
        pictures = decode_all(labelled, 16, 16)
    assert len(pictures) == len(labelled) - 1
    assert "5.png" in caplog.text


def test_a_class_of_corrupt_pictures_is_an_error(labelled_data: Path) -> None:
    for path in (labelled_data / "train" / "red").iterdir():
        path.write_bytes(b"not a picture")
    with pytest.raises(DataError, match="none of the pictures of the label 'red'"):
        decode_all(read_labelled(labelled_data / "train"), 16, 16)


def test_decoded_pictures_are_kept_and_found_again(labelled_data: Path, tmp_path: Path) -> None:
    labelled = read_labelled(labelled_data / "train")
    first = decode_all(labelled, 16, 24, cache=tmp_path / "cache")
    assert first.pixels.shape == (36, 16, 24, 3)
    again = decode_all(labelled, 16, 24, cache=tmp_path / "cache")
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    decode_all(labelled, 24, 16, cache=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_rescaled_and_recompressed_copy_is_a_near_duplicate(labelled_data: Path, tmp_path: Path) -> None:
    original = Image.open(labelled_data / "train" / "red" / "0.png")
    original.resize((80, 64), Image.Resampling.BICUBIC).save(tmp_path / "copy.jpg", quality=60)
    other = Image.open(labelled_data / "train" / "red" / "1.png")
    with Image.open(tmp_path / "copy.jpg") as copy:
        hashes = np.array([difference_hash(image) for image in (original, other, copy)])
    groups = near_duplicate_groups(hashes)
    assert groups[0] == groups[2] != groups[1]
    original.close()
    other.close()


def test_groups_join_through_others() -> None:
    hashes = np.array([0, 0b111111, 0b111111111111, 0xFFFF_FFFF_FFFF_FFFF], np.uint64)  # neighbours are 6 bits apart
    groups = near_duplicate_groups(hashes, distance=6)
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_validation_has_a_tenth_of_every_class_and_whole_groups() -> None:
    labels = np.repeat(np.arange(4), 50)
    groups = np.arange(200) // 2 * 2  # pairs of near-duplicates
    split = split_validation(labels, groups, 0.1, seed=3)
    assert sorted([*split.train, *split.validation]) == list(range(200))
    assert set(groups[split.train]).isdisjoint(groups[split.validation])
    counts = np.bincount(labels[split.validation])
    assert ((counts >= 5) & (counts <= 6)).all()
    other = split_validation(labels, groups, 0.1, seed=4)
    assert not np.array_equal(split.validation, other.validation)


def test_a_class_of_copies_of_one_picture_cannot_be_split() -> None:
    labels = np.array([0] * 10 + [1] * 10)
    groups = np.array([0] * 10 + list(range(10, 20)))
    with pytest.raises(DataError, match="class number 0"):
        split_validation(labels, groups)


def test_a_subset_is_seeded_and_keeps_every_class(labelled_data: Path) -> None:
    labelled = read_labelled(labelled_data / "train")
    chosen = subset(labelled, 20, seed=1)
    assert len(chosen) == 20
    assert chosen.paths == subset(labelled, 20, seed=1).paths
    with pytest.raises(DataError, match="--limit 2"):
        subset(labelled, 2, seed=1)
