"""What a distance means, in words: how rare it is, and how often it is a match."""

import math

from PySide6.QtCore import QCoreApplication, QLocale

from gui import messages
from gui.meaning import Meaning


def match_lines(meaning: Meaning, distance: float) -> list[tuple[str, str]]:
    """What the inspector tells: pairs of a word and its value."""
    translate = QCoreApplication.translate
    told = translate("meaning", "%1 of all pairs of photos").replace("%1", _nearer_than(meaning, distance))
    lines = [(translate("meaning", "Nearer than"), told)]
    rate = meaning.rate(distance)
    if rate is not None:
        share = translate("meaning", "%1 of the pairs this near (%2–%3)")
        share = share.replace("%1", _percent(100 * rate.share, 0)).replace("%2", _number(100 * rate.low, 0))
        share = share.replace("%3", _percent(100 * rate.high, 0))
        lines.append((translate("meaning", "In one folder"), share))
    return lines


def tooltip_line(meaning: Meaning, distance: float) -> str:
    """What a tile tells besides its path."""
    text = QCoreApplication.translate("meaning", "Distance %1: nearer than %2 of all pairs of photos")
    return text.replace("%1", messages.distance(distance)).replace("%2", _nearer_than(meaning, distance))


def _nearer_than(meaning: Meaning, distance: float) -> str:
    """“99.8 %”, rounded down and with the more digits the rarer it is; “100 %” where no pair is as near."""
    percent = 100 * meaning.background.rarity(distance)
    if percent >= 100:
        return _percent(100, 0)
    decimals = sum(percent >= step for step in (99, 99.9, 99.99))
    return _percent(math.floor(percent * 10**decimals) / 10**decimals, decimals)


def _percent(value: float, decimals: int) -> str:
    return f"{_number(value, decimals)}\u00a0%"  # the sign must not stand alone on the next line


def _number(value: float, decimals: int) -> str:
    return QLocale().toString(float(value), "f", decimals)
