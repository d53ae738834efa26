"""What an empty grid says: why there is nothing to show, and what to do next."""

from PySide6.QtCore import QCoreApplication

from gui.controller import Controller


def why_empty(controller: Controller, filter_text: str) -> str:
    """The next step, for the first reason that holds; `filter_text` is what names are filtered by."""
    translate = QCoreApplication.translate
    if filter_text:
        return translate("empty_states", "No photo has this in its name. Esc empties the filter.")
    if controller.query is None:
        if controller.listing_pending:
            return translate("empty_states", "Looking for photos…")
        return translate(
            "empty_states", "There are no photos in this folder. Open another one (Ctrl+O), or drop it here."
        )
    if controller.search_failed:
        return translate(
            "empty_states", "This search did not work. Search with another picture, or go back (Alt+Left)."
        )
    if controller.limit is not None:
        return translate("empty_states", "Nothing is that near. Raise the distance on the left.")
    seen = controller.state.counts.get(controller.model.name, 0) if controller.state and controller.model else 0
    if seen == 0:
        if controller.indexing.running:
            return translate(
                "empty_states", "The first photos are being indexed; results appear here as soon as there are some."
            )
        return translate("empty_states", "Nothing is indexed yet for this model. Look for changes (F5) starts it.")
    if controller.scope.folder:
        return translate(
            "empty_states", "There is nothing in this folder to compare with. Choose another one on the left."
        )
    if controller.scope.skip_own_folder:
        return translate(
            "empty_states",
            "All other photos lie in the query's own folder. Take the tick on the left away to see them.",
        )
    return translate(
        "empty_states",
        "There is no other photo to compare with. Open a folder with more photos (Ctrl+O), or drop it here.",
    )
