"""The map as people use it: open a folder, press M, point, click, walk, zoom."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine import kept_map
from engine.errors import MapError
from engine.gallery import Gallery
from engine.metric import Metric
from engine.photo_map import Layout, PhotoMap
from engine.results import Progress
from gui import mapping
from gui.map_canvas import MapCanvas
from gui.map_groups import folder_colours, ramp
from gui.map_page import DISTANCE, FOLDER
from gui.session_state import Scope
from tests.conftest import draw_photo
from tests.gui.person import Person

Key = Qt.Key


@pytest.fixture
def mapper(person: Person, photo_folder: Path) -> Person:
    """Somebody who has opened the 24 photos and sees their map."""
    person.opens(photo_folder)
    opens_map(person)
    return person


def opens_map(person: Person) -> None:
    person.presses(Key.Key_M)
    canvas(person).click_delay_ms = 0
    waits_for_map(person)


def canvas(person: Person) -> MapCanvas:
    return person.window.mapping.canvas


def waits_for_map(person: Person) -> None:
    window = person.window.mapping
    person.waits_until(lambda: window._maps.idle and window._measures.idle and len(canvas(person).scene.points) > 0)


def point_of(person: Person, path: str) -> QPoint:
    index = canvas(person).scene.index_of(path)
    assert index is not None
    return canvas(person).place_of(index).toPoint()


def clicks(person: Person, path: str) -> None:
    before = person.controller._request_id
    QTest.mouseClick(canvas(person), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point_of(person, path))
    person.waits_until(lambda: person.controller._request_id > before)
    person.waits_for_results()
    waits_for_map(person)


def pixel(person: Person, path: str) -> QColor:
    """What colour the photo's dot has on the screen."""
    return canvas(person).grab().toImage().pixelColor(point_of(person, path))


