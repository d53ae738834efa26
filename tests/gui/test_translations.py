"""German is complete, says what the program says now, and reaches the screen; numbers come in singular and plural."""

import re
import shutil
import subprocess
import sysconfig
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from gui import headline
from gui.application import TRANSLATIONS, install_language
from gui.skip_reasons import skip_reason
from tests.gui.person import Person

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"%L?n|%\d|\{\w+\}")

Key = tuple[str, str]


def tool(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    assert found is not None, f"{name} comes with PySide6-Essentials"
    return found


def messages_in(file: Path) -> dict[Key, ET.Element]:
    """Context and source text -> message."""
    return {
        (context.findtext("name", ""), message.findtext("source", "")): message
        for context in ET.parse(file).getroot().iter("context")
        for message in context.iter("message")
    }


@pytest.fixture(scope="module")
def german() -> dict[Key, ET.Element]:
    return messages_in(TRANSLATIONS / "semblance_de.ts")


def forms(message: ET.Element) -> list[str]:
    """The translation, or its singular and plural."""
    translation = message.find("translation")
    assert translation is not None
    plural = [form.text or "" for form in translation.findall("numerusform")]
    return plural or [translation.text or ""]


def test_every_text_of_the_program_is_there_and_none_that_it_no_longer_says(
    german: dict[Key, ET.Element], tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh.ts"
    sources = sorted(str(file) for file in (ROOT / "gui").glob("*.py"))
    subprocess.run([tool("pyside6-lupdate"), *sources, "-ts", str(fresh)], check=True, capture_output=True)
    now = messages_in(fresh).keys()
    assert now - german.keys() == set(), "not translated: run pyside6-lupdate and translate"
    assert german.keys() - now == set(), "no longer said: run pyside6-lupdate -no-obsolete"


def test_nothing_is_left_open(german: dict[Key, ET.Element]) -> None:
    for (context, source), message in german.items():
        translation = message.find("translation")
        assert translation is not None
        assert translation.get("type") is None, f"{context}: {source}"
        assert all(form.strip() for form in forms(message)), f"{context}: {source}"


def test_places_for_numbers_and_names_survive(german: dict[Key, ET.Element]) -> None:
    for (context, source), message in german.items():
        for form in forms(message):
            assert sorted(PLACE.findall(form)) == sorted(PLACE.findall(source)), f"{context}: {source}"


def test_the_compiled_files_are_those_of_the_texts(tmp_path: Path) -> None:
    for language in ("de", "en"):
        compiled = tmp_path / f"{language}.qm"
        source = TRANSLATIONS / f"semblance_{language}.ts"
        subprocess.run([tool("pyside6-lrelease"), str(source), "-qm", str(compiled)], check=True, capture_output=True)
        assert compiled.read_bytes() == (TRANSLATIONS / f"semblance_{language}.qm").read_bytes(), "run pyside6-lrelease"


@pytest.fixture
def language(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[str]:
    """The application in another language."""
    before = QLocale()
    installed = install_language(qapp, request.param)
    yield request.param
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)


@pytest.mark.parametrize("language", ["de"], indirect=True)
def test_the_window_speaks_german(language: str, person: Person, photo_folder: Path) -> None:
    (photo_folder / "empty.jpg").touch()
    person.opens(photo_folder)
    titles = [action.text() for action in person.window.menuBar().actions()]
    assert titles == ["&Bibliothek", "&Suche", "&Foto", "&Ansicht", "&Hilfe"]
    assert person.window.status.photos.text() == "24 Fotos indiziert"
    assert person.window.status.skipped.text() == "1 Datei übersprungen"
    person.searches(0)
    assert person.headline == "Wie 0.jpg"
    assert person.window.centre.note.text() == "23 Treffer"
    assert "," in person.window.viewing.inspector.match.lines()[1][1]  # a decimal comma
    assert skip_reason("truncated JPEG") == "abgeschnittenes JPEG"


@pytest.mark.parametrize("language", ["de", "en"], indirect=True)
def test_no_menu_has_two_entries_with_one_letter(language: str, person: Person) -> None:
    for title in person.window.menuBar().actions():
        menu = title.menu()
        texts = [action.text() for action in menu.actions() if not action.isSeparator()]  # type: ignore[union-attr]
        letters = [found.group(1).lower() for text in texts if (found := re.search(r"&(\w)", text))]
        assert sorted(letters) == sorted(set(letters)), title.text()


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_english_counts_in_singular_and_plural(language: str) -> None:
    def note(shown: int) -> str:
        return headline.note(None, headline.Counts(shown, shown, 0))

    assert note(1) == "1 photo"
    assert note(2) == "2 photos"
    assert note(1234) == "1,234 photos"


@pytest.mark.parametrize("language", ["xx"], indirect=True)
def test_a_language_that_is_not_there_falls_back_to_english(language: str) -> None:
    assert headline.note(None, headline.Counts(1, 1, 0)) == "1 photo"
