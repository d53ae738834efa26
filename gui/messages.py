"""The words for people: errors, sizes, dates, counts; everything else hands over values."""

import errno
import traceback
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject

from engine.errors import (
    NO_ENTRY,
    SILENT,
    AdaptError,
    DecodeError,
    EngineError,
    ExportError,
    FolderError,
    LabelsError,
    ModelError,
    SavedSearchError,
    StoreBusyError,
    StoreError,
    StoreTooNewError,
    UnknownModelError,
    VectorStoreError,
)
from engine.metric import Metric
from engine.results import Progress
from engine.saved_searches import BUSY, NEWER
from gui.export_reasons import export_reason
from gui.skip_reasons import skip_reason as skip_reason


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell: what happened, what it means or what to do, and what somebody who helps wants to read."""

    title: str
    text: str
    details: str


def explain(error: BaseException) -> Message:
    """An error in people's words; `details` is the technical side, to be copied."""
    title, text = _words(error)
    details = "".join(traceback.format_exception(error)).strip()
    return Message(title, text, details)


def _words(error: BaseException) -> tuple[str, str]:
    translate = QCoreApplication.translate
    if isinstance(error, FolderError):
        return (
            translate("messages", "This folder cannot be opened"),
            translate("messages", "%1\n\nIs the drive connected, and may you read it?").replace("%1", str(error.path)),
        )
    if isinstance(error, DecodeError):
        return (
            translate("messages", "This picture cannot be read"),
            f"{error.path}\n\n{skip_reason(error.reason)}",
        )
    if isinstance(error, UnknownModelError):
        return translate("messages", "This model is not there"), error.name
    if isinstance(error, ModelError):
        return (
            translate("messages", "This model cannot be used"),
            f"{error.path.name}: {error.reason}",
        )
    if isinstance(error, ExportError):
        return (
            translate("messages", "This cannot be exported"),
            f"{error.path}: {export_reason(error.reason)}",
        )
    if isinstance(error, AdaptError):
        return translate("messages", "No model can be made of this"), str(error)
    if isinstance(error, LabelsError):
        return (
            translate("messages", "These labels cannot be used"),
            f"{error.path}: {export_reason(error.reason)}",
        )
    if isinstance(error, SavedSearchError):
        return _saved_words(error)
    if isinstance(error, StoreError):
        return _store_words(error)
    if isinstance(error, VectorStoreError):
        return _server_words(error)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return (
            translate("messages", "The disk is full"),
            translate("messages", "Make some room on it and try again. What was done so far is kept."),
        )
    if isinstance(error, MemoryError):
        return (
            translate("messages", "There is not enough memory"),
            translate("messages", "Close other programs, or show fewer results, and try again."),
        )
    if isinstance(error, OSError | EngineError):
        return translate("messages", "That did not work"), str(error)
    return (
        translate("messages", "Something went wrong inside Semblance"),
        translate(
            "messages",
            "Your photos are untouched. You can go on; if it happens again, the details below help to mend it.",
        ),
    )


def _store_words(error: StoreError) -> tuple[str, str]:
    translate = QCoreApplication.translate
    if isinstance(error, StoreTooNewError):
        return (
            translate("messages", "The index comes from a newer Semblance"),
            translate("messages", "Start the newer version, or choose another place for the index with --data-dir."),
        )
    if isinstance(error, StoreBusyError):
        return (
            translate("messages", "Another Semblance is writing to the index"),
            translate("messages", "Wait until it has finished, or close it, and choose “Look for changes” (F5)."),
        )
    return translate("messages", "The index cannot be used"), str(error)


def _server_words(error: VectorStoreError) -> tuple[str, str]:
    translate = QCoreApplication.translate
    if error.reason == SILENT:
        title = translate("messages", "The server does not answer")
        text = translate(
            "messages", "%1\n\nIs it running, and is the network there? Then choose “Look for changes” (F5)."
        )
    elif error.reason.startswith(NO_ENTRY):
        title = translate("messages", "The server does not let Semblance in")
        text = translate("messages", "%1\n\nThe token for it is missing or wrong. Start Semblance with the right one.")
    else:
        return translate("messages", "The server cannot be used"), str(error)
    return title, text.replace("%1", error.address)


