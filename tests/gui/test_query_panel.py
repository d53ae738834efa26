"""The query panel: a region drawn by mouse or keyboard, and several pictures with plus and minus."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from gui.image_data import from_rgb
from gui.query_panel import PartFacts, QueryPanel
from gui.session_state import Part, Query

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def picture(width: int = 200, height: int = 100) -> QImage:
    return from_rgb(np.full((height, width, 3), 200, np.uint8))


def facts(width: int = 200, height: int = 100) -> PartFacts:
    return PartFacts(picture(width, height), width * 10, height * 10, 123_456, 1_600_000_000 * 10**9)


@pytest.fixture
def panel(qtbot: QtBot) -> QueryPanel:
    made = QueryPanel()
    qtbot.addWidget(made)
    made.resize(240, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_an_empty_panel_says_what_to_do(panel: QueryPanel) -> None:
    assert panel._empty.isVisible()
    assert not panel._filled.isVisible()


def test_name_pixels_size_and_date(panel: QueryPanel) -> None:
    part = Part(path="holiday/a.jpg")
    panel.set_query(Query((part,)))
    panel.set_facts(part, facts())
    assert panel.name == "a.jpg"
    assert "2,000 × 1,000" in panel.about or "2000 × 1000" in panel.about
    assert "kB" in panel.about
    assert panel.about.count("·") == 2


def test_facts_of_a_query_that_was_left_are_dropped(panel: QueryPanel) -> None:
    panel.set_query(Query.by_path("b.jpg"))
    panel.set_facts(Part(path="a.jpg"), facts())
    assert panel.about == ""


def test_dragging_a_rectangle_searches_with_that_part(panel: QueryPanel, qtbot: QtBot) -> None:
    part = Part(path="a.jpg")
    panel.set_query(Query((part,)))
    panel.set_facts(part, facts())
    box = panel.picture.picture_rect()
    start = QPoint(round(box.left() + box.width() * 0.25), round(box.top() + box.height() * 0.2))
    end = QPoint(round(box.left() + box.width() * 0.75), round(box.top() + box.height() * 0.8))
    with qtbot.waitSignal(panel.query_changed) as changed:
        QTest.mousePress(panel.picture, Qt.MouseButton.LeftButton, Modifier.NoModifier, start)
        QTest.mouseMove(panel.picture, (start + end) / 2)
        QTest.mouseMove(panel.picture, end)
        QTest.mouseRelease(panel.picture, Qt.MouseButton.LeftButton, Modifier.NoModifier, end)
    region = changed.args[0].parts[0].region
    assert region == pytest.approx((0.25, 0.2, 0.75, 0.8), abs=0.02)


def test_a_click_that_shook_is_no_region(panel: QueryPanel) -> None:
    part = Part(path="a.jpg")
    panel.set_query(Query((part,)))
    panel.set_facts(part, facts())
    panel.query_changed.connect(lambda _: pytest.fail("no rectangle was drawn"))
    middle = panel.picture.picture_rect().center().toPoint()
    QTest.mousePress(panel.picture, Qt.MouseButton.LeftButton, Modifier.NoModifier, middle)
    QTest.mouseMove(panel.picture, middle + QPoint(2, 2))
    QTest.mouseRelease(panel.picture, Qt.MouseButton.LeftButton, Modifier.NoModifier, middle + QPoint(2, 2))


def test_the_keyboard_alone_can_choose_a_region(panel: QueryPanel, qtbot: QtBot) -> None:
    part = Part(path="a.jpg")
    panel.set_query(Query((part,)))
    panel.set_facts(part, facts())
    QTest.keyClick(panel.picture, Key.Key_R)
    for _ in range(5):
        QTest.keyClick(panel.picture, Key.Key_Left)
    QTest.keyClick(panel.picture, Key.Key_Down, Modifier.ShiftModifier)
    with qtbot.waitSignal(panel.query_changed) as changed:
        QTest.keyClick(panel.picture, Key.Key_Return)
    assert changed.args[0].parts[0].region == pytest.approx((0.15, 0.25, 0.65, 0.77))


def test_esc_gives_up_the_rectangle_then_the_region(panel: QueryPanel, qtbot: QtBot) -> None:
    part = Part(path="a.jpg", region=(0.1, 0.1, 0.5, 0.5))
    panel.set_query(Query((part,)))
    panel.set_facts(part, facts())
    QTest.keyClick(panel.picture, Key.Key_R)
    with qtbot.assertNotEmitted(panel.query_changed):
        QTest.keyClick(panel.picture, Key.Key_Escape)
    with qtbot.waitSignal(panel.query_changed) as changed:
        QTest.keyClick(panel.picture, Key.Key_Escape)
    assert changed.args[0].parts[0].region is None


def test_the_whole_picture_again(panel: QueryPanel, qtbot: QtBot) -> None:
    panel.set_query(Query((Part(path="a.jpg", region=(0.1, 0.1, 0.5, 0.5)),)))
    assert panel.whole_picture.isVisible()
    with qtbot.waitSignal(panel.query_changed) as changed:
        panel.whole_picture.click()
    assert changed.args[0] == Query.by_path("a.jpg")


def test_several_pictures_each_with_a_sign_that_turns_and_a_cross_that_removes(panel: QueryPanel, qtbot: QtBot) -> None:
    query = Query((Part(path="a.jpg"), Part(path="b.jpg")))
    panel.set_query(query)
    buttons = {button.accessibleName(): button for button in panel.findChildren(QToolButton)}
    with qtbot.waitSignal(panel.query_changed) as changed:
        next(button for name, button in buttons.items() if name.startswith("b.jpg:")).click()
    assert [part.sign for part in changed.args[0].parts] == [1, -1]
    with qtbot.waitSignal(panel.query_changed) as changed:
        buttons["Take a.jpg out of the query"].click()
    assert changed.args[0] == Query.by_path("b.jpg")


def test_one_of_several_is_shown_large(panel: QueryPanel) -> None:
    panel.set_query(Query((Part(path="a.jpg"), Part(path="b.jpg"))))
    panel.set_facts(Part(path="b.jpg"), facts(100, 200))
    assert panel.name == "a.jpg"
    button = next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Show b.jpg large")
    button.click()
    assert panel.name == "b.jpg"
    assert "1,000 × 2,000" in panel.about or "1000 × 2000" in panel.about
