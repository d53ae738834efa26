"""From what the user wants to what the window shows: intent -> frozen request -> engine, elsewhere -> signal, here."""

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from engine.metric import Metric
from engine.results import Progress
from engine.spec import ModelSpec
from gui.arrangement import Listing, arrange_library, arrange_results
from gui.backend import Backend
from gui.folder_watch import FolderWatch
from gui.folding import Folding
from gui.gallery_model import EMPTY, GalleryItems
from gui.history import History
from gui.indexing import Indexing
from gui.library_state import Filtered, LibraryState, filter_names, look, open_library
from gui.search_job import Searcher, SearchReply, SearchRequest, Spread
from gui.session_state import Query, Scope, Sort
from gui.settings import Settings
from gui.worker import Lane

LOOK_INTERVAL_MS = 1500  # how often the counts follow a running indexing


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the history: a query, or the whole library."""

    query: Query | None


class Controller(QObject):
    """Knows what is looked at. Everything slow runs on lanes; every signal is emitted on the window's thread."""

    library_opening = Signal(object)  # Path
    library_changed = Signal(object)  # LibraryState: another library, or the same after a change
    items_changed = Signal(object, bool, object)  # GalleryItems; is it something else?; path to stand at, or None
    query_changed = Signal(object)  # Query or None
    searching_changed = Signal(bool)
    replied = Signal(object)  # SearchReply
    spread_changed = Signal(object)  # Spread, or None
    history_changed = Signal()
    model_changed = Signal(object)  # ModelSpec or None
    metric_changed = Signal(object)  # Metric
    limit_changed = Signal(object)  # float or None
    scope_changed = Signal(object)  # Scope
    count_changed = Signal(int)  # of results at most; 0: all
    indexing_changed = Signal(object)  # Progress, or None when nothing runs
    indexed = Signal(object)  # IndexReport
    failed = Signal(object)  # Exception

    def __init__(self, backend: Backend, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.backend = backend
        self.settings = settings
        self.root: Path | None = None
        self.opening: Path | None = None  # asked for, and not open yet: what is asked may be silent, and asked again
        self.state: LibraryState | None = None
        self.history: History[Place] = History()
        self.model: ModelSpec | None = backend.model(settings.model)
        self.metric = self._metric_for(self.model)
        self.limit: float | None = None
        self._count: int | None = None  # instead of the setting, while a run is shown again
        self.scope = Scope()
        self.items: GalleryItems = EMPTY
        self.reply: SearchReply | None = None
        self.search_failed = False  # the last search, with an error that was told
        self.listing_pending = False  # what the folder holds is not known yet
        self._on_disk: Listing | None = None  # the folder's files until they are all in the index
        self._filter = ""
        self._filtered: tuple[str, Filtered] | None = None
        self._searcher: Searcher | None = None
        self._request_id = 0
        self._fresh = True  # the next items are something else, not a refreshed view of the same
        self._stand_at: str | None = None
        self._followed: Query | None = None  # the query that was gone to last
        self._searches = Lane("search", self)
        self._searches.busy_changed.connect(self.searching_changed)
        self._looks = Lane("library", self)
        self.folding = Folding(backend, settings, self)
        self.folding.changed.connect(self._on_folding_changed)
        self.indexing = Indexing(backend, self)
        self.indexing.progressed.connect(self._on_indexing_progress)
        self.indexing.finished.connect(self._on_indexed)
        self.indexing.stopped.connect(self._on_indexing_ended)
        self.indexing.failed.connect(self._on_indexing_failed)
        self._follow = QTimer(self, interval=LOOK_INTERVAL_MS)
        self._follow.timeout.connect(self._look)
        self._watch = FolderWatch(self)
        self._watch.changed.connect(self.rescan)

    # -- the library -----------------------------------------------------------------------------------------------

    def open_library(self, root: Path) -> None:
        """Open a folder: what the index knows of it is shown at once, then the index is brought up to date."""
        self.opening = root
        self.library_opening.emit(root)
        self._looks.submit(
            lambda _token: open_library(self.backend, root), done=self._on_opened, failed=self.failed.emit, replace=True
        )

    def _on_opened(self, state: LibraryState) -> None:
        self.indexing.stop()
        self._searches.cancel_all()
        self.root, self.opening = state.library.root, None
        self.history.clear()
        self.history.visit(Place(None))
        self.scope, self.limit, self.reply, self._on_disk = Scope(), None, None, None
        self.folding.forget()
        self._filter, self._fresh, self._stand_at, self._followed = "", True, None, None
        self.listing_pending = True
        self.settings.remember_library(self.root)
        self._take_state(state)
        self.query_changed.emit(None)
        self.spread_changed.emit(None)
        self.history_changed.emit()
        self._show()
        self.rescan()

    def look_for_changes(self) -> None:
        """Look for them because somebody asked; what has failed before is tried again."""
        if self.opening is not None:
            self.open_library(self.opening)
            return
        if self.search_failed:
            self._search()
        self.rescan()

    def rescan(self) -> None:
        """Look for added, changed and removed photos."""
        if self.state is None or self.root is None:
            return
        root = self.root
        self._looks.submit(
            lambda _token: Listing.on_disk(root), done=self._on_listed, failed=self._on_listing_failed, replace=True
        )

    def _on_listed(self, listing: Listing) -> None:
        if self.state is None or self.root is None:
            return
        was_pending, self.listing_pending = self.listing_pending, False
        if listing.paths != self.state.listing.paths:
            self._on_disk = listing
            if self.query is None:
                self._show()
        elif was_pending and not len(listing):
            self._show()  # the grid says now why it is empty
        if self.model is not None:
            self.indexing.start_when_free(self.root, self.model)
            self._follow.start()

    def _on_listing_failed(self, error: Exception) -> None:
        self.listing_pending = False
        self._watch.stop()
        self.failed.emit(error)

    def stop_indexing(self) -> None:
        """Stop; what is embedded stays embedded."""
        self.indexing.stop()

    def _on_indexing_progress(self, progress: Progress) -> None:
        self.indexing_changed.emit(progress)

    def _on_indexed(self, report: Any) -> None:
        self._on_disk = None
        self.indexed.emit(report)
        self._on_indexing_ended()

    def _on_indexing_failed(self, error: Exception) -> None:
        self._on_indexing_ended()
        self.failed.emit(error)

    def _on_indexing_ended(self) -> None:
        if not self.indexing.running:
            self._follow.stop()
            self.indexing_changed.emit(None)
        self._look()

    def refresh(self) -> None:
        """Take in what another job has added to the index."""
        self._look()

    def _look(self) -> None:
        """Ask the index what it knows by now."""
        if self.state is None:
            return
        library, previous = self.state.library, self.state
        self._looks.submit(
            lambda _token: look(self.backend, library, previous), done=self._on_looked, failed=self.failed.emit
        )

    def _on_looked(self, state: LibraryState) -> None:
        if self.state is None or state.library is not self.state.library:
            return
        changed = state.generation != self.state.generation
        self._take_state(state)
        if self.query is not None:
            if self._worth_another_search():
                self._search()
        elif changed and self._on_disk is None:
            self._show()

    def _take_state(self, state: LibraryState) -> None:
        if self.state is None or self.state.generation != state.generation:
            self._searcher = Searcher(self.backend, state.library)
        self.state = state
        if self.settings.watch_folder:
            self._watch.watch(state.library.root, state.folders)
        else:
            self._watch.stop()
        self.library_changed.emit(state)

    def _worth_another_search(self) -> bool:
        """While indexing runs, results are made anew when twice as many photos can be searched: they settle down."""
        if self.search_failed:
            return False  # it would fail again, and be told again
        if self.reply is None or self.model is None or self.state is None:
            return not self._searches.busy
        seen, before = self.state.counts.get(self.model.name, 0), len(self.reply.gallery)
        if self.indexing.running:
            return seen >= max(1, 2 * before)
        return self.reply.gallery.generation != self.state.generation or seen != before

    # -- the query -------------------------------------------------------------------------------------------------

    @property
    def query(self) -> Query | None:
        """What is searched for; None while the whole library is shown."""
        return self.history.current.query if self.history.current else None

    def set_query(self, query: Query | None) -> None:
        """Search for something else; None shows the whole library."""
        if self.state is None:
            return
        if self.history.visit(Place(query)):
            self._go()

    def back(self) -> None:
        left = self.query
        if self.history.back():
            self._go(stand_at=left.single_path if left else None)

    def forward(self) -> None:
        if self.history.forward():
            self._go()

    def jump(self, position: int) -> None:
        """Go to an entry of the history."""
        if position != self.history.position and self.history.jump(position):
            self._go()

    def _go(self, stand_at: str | None = None) -> None:
        before, self._followed = self._followed, self.query
        refined = before is not None and self.query is not None and before.base == self.query.base
        # A name that was looked for has led here: it would hide the results, which have other names. Of a query that
        # is only refined, what is selected stays selected.
        self._fresh, self._stand_at, self.reply, self._filter = not refined, stand_at, None, ""
        self.history_changed.emit()
        self.query_changed.emit(self.query)
        self.folding.forget()
        if self.query is None:
            self._searches.cancel_all()
            self.spread_changed.emit(None)
            self._show()
        else:
            self._search()

    # -- how to search ---------------------------------------------------------------------------------------------

    def set_model(self, name: str) -> None:
        """Use another model: at once where it has seen the library; else it is indexed in the background."""
        model = self.backend.model(name)
        if model is None or model == self.model:
            return
        self.model, self.settings.model, self.limit = model, model.name, None
        self.metric = self._metric_for(model)
        self.model_changed.emit(model)
        self.metric_changed.emit(self.metric)
        self.limit_changed.emit(None)
        if self.query is not None:
            self._search()
        if self.state is None or self.root is None:
            return
        if self.state.counts.get(name, 0) < len(self._listing):
            self.indexing.start(self.root, model)
            self._follow.start()
        elif self.indexing.running:
            self.indexing.start_when_free(self.root, model)

    def reload_models(self, use: str = "") -> None:
        """Take in models that came or went, and use the one of this name, or go on with the one that is used."""
        self.backend.reload_models()
        before = self.model
        model = self.backend.model(use or (before.name if before else ""))
        if model is not None and model != before:
            self.set_model(model.name)
        else:
            self.model_changed.emit(before)
        self.refresh()

    def set_metric(self, metric: Metric, *, keep: bool = True) -> None:
        """Measure otherwise; embeds nothing. `keep`: also after the next start."""
        if keep:
            self.settings.metric = str(metric)
        if metric is self.metric:
            return
        self.metric, self.limit = metric, None
        self.metric_changed.emit(metric)
        self.limit_changed.emit(None)
        if self.query is not None:
            self._search()

    @property
    def count(self) -> int:
        """How many results are shown at most; 0: all."""
        return self.settings.result_count if self._count is None else self._count

    def set_count(self, count: int, *, keep: bool = True) -> None:
        """Show at most so many results; 0 is all. `keep`: also after the next start."""
        if keep:
            self.settings.result_count = count
        self._count = None if keep else count
        self.count_changed.emit(count)
        if self.query is not None:
            self._search()

    def set_limit(self, limit: float | None) -> None:
        """Show only results up to this distance; None lifts the limit."""
        self.limit = limit
        self.limit_changed.emit(limit)
        if self.query is not None:
            self._show()

    def set_scope(self, scope: Scope) -> None:
        """Show results, or photos, of a part of the library only."""
        if scope == self.scope:
            return
        self.scope = scope
        self.scope_changed.emit(scope)
        if self.query is not None:
            self._search()
        else:
            self._fresh = True
            self._show()

    def set_sort(self, sort: Sort) -> None:
        """Show the same in another order; the library and results each keep their own."""
        if self.query is None:
            self.settings.library_sort = str(sort)
        else:
            self.settings.sort = str(sort)
        self._show()

    @property
    def sort(self) -> Sort:
        """The order of what is shown."""
        kept = self.settings.library_sort if self.query is None else self.settings.sort
        return Sort(kept) if kept in list(Sort) else Sort.NAME if self.query is None else Sort.DISTANCE

    def toggle_stack(self, row: int) -> None:
        """Unfold the near-identical photos of a row of the results, or fold them again; the first gets the keyboard."""
        items = self.items
        leader = self.folding.toggle(items, row) if row < len(items) else None
        if leader is not None:
            self._stand_at = items.paths[leader]
            self._show()

    def _on_folding_changed(self) -> None:
        if self.query is not None:
            self._show()

    def set_filter(self, text: str) -> None:
        """Show only photos with this text in their path."""
        self._filter = text.strip()
        self._show()

    def apply_settings(self) -> None:
        """Take over settings that were changed elsewhere, or reset."""
        self.backend.use_provider(self.settings.provider or None)
        model = self.backend.model(self.settings.model)
        if model is not None and model != self.model:
            self.set_model(model.name)
        self.set_metric(self._metric_for(self.model), keep=False)
        if self.state is not None:
            self._take_state(self.state)
        self._show()

    def _metric_for(self, model: ModelSpec | None) -> Metric:
        kept = self.settings.metric
        if kept in list(Metric):
            return Metric(kept)
        return model.metric if model else Metric.COSINE

    # -- searching and showing -------------------------------------------------------------------------------------

    def _search(self) -> None:
        query, searcher = self.query, self._searcher
        if query is None or searcher is None or self.model is None:
            return
        self._request_id += 1
        self.search_failed = False
        request = SearchRequest(self._request_id, query, self.model, self.metric, self.count, self.scope)
        self._searches.submit(
            lambda _token: searcher.steps(request),
            progress=self._on_reply,
            done=self._on_spread,
            failed=self._on_search_failed,
            replace=True,
        )

    def _on_reply(self, reply: SearchReply | None) -> None:
        if reply is None or reply.request.id != self._request_id:
            return
        self.reply = reply
        assert self.state is not None
        self.folding.follow(self.state.library, reply)
        self.replied.emit(reply)
        self._show()

    def _on_spread(self, spread: Spread) -> None:
        if spread.request.id == self._request_id:
            self.spread_changed.emit(spread)

    def _on_search_failed(self, error: Exception) -> None:
        self.folding.forget()
        self.items, self.search_failed = EMPTY, True
        self.items_changed.emit(EMPTY, True, None)
        self.spread_changed.emit(None)
        self.failed.emit(error)

    @property
    def photos(self) -> int:
        """How many photos the library has, indexed or not."""
        return len(self._listing) if self.state is not None else 0

    @property
    def paths(self) -> Container[str]:
        """The photos of the library, indexed or not; a value that other threads may read."""
        return self._listing.paths if self.state is not None else ()

    @property
    def _listing(self) -> Listing:
        assert self.state is not None
        return self._on_disk or self.state.listing

    def _show(self) -> None:
        """Tell the grid what to show: results, or the library."""
        if self.state is None or (self.query is not None and self.reply is None):
            return
        reply = self.reply if self.query is not None else None
        listing = reply.listing if reply else self._listing
        if self._filter and (self._filtered is None or self._filtered[1].listing is not listing):
            self._start_filter(listing)
            return
        if self._filtered is not None and self._filtered[0] != self._filter:
            self._start_filter(listing)
            return
        matching = self._filtered[1].matching if self._filtered else None
        if reply is not None:
            found = arrange_results(listing, reply.ranking, reply.to_file, self.sort, self.limit, matching)
            self.items = self.folding.fold(found)
        else:
            self.items = arrange_library(listing, self.sort, self.scope, matching)
        fresh, stand_at = self._fresh, self._stand_at
        self._fresh, self._stand_at = False, None
        self.items_changed.emit(self.items, fresh, stand_at)

    def _start_filter(self, listing: Listing) -> None:
        text = self._filter
        if not text:
            self._filtered = None
            self._show()
            return
        self._looks.submit(
            lambda _token: (text, filter_names(listing, text)), done=self._on_filtered, failed=self.failed.emit
        )

    def _on_filtered(self, filtered: tuple[str, Filtered]) -> None:
        if filtered[0] == self._filter:
            self._filtered = filtered
            self._show()

    def close(self) -> None:
        """Stop everything and wait for the threads; the index keeps what is done."""
        self._follow.stop()
        self._watch.stop()
        self._searches.close()
        self._looks.close()
        self.folding.close()
        self.indexing.close()
        self.settings.sync()
