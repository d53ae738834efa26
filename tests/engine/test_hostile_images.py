"""Hostile image files: none crashes, hangs or takes too much, and each refusal names file and cause."""

import sys
from collections import Counter

import pytest

from tests.hostile.images import Hostile, hostile_images
from tests.hostile.judge import judge_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the judge waits for its child with select")


@pytest.fixture(scope="module")
def files() -> list[Hostile]:
    return list(hostile_images(heavy=False))


def test_there_are_more_than_three_hundred_of_every_kind(files: list[Hostile]) -> None:
    assert len(files) >= 300
    assert len({hostile.name for hostile in files}) == len(files)
    kinds = Counter(hostile.name.partition("-")[0] for hostile in files)
    assert {"truncated", "flipped", "named", "kind", "exif", "icc", "bomb", "twisted"} <= set(kinds)
    bombs = {hostile.name.rpartition(".")[2] for hostile in files if hostile.name.startswith("bomb-")}
    assert {"png", "gif", "tif", "webp", "avif", "heic"} <= bombs


def test_a_part_of_them_meets_its_fate(files: list[Hostile], capfd: pytest.CaptureFixture[str]) -> None:
    verdicts, problems = judge_all(files[::3])
    assert problems == []
    assert len(verdicts) > 100
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_each_of_them_meets_its_fate(capfd: pytest.CaptureFixture[str]) -> None:
    verdicts, problems = judge_all(hostile_images())
    assert problems == []
    assert len(verdicts) >= 300
    assert capfd.readouterr() == ("", "")
