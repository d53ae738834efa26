"""A guard for the methods that Qt calls: an exception is reported and replaced by a default value.

On CPython 3.11 an exception that leaves an overridden virtual can end the whole process with a segmentation fault when
Qt was entered from Python (`grab()`, `show()`, `super().paintEvent(…)`). Every override in `gui` is wrapped.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])


def guarded(default: Any = None) -> Callable[[_Method], _Method]:
    """Wrap an override: whatever it raises goes to `sys.excepthook`, and Qt gets `default`.

    A callable `default` is called for each failure, so that a mutable Qt value (`QSize`, `QRect`) is never shared.
    """

    def wrap(method: _Method) -> _Method:
        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return method(*args, **kwargs)
            except Exception:  # noqa: BLE001 - the point of the guard: nothing may travel into Qt
                sys.excepthook(*sys.exc_info())
                return default() if callable(default) else default

        return call  # type: ignore[return-value]

    return wrap
