"""The window on a library whose vectors lie on a real Milvus server, which may be silent, gone or locked."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.spec import find_model
from engine.vector_store import StoreAddress
from gui.dialogs import ErrorDialog
from tests.gui.person import Person
from tests.milvus_server import MilvusProcess
from tests.relay import Relay

PROMPT_S = 10.0  # in which a person is told what is wrong

NewPerson = Callable[[StoreAddress], Person]


@pytest.fixture
def relay(milvus_process: MilvusProcess) -> Iterator[Relay]:
    made = Relay(milvus_process.port)
    yield made
    made.close()


@pytest.fixture
def sits_down(qtbot: QtBot, data_dir: Path, model_folder: Path) -> Iterator[NewPerson]:
    people = []

    def sit(address: StoreAddress) -> Person:
        somebody = Person(qtbot, data_dir, [model_folder], address=address)
        somebody.settings.fold_copies = False
        people.append(somebody)
        return somebody

    yield sit
    for somebody in people:
        somebody.leaves()


def told(person: Person) -> list[ErrorDialog]:
    return [dialog for dialog in person.window.findChildren(ErrorDialog) if dialog.isVisible()]


def is_told(person: Person, act: Callable[[], None]) -> str:
    """What a person is told after an act, in time."""
    for dialog in told(person):
        dialog.close()
    began = time.monotonic()
    act()
    person.waits_until(lambda: len(told(person)) > 0)
    assert time.monotonic() - began < PROMPT_S
    return f"{told(person)[0].message.title}\n{told(person)[0].message.text}"


def whole(label: QLabel) -> bool:
    """Whether all of a label's text is to be seen."""
    there = label.width() >= label.fontMetrics().horizontalAdvance(label.text())
    return there and label.visibleRegion().boundingRect() == label.rect()


@pytest.mark.parametrize("store_kind", ["milvus"], indirect=True)
def test_a_ranking_is_the_same_as_on_the_desktop_and_called_approximate(
    sits_down: NewPerson, person: Person, photo_folder: Path, tmp_path: Path, qtbot: QtBot, model_folder: Path
) -> None:
    person.opens(photo_folder)
    person.controller.set_count(5)
    query = person.searches(3)
    centre = person.window.centre
    assert centre.approximate.text() == "approximate"
    for width in (1280, 1):  # as a first start has it, and as narrow as it gets
        person.window.resize(width, 700)
        person.waits_until(lambda: whole(centre.approximate))
    person.chooses("whole_library")
    person.waits_until(lambda: not centre.approximate.isVisible())  # nothing was searched
    person.searches(3)
    assert centre.approximate.isVisible()
    desktop = Person(qtbot, tmp_path / "desktop", [model_folder])
    desktop.settings.fold_copies = False
    desktop.opens(photo_folder)
    desktop.controller.set_count(5)
    assert desktop.searches(3) == query
    assert not desktop.window.centre.approximate.isVisible()
    assert person.sees == desktop.sees
    assert person.distances == desktop.distances
    desktop.leaves()


@pytest.mark.parametrize("store_kind", ["milvus"], indirect=True)
def test_another_model_is_another_collection(person: Person, photo_folder: Path) -> None:
    person.opens(photo_folder)
    first = find_model("vit-tiny-imagenet", [person.backend._folders[0]])
    assert person.controller.state is not None
    assert person.controller.state.counts == {first.name: 24, "tiny-two": 0}
    person.controller.set_model("tiny-two")
    person.waits_for_indexing()
    assert person.controller.state.counts == {first.name: 24, "tiny-two": 24}
    person.searches(0)
    assert person.controller.reply is not None
    assert person.controller.reply.gallery.dimension == 8


@pytest.mark.parametrize("store_kind", ["milvus"], indirect=True)
def test_a_server_that_goes_is_told_and_one_that_comes_back_is_used(
    sits_down: NewPerson, relay: Relay, store_address: StoreAddress, photo_folder: Path
) -> None:
    way = StoreAddress("milvus", "127.0.0.1", relay.port, store_address.collection, store_address.token)
    person = sits_down(way)
    person.opens(photo_folder)
    first = person.searches(0)
    relay.cut()
    assert "The server does not answer" in is_told(person, lambda: person.clicks(2))
    person.waits_until(lambda: person.controller._searches.idle)
    assert person.window.isEnabled()
    relay.mend()
    for dialog in told(person):
        dialog.close()
    person.chooses("rescan")
    person.waits_for_results()
    person.waits_for_indexing()
    assert not person.controller.search_failed
    assert len(person.sees) == 23
    assert first in person.sees


@pytest.mark.parametrize("store_kind", ["milvus"], indirect=True)
def test_a_server_that_hangs_in_the_middle_of_a_search_is_told(
    sits_down: NewPerson, relay: Relay, store_address: StoreAddress, photo_folder: Path
) -> None:
    way = StoreAddress("milvus", "127.0.0.1", relay.port, store_address.collection, store_address.token)
    person = sits_down(way)
    person.opens(photo_folder)
    relay.hold()
    assert "The server does not answer" in is_told(person, lambda: person.clicks(2))
    relay.mend()
    person.waits_until(lambda: person.controller._searches.idle)


def test_an_address_where_nobody_answers_is_told_and_can_be_tried_again(
    sits_down: NewPerson, photo_folder: Path
) -> None:
    person = sits_down(StoreAddress("milvus", "127.0.0.1", 9, "photos"))
    words = is_told(person, lambda: person.controller.open_library(photo_folder))
    assert "The server does not answer" in words
    assert "milvus://127.0.0.1:9/photos" in words
    assert "The server does not answer" in is_told(person, lambda: person.chooses("rescan"))


def test_a_wrong_token_is_told_and_not_shown(
    sits_down: NewPerson, milvus_process: MilvusProcess, photo_folder: Path
) -> None:
    person = sits_down(StoreAddress.parse(milvus_process.address, "root:wrong-S3cret"))
    words = is_told(person, lambda: person.controller.open_library(photo_folder))
    assert "does not let Semblance in" in words
    dialog = told(person)[0]
    assert "S3cret" not in words + dialog.message.details