def _saved_words(error: SavedSearchError) -> tuple[str, str]:
    translate = QCoreApplication.translate
    title = translate("messages", "The saved searches cannot be used")
    if error.reason == BUSY:
        return title, translate("messages", "Another Semblance is writing to them. Try again in a moment.")
    if error.reason == NEWER:
        return title, translate("messages", "A newer Semblance wrote them. Start the newer version.")
    text = translate("messages", "%1\n\nThis file is damaged, or another program's. Nothing in it was changed.")
    return title, text.replace("%1", str(error.path))


class Counted(QObject):
    """Things with their number, singular and plural; a QObject, for lupdate finds plural forms in `self.tr` only."""

    def photos(self, count: int) -> str:
        return self.tr("%Ln photo(s)", None, count)

    def results(self, count: int) -> str:
        return self.tr("%Ln result(s)", None, count)

    def like(self, count: int) -> str:
        return self.tr("Like %Ln picture(s)", None, count)

    def unlike(self, count: int) -> str:
        return self.tr("Unlike %Ln picture(s)", None, count)

    def found(self, count: int) -> str:
        return self.tr("Looking for photos: %Ln found", None, count)

    def seconds(self, count: int) -> str:
        return self.tr("%Ln second(s)", None, count)

    def minutes(self, count: int) -> str:
        return self.tr("%Ln minute(s)", None, count)

    def hours(self, count: int) -> str:
        return self.tr("%Ln hour(s)", None, count)


def number(value: int) -> str:
    """A count with the digits grouped as the user's country does it."""
    return QLocale().toString(value)


def file_size(size: int) -> str:
    """Bytes as kB or MB with the precision that people care for."""
    return QLocale().formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def date(mtime_ns: int) -> str:
    """A file's time as a short date and time of the user's country."""
    moment = QDateTime.fromSecsSinceEpoch(mtime_ns // 1_000_000_000)
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


def distance(value: float, decimals: int = 4) -> str:
    """A distance, with the four decimals that tell results apart unless only a rough one is wanted."""
    return QLocale().toString(value, "f", decimals)


def metric_name(metric: Metric) -> str:
    """The metric's name for people."""
    if metric is Metric.COSINE:
        return QCoreApplication.translate("messages", "Cosine")
    return QCoreApplication.translate("messages", "Euclidean")


def provider_name(provider: str) -> str:
    """An execution provider's short name as people know it."""
    names = {"cpu": "CPU", "cuda": "CUDA", "coreml": "Core ML", "directml": "DirectML", "openvino": "OpenVINO"}
    return names.get(provider, provider)


def duration(seconds: float) -> str:
    """A time that is left, rounded as one would say it."""
    if seconds < 60:
        return Counted().seconds(max(1, round(seconds)))
    if seconds < 5400:
        return Counted().minutes(round(seconds / 60))
    return Counted().hours(round(seconds / 3600))


def progress(report: Progress) -> str:
    """How far a job is: “Indexing 1,200 of 10,300 · 85 photos/s · 2 minutes left”."""
    translate = QCoreApplication.translate
    if report.stage == "waiting":
        return translate("messages", "Waiting for another Semblance to finish indexing")
    if report.stage == "settling":
        words = translate("messages", "The server is indexing what was written")
        return words if report.total is None else f"{words}: {number(report.done)} / {number(report.total)}"
    if report.total is None:
        return Counted().found(report.done)
    pieces = [
        translate("messages", "Indexing %1 of %2")
        .replace("%1", number(report.done))
        .replace("%2", number(report.total))
    ]
    if report.per_second > 0:
        rate = QLocale().toString(report.per_second, "f", 0 if report.per_second >= 10 else 1)
        pieces.append(translate("messages", "%1 photos/s").replace("%1", rate))
    if report.seconds_left is not None and report.done < report.total:
        pieces.append(translate("messages", "%1 left").replace("%1", duration(report.seconds_left)))
    return " · ".join(pieces)