def without_thumbnails(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dots only, as in a map of thousands."""
    monkeypatch.setattr("gui.map_picture.THUMBS_UP_TO", 0)
    canvas(person).fit()


def test_m_shows_all_photos_in_place_of_the_grid_and_m_again_the_grid(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    assert not canvas(person).isVisible()
    opens_map(person)
    assert canvas(person).isVisible()
    assert canvas(person).hasFocus()
    assert not person.window.grid.isVisible()
    assert not person.window.centre.size_slider.isVisible()
    assert len(canvas(person).scene.points) == 24
    assert person.window.mapping.page.note.text().startswith("Shows ")
    person.presses(Key.Key_M)
    assert person.window.grid.isVisible()
    assert person.window.grid.hasFocus()
    assert not canvas(person).isVisible()


def test_without_a_library_there_is_no_map(person: Person) -> None:
    assert not person.action("map").isEnabled()


def test_folders_have_colours_and_names(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    without_thumbnails(mapper, monkeypatch)
    assert mapper.window.mapping.page.legend.names == ["blue", "green", "red", "yellow"]
    colours = folder_colours(canvas(mapper).palette())
    for number, folder in enumerate(("blue", "green", "red", "yellow")):
        seen = {pixel(mapper, f"{folder}/{photo}.jpg").name() for photo in range(3)}
        assert colours[number].name() in seen


def test_a_click_searches_and_the_colours_tell_the_distance(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    without_thumbnails(mapper, monkeypatch)
    assert not mapper.window.mapping.page.colours.isEnabled()
    clicks(mapper, "red/2.jpg")
    assert mapper.headline == "Like 2.jpg"
    scene = canvas(mapper).scene
    assert scene.by_distance
    assert scene.queries == (scene.index_of("red/2.jpg"),)
    # The distances are those of the results.
    reply = mapper.controller.reply
    assert reply is not None
    for match in reply.ranking[:5]:
        index = scene.index_of(match.path)
        assert index is not None
        assert scene.distances is not None
        assert scene.distances[index] == pytest.approx(match.distance, abs=1e-6)
    nearest = scene.index_of(reply.ranking[0].path)
    assert nearest is not None
    assert scene.colour(nearest) == ramp(canvas(mapper).palette())[0]
    assert mapper.window.mapping.page.legend.names[0] == "near"
    assert canvas(mapper).isVisible()
    mapper.presses(Key.Key_Escape)
    assert not canvas(mapper).scene.by_distance
    assert mapper.window.mapping.page.colours.currentData() == FOLDER


def test_folders_can_be_chosen_while_there_is_a_query_and_the_results_stand_out(
    mapper: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_thumbnails(mapper, monkeypatch)
    mapper.controller.set_count(5)
    clicks(mapper, "red/2.jpg")
    page = mapper.window.mapping.page
    assert page.colours.currentData() == DISTANCE
    page.colours.setCurrentIndex(page.colours.findData(FOLDER))
    page.colours.activated.emit(page.colours.currentIndex())
    scene = canvas(mapper).scene
    assert not scene.by_distance
    assert mapper.settings.map_colour == FOLDER
    assert scene.shown is not None
    standing = {scene.path(int(index)) for index in np.flatnonzero(scene.shown)}
    assert standing == {"red/2.jpg", *mapper.sees}


def test_the_filter_and_the_scope_make_the_others_faint(mapper: Person) -> None:
    mapper.controller.set_scope(Scope("green"))
    scene = canvas(mapper).scene
    assert scene.shown is not None
    assert {scene.path(int(index)).split("/")[0] for index in np.flatnonzero(scene.shown)} == {"green"}
    green, red = scene.index_of("green/0.jpg"), scene.index_of("red/0.jpg")
    assert green is not None
    assert red is not None
    assert scene.colour(green) in scene.colours
    assert scene.colour(red) not in scene.colours
    mapper.controller.set_scope(Scope())
    assert canvas(mapper).scene.shown is None


def test_pointing_at_a_dot_shows_the_photo(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    without_thumbnails(mapper, monkeypatch)
    QTest.mouseMove(canvas(mapper), point_of(mapper, "blue/3.jpg"))
    index = canvas(mapper)._hovered
    assert index is not None
    assert canvas(mapper).scene.caption(index) == "3.jpg\nblue"
    mapper.waits_until(lambda: mapper.window.thumbnails.pixmap("blue/3.jpg") is not None)
    assert "Distance" not in canvas(mapper).scene.caption(index)
    clicks(mapper, "blue/1.jpg")
    assert "Distance 0." in canvas(mapper).scene.caption(index)


def test_thumbnails_stand_where_there_is_room(mapper: Person) -> None:
    shown = canvas(mapper).thumbs
    assert 1 < len(shown) <= 24
    mapper.waits_until(lambda: all(mapper.window.thumbnails.pixmap(path) is not None for path in shown))
    # None lies over another.
    boxes = [box for _, box in canvas(mapper)._thumbs]
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    # Near enough, each photo in the picture is shown as such.
    canvas(mapper).set_current_path("yellow/1.jpg")
    for _ in range(30):
        mapper.presses(Key.Key_Plus)
    assert canvas(mapper).thumbs == ["yellow/1.jpg"]


def test_the_wheel_zooms_at_the_pointer_and_dragging_moves(mapper: Person) -> None:
    place = point_of(mapper, "red/1.jpg")
    before = canvas(mapper).look
    at = QPointF(place)
    wheel = QWheelEvent(
        at, canvas(mapper).mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas(mapper), wheel)
    assert canvas(mapper).look.scale == pytest.approx(before.scale * 1.69)
    assert (point_of(mapper, "red/1.jpg") - place).manhattanLength() <= 1
    corner = QPoint(3, 3)
    mapper.drags(lambda: (canvas(mapper), corner, corner + QPoint(60, 40)))
    assert (point_of(mapper, "red/1.jpg") - place - QPoint(60, 40)).manhattanLength() <= 1
    assert mapper.controller.query is None
    mapper.presses(Key.Key_0)
    assert canvas(mapper).look == before


def test_a_drag_that_begins_on_a_dot_is_no_click(mapper: Person) -> None:
    place = point_of(mapper, "red/1.jpg")
    mapper.drags(lambda: (canvas(mapper), place, place + QPoint(50, 0)))
    QTest.qWait(50)
    assert mapper.controller.query is None


def test_the_keyboard_alone_walks_and_searches(mapper: Person) -> None:
    canvas(mapper).set_current_path("red/1.jpg")
    start = canvas(mapper).scene.points[canvas(mapper).scene.index_of("red/1.jpg") or 0]
    visited = ["red/1.jpg"]
    mapper.presses(Key.Key_Right)
    here = canvas(mapper).current_path()
    assert here is not None
    assert here not in visited
    there = canvas(mapper).scene.points[canvas(mapper).scene.index_of(here) or 0]
    assert there[0] > start[0]
    # The inspector goes along.
    assert mapper.window.viewing.inspector.path == here
    before = mapper.controller._request_id
    mapper.presses(Key.Key_Return)
    mapper.waits_until(lambda: mapper.controller._request_id > before)
    mapper.waits_for_results()
    assert mapper.controller.query is not None
    assert mapper.controller.query.single_path == here
    assert canvas(mapper).current_path() == here
    assert mapper.window.viewing.inspector.path == here


def test_shift_and_an_arrow_moves_the_picture(mapper: Person) -> None:
    place = point_of(mapper, "red/1.jpg")
    mapper.presses(Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert point_of(mapper, "red/1.jpg").x() < place.x()


def test_a_screen_reader_hears_which_photo_it_is(mapper: Person) -> None:
    assert canvas(mapper).accessibleName() == "Map of photos"
    assert canvas(mapper).accessibleDescription().startswith("24 photo")
    canvas(mapper).set_current_path("green/4.jpg")
    interface = QAccessible.queryAccessibleInterface(canvas(mapper))
    assert interface.text(QAccessible.Text.Name) == "Map of photos: 4.jpg, green"
    clicks(mapper, "green/4.jpg")
    mapper.presses(Key.Key_Left)
    name = canvas(mapper).accessibleName()
    assert "Distance 0." in name or "Distance 1." in name


def test_space_opens_the_viewer_and_escape_leads_back_to_the_map(mapper: Person) -> None:
    mapper.controller.set_count(2)
    clicks(mapper, "red/1.jpg")
    far = next(path for path in ("yellow/2.jpg", "green/2.jpg") if path not in mapper.sees)
    canvas(mapper).set_current_path(far)
    mapper.presses(Key.Key_Space)
    assert mapper.window.viewing.page is mapper.window.viewing.viewer
    assert mapper.window.viewing.viewer.path() == far  # though it is no result
    mapper.presses(Key.Key_Escape)
    assert canvas(mapper).isVisible()
    assert canvas(mapper).hasFocus()
    assert canvas(mapper).current_path() == far


def test_commands_act_on_the_photo_of_the_map(mapper: Person) -> None:
    canvas(mapper).set_current_path("yellow/3.jpg")
    mapper.chooses("copy_path")
    assert QApplication.clipboard().text().endswith("yellow/3.jpg")
    mapper.presses(Key.Key_S)
    mapper.waits_for_results()
    assert mapper.headline == "Like 3.jpg"


def test_the_grid_stands_where_the_map_stood(mapper: Person) -> None:
    canvas(mapper).set_current_path("yellow/3.jpg")
    mapper.presses(Key.Key_M)
    assert mapper.window.grid.current_path() == "yellow/3.jpg"
    mapper.presses(Key.Key_Home)
    mapper.presses(Key.Key_M)
    assert canvas(mapper).current_path() == mapper.window.grid.current_path() == "blue/0.jpg"


def test_another_model_and_distance_have_their_own_map_and_the_first_opens_at_once(
    mapper: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = canvas(mapper).scene.points
    mapper.controller.set_metric(Metric.EUCLIDEAN)
    waits_for_map(mapper)
    assert not np.array_equal(canvas(mapper).scene.points, first)

    def refuse(*_: object) -> object:
        raise AssertionError("made again")

    monkeypatch.setattr(kept_map, "pca_map", refuse)
    mapper.controller.set_metric(Metric.COSINE)
    waits_for_map(mapper)
    np.testing.assert_array_equal(canvas(mapper).scene.points, first)


def test_the_map_follows_the_library(mapper: Person, photo_folder: Path) -> None:
    (photo_folder / "red" / "1.jpg").unlink()
    mapper.chooses("rescan")
    mapper.waits_until(lambda: len(canvas(mapper).scene.points) == 23)
    assert canvas(mapper).scene.index_of("red/1.jpg") is None


def test_a_map_with_photos_that_came_later_can_be_arranged_anew(
    mapper: Person, photo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arranged(gallery: Gallery, *_: object) -> object:
        made.append(len(gallery))
        yield Progress("arranging", 1, 2)
        return PhotoMap(Layout.TSNE, np.random.default_rng(0).random((len(gallery), 2), dtype=np.float32), None)

    made: list[int] = []
    monkeypatch.setattr(kept_map, "tsne_map", arranged)
    monkeypatch.setattr(mapping, "tsne_installed", lambda: True)
    page = mapper.window.mapping.page
    page.layouts.setCurrentIndex(1)
    page.layouts.activated.emit(1)
    mapper.waits_until(lambda: page.note.text() == "Only neighbours count")
    assert not page.anew.isVisible()
    draw_photo("red", 777).save(photo_folder / "red" / "new.jpg")
    mapper.chooses("rescan")
    mapper.waits_until(lambda: page.anew.isVisible())
    assert canvas(mapper).scene.index_of("red/new.jpg") is not None
    assert made == [24]
    page.anew.click()
    mapper.waits_until(lambda: made == [24, 25] and not page.anew.isVisible() and mapper.window.mapping._maps.idle)


def test_a_job_can_be_stopped_and_the_map_before_stays(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> object:
        while True:
            yield Progress("arranging", 1, 4, 0, 0.0, 90.0)

    monkeypatch.setattr(kept_map, "tsne_map", endless)
    monkeypatch.setattr(mapping, "tsne_installed", lambda: True)
    page = mapper.window.mapping.page
    before = canvas(mapper).scene.points
    page.layouts.setCurrentIndex(page.layouts.findData(str(Layout.TSNE)))
    page.layouts.activated.emit(1)
    mapper.waits_until(lambda: page.note.text().startswith("Arranging neighbours: 25 %"))
    assert page.stop.isVisible()
    page.stop.click()
    mapper.waits_until(lambda: mapper.window.mapping._maps.idle)
    assert not page.stop.isVisible()
    assert page.layouts.currentData() == str(Layout.PCA)
    assert canvas(mapper).scene.points is before


def test_what_is_not_installed_is_told_with_what_to_do(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "tsne_installed", lambda: False)
    page = mapper.window.mapping.page
    page.layouts.setCurrentIndex(1)
    page.layouts.activated.emit(1)
    assert "pip install 'semblance[map]'" in page.note.text()
    assert page.layouts.currentData() == str(Layout.PCA)


def test_a_failure_is_shown_and_the_overview_comes_back(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> object:
        raise MapError("t-SNE failed: no room")
        yield

    shown: list[Exception] = []
    monkeypatch.setattr(kept_map, "tsne_map", fails)
    monkeypatch.setattr(mapping, "tsne_installed", lambda: True)
    window = mapper.window.mapping
    window.failed.disconnect()
    window.failed.connect(shown.append)
    window.page.layouts.setCurrentIndex(1)
    window.page.layouts.activated.emit(1)
    mapper.waits_until(lambda: bool(shown))
    assert "no room" in str(shown[0])
    assert window.page.layouts.currentData() == str(Layout.PCA)
    assert len(canvas(mapper).scene.points) == 24


def test_a_dark_window_has_a_dark_map(mapper: Person, qapp: QApplication) -> None:
    from gui.theme import DARK, palette

    qapp.setPalette(palette(DARK))
    QApplication.processEvents()
    scene = canvas(mapper).scene
    assert scene.palette.color(QPalette.ColorRole.Base) == palette(DARK).color(QPalette.ColorRole.Base)
    assert scene.colours == folder_colours(palette(DARK))


def test_many_dots_are_drawn_as_pixels_of_the_same_colours(mapper: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gui.map_picture.FEW", 0)
    without_thumbnails(mapper, monkeypatch)
    colours = {colour.name() for colour in folder_colours(canvas(mapper).palette())}
    for path in ("blue/0.jpg", "green/0.jpg", "red/0.jpg", "yellow/0.jpg"):
        assert pixel(mapper, path).name() in colours


def test_a_running_job_makes_the_window_no_wider(mapper: Person) -> None:
    page = mapper.window.mapping.page
    before = page.minimumSizeHint().width()
    page.set_progress(Progress("arranging", 1, 4, 0, 0.0, 90.0))
    QApplication.processEvents()
    assert page.minimumSizeHint().width() == before <= 700
