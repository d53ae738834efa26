"""The map connected with the window: it shows the open library, follows query and model, and is worked out in the
background while it is looked at."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.photo_map import Layout
from engine.results import Progress
from engine.tsne import INSTALL, tsne_installed
from gui import messages
from gui.controller import Controller
from gui.gallery_model import shown_text
from gui.indexing import be_nice
from gui.library_state import LibraryState
from gui.map_groups import REST, shades
from gui.map_job import MapDistances, MapReply, MapRequest, map_steps, measure
from gui.map_page import DISTANCE, FOLDER, MapPage
from gui.map_scene import Scene, caption
from gui.search_job import SearchReply
from gui.session_state import Query
from gui.thumbnails import Thumbnails
from gui.worker import Lane


class Mapping(QObject):
    """Works only while the map is shown (`set_shown`). `failed(Exception)`; `close` ends the threads."""

    failed = Signal(object)

    def __init__(self, controller: Controller, thumbnails: Thumbnails, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._settings = controller.settings
        self.page = MapPage(thumbnails)
        self.canvas = self.page.canvas
        self.shown = False
        self.reply: MapReply | None = None
        self._asked: MapRequest | None = None
        self._distances: MapDistances | None = None
        self._maps = Lane("map", self, initializer=be_nice)
        self._measures = Lane("map-distances", self)
        page = self.page
        page.layout_chosen.connect(self._choose_layout)
        page.colour_chosen.connect(self._choose_colour)
        page.stop_requested.connect(self._stop)
        page.anew_requested.connect(lambda: self._ask(anew=True))
        page.set_layout(self._layout)
        self.canvas.query_requested.connect(lambda path: controller.set_query(Query.by_path(path)))
        controller.library_opening.connect(self._on_opening)
        controller.library_changed.connect(self._on_library)
        controller.model_changed.connect(lambda _model: self._ask())
        controller.metric_changed.connect(lambda _metric: self._ask())
        controller.indexing_changed.connect(self._on_indexing)
        controller.query_changed.connect(self._on_query)
        controller.replied.connect(self._on_replied)
        controller.items_changed.connect(lambda *_: self._compose())

    # -- what is wanted --------------------------------------------------------------------------------------------

    def set_shown(self, shown: bool) -> None:
        """Whether the map is looked at; it catches up when it is shown again."""
        self.shown = shown
        if shown:
            self._ask()
            self._measure()
            self._compose()

    @property
    def _layout(self) -> Layout:
        kept = self._settings.map_layout
        return Layout(kept) if kept in list(Layout) else Layout.PCA

    def _choose_layout(self, layout: Layout) -> None:
        if layout is Layout.TSNE and not tsne_installed():
            self.page.set_layout(self._layout)
            self.page.tell(self.tr("Neighbourhoods need one more package: %1").replace("%1", INSTALL))
            return
        self._settings.map_layout = str(layout)
        self._ask()

    def _choose_colour(self, colour: str) -> None:
        self._settings.map_colour = colour
        self._measure()
        self._compose()

    def _request(self) -> MapRequest | None:
        controller = self._controller
        state, model = controller.state, controller.model
        if state is None or model is None:
            return None
        return MapRequest(model, controller.metric, self._layout, state.generation)

    def _ask(self, *, anew: bool = False) -> None:
        """Make the map that is wanted now, unless it is there or on its way."""
        request, state = self._request(), self._controller.state
        if not self.shown or request is None or state is None:
            return
        if not anew and (request == self._asked or (self._asked and self._waits_for_index(request))):
            return
        self._asked = request
        library = state.library
        self._maps.submit(
            lambda _token: map_steps(library, request, anew),
            progress=self.page.set_progress,
            done=self._on_made,
            failed=self._on_failed,
            replace=True,
        )

    def _waits_for_index(self, request: MapRequest) -> bool:
        """While photos are being indexed the library changes all the time: the map is made again at the end."""
        asked = self._asked
        same = asked is not None and (asked.model, asked.metric, asked.layout) == (
            request.model,
            request.metric,
            request.layout,
        )
        return same and self._controller.indexing.running and self.reply is not None and len(self.reply.gallery) > 0

    def _stop(self) -> None:
        """Leave the map as it was before; another wish starts again."""
        self._maps.cancel_all()
        self.page.set_progress(None)
        self.page.tell(self.tr("Stopped."))
        if self.reply is not None:
            # What is shown is what the choice says.
            self._settings.map_layout = str(self.reply.request.layout)
            self.page.set_layout(self._layout)
            self._asked = self.reply.request

    def _on_made(self, reply: MapReply) -> None:
        self.page.set_progress(None)
        self.page.set_layout(reply.request.layout)
        self.reply, self._distances = reply, None
        self._measure()
        self._compose()
        self._tell()

    def _on_failed(self, error: Exception) -> None:
        self.page.set_progress(None)
        self.page.tell("")
        self._asked = None
        if self._layout is not Layout.PCA:
            self._settings.map_layout = str(Layout.PCA)
            self.page.set_layout(Layout.PCA)
        self.failed.emit(error)

    # -- what the controller tells ---------------------------------------------------------------------------------

    def _on_opening(self, root: Path) -> None:
        if root != self._controller.root:
            self._maps.cancel_all()
            self._measures.cancel_all()
            self.reply = self._asked = self._distances = None
            self.page.set_progress(None)
            self.page.tell("")
            self._compose()

    def _on_library(self, _state: LibraryState) -> None:
        self._ask()

    def _on_indexing(self, progress: Progress | None) -> None:
        if progress is None:
            self._ask()

    def _on_query(self, query: Query | None) -> None:
        self.page.set_query(query is not None)
        self._distances = None
        self._compose()

    def _on_replied(self, _reply: SearchReply) -> None:
        self._measure()

    def _measure(self) -> None:
        """Work out the distances of all photos, if colours are to tell them."""
        shown, reply = self.reply, self._controller.reply
        if not self.shown or shown is None or reply is None or self._settings.map_colour != DISTANCE:
            return
        if reply.request.model != shown.request.model:
            return  # the map of the other model is on its way
        known = self._distances
        if known is not None and known.map is shown and known.reply is reply:
            return
        self._measures.submit(
            lambda _token: measure(shown, reply), done=self._on_measured, failed=self.failed.emit, replace=True
        )

    def _on_measured(self, found: MapDistances) -> None:
        if found.map is self.reply and found.reply is self._controller.reply:
            self._distances = found
            self._compose()

    # -- what is shown ---------------------------------------------------------------------------------------------

    def _compose(self) -> None:
        """Put the scene together from what is known."""
        if not self.shown:
            return
        reply, controller = self.reply, self._controller
        if reply is None:
            if len(self.canvas.scene.points):
                self.canvas.set_scene(Scene())
            self.canvas.set_message(self.tr("The map appears here as soon as photos are indexed."))
            self.page.legend.show_names(())
            return
        query = controller.query
        wanted = DISTANCE if query is not None and self._settings.map_colour == DISTANCE else FOLDER
        distances = self._distances.distances if self._distances is not None and wanted == DISTANCE else None
        if wanted == DISTANCE and distances is None and self._measures.busy:
            return  # a moment, and not twice in other colours
        found = () if query is None else (reply.gallery.index_of(part.path) for part in query.base if part.path)
        own = tuple(position for position in found if position is not None)
        self.page.set_colour(DISTANCE if distances is not None else FOLDER)
        about = self.tr("Distance %1")
        scene = Scene(
            points=reply.photo_map.points,
            paths=reply.gallery.paths,
            shade=reply.groups.number if distances is None else shades(distances, own),
            palette=self.canvas.palette(),
            distances=distances,
            shown=self._standing_out(reply, own, distances is not None),
            queries=own,
            contents=reply.contents,
            description=self._description(reply),
            caption_of=lambda path, distance: caption(path, distance, about),
        )
        self.canvas.set_scene(scene)
        self._show_legend(reply, scene)

    def _standing_out(self, reply: MapReply, own: tuple[int, ...], by_distance: bool) -> NDArray[np.bool_] | None:
        """The photos that the grid would show, where colours do not tell it already; None: all."""
        items = self._controller.items
        if by_distance or items.order is None or len(items) >= len(items.paths):
            return None
        listed = np.zeros(len(items.paths), dtype=np.bool_)
        listed[items.order] = True
        if reply.to_file is not None and int(reply.to_file.max(initial=-1)) < len(listed):
            listed = listed[reply.to_file]
        if len(listed) != len(reply.gallery):
            return None  # the library has changed: the map follows
        listed[list(own)] = True
        return listed

    def _show_legend(self, reply: MapReply, scene: Scene) -> None:
        colours, groups = scene.colours, reply.groups
        if scene.by_distance:
            self.page.legend.show_ramp(colours, self.tr("near"), self.tr("as far as half of the photos, or farther"))
            return
        names = [shown_text(name) if name else self.tr("in no folder") for name in groups.names]
        entries = list(zip(colours, names, strict=False))
        if groups.others:
            entries.append((colours[REST], self.tr("%Ln other folder(s)", None, groups.others)))
        self.page.legend.show_names(entries if len(entries) > 1 else ())

    def _description(self, reply: MapReply) -> str:
        count = messages.Counted().photos(len(reply.gallery))
        return self.tr("%1. Arrows go to the next photo, Enter searches with it.").replace("%1", count)

    def _tell(self) -> None:
        """What the map is of, and what can be trusted about it."""
        reply = self.reply
        if reply is None:
            return
        if not len(reply.gallery):
            self.page.tell("")
            self.canvas.set_message(self.tr("The map appears here as soon as photos are indexed."))
            return
        explained = reply.photo_map.explained
        if explained is not None:
            text = self.tr("Shows %1 % of the differences").replace("%1", f"{100 * explained:.0f}")
        else:
            text = self.tr("Only neighbours count")
        seen, photos = len(reply.gallery), self._controller.photos
        if seen < photos:
            part = self.tr("%1 of %2 photos").replace("%1", messages.number(seen))
            text = f"{part.replace('%2', messages.number(photos))} · {text}"
        self.page.tell(text)
        self.page.anew.setVisible(reply.photo_map.added > 0)

    def close(self) -> None:
        """Wait for the threads to end."""
        self._maps.close()
        self._measures.close()
