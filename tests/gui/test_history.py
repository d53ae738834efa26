"""Back and Forward behave as in a browser."""

from gui.history import History


def visited(*entries: str, limit: int = 200) -> History[str]:
    history: History[str] = History(limit)
    for entry in entries:
        history.visit(entry)
    return history


def test_back_and_forward_walk_the_line() -> None:
    history = visited("a", "b", "c")
    assert history.back() == "b"
    assert history.back() == "a"
    assert not history.can_go_back
    assert history.back() is None
    assert history.current == "a"
    assert history.forward() == "b"
    assert history.can_go_forward


def test_a_new_place_drops_what_lay_ahead() -> None:
    history = visited("a", "b", "c")
    history.jump(0)
    history.visit("d")
    assert history.entries == ("a", "d")
    assert not history.can_go_forward


def test_visiting_the_same_place_again_is_no_step() -> None:
    history = visited("a", "b")
    assert not history.visit("b")
    assert history.entries == ("a", "b")


def test_jumping_outside_changes_nothing() -> None:
    history = visited("a", "b")
    assert history.jump(2) is None
    assert history.jump(-1) is None
    assert history.current == "b"


def test_the_oldest_places_are_forgotten_first() -> None:
    history = visited("a", "b", "c", "d", limit=3)
    assert history.entries == ("b", "c", "d")
    assert history.position == 2


def test_an_empty_history_has_no_place() -> None:
    history: History[str] = History()
    assert history.current is None
    assert history.position == -1
    assert not history.can_go_back
    assert not history.can_go_forward
