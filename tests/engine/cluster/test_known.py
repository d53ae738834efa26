"""What a store holds is compared with what a source lists."""

import pytest

from engine.cluster.known import KnownFiles
from engine.results import ImageFile

FILES = [ImageFile(f"{number % 3}/{number}.jpg", number, number * 1000) for number in range(300)]


def test_only_new_and_changed_files_are_read() -> None:
    known = KnownFiles(FILES[:200])
    resized, touched = ImageFile("0/0.jpg", 999, 0), ImageFile("1/1.jpg", 1, 1001)
    listed = [resized, touched, *FILES[2:150], *FILES[250:]]
    new, changed, unchanged = known.look(listed)
    assert new == [resized, touched, *FILES[250:]]
    assert changed == {"0/0.jpg", "1/1.jpg"}
    assert unchanged == 148


def test_files_that_were_not_seen_are_gone() -> None:
    known = KnownFiles(FILES)
    known.look(FILES[:100])
    known.look(FILES[120:])
    assert known.unseen == 20
    assert known.gone(FILES) == [file.path for file in FILES[100:120]]
    assert known.gone([ImageFile("never/there.jpg", 1, 1)]) == []


def test_an_empty_store_knows_nothing() -> None:
    known = KnownFiles([])
    assert known.look(FILES) == (FILES, set(), 0)
    assert known.unseen == 0
    assert known.gone(FILES) == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_file_that_the_store_has_in_two_states_is_read_again(order: int) -> None:
    states = [ImageFile("a.jpg", 1, 1), ImageFile("a.jpg", 2, 2)][::order]
    assert KnownFiles(states).look([ImageFile("a.jpg", 2, 2)]) == ([ImageFile("a.jpg", 2, 2)], {"a.jpg"}, 0)
