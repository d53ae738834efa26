"""Choices of a window as the settings keep them: a frozen dataclass of words, numbers and lists of words."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Self


class Remembered:
    """A base for dataclasses whose fields all have defaults: str, int, bool, float, or a tuple of str."""

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """What the settings hold; what is missing there or of another type is as on a first start."""
        known: dict[str, Any] = {}
        for field in fields(cls):  # type: ignore[arg-type]
            value = kept.get(field.name)
            if isinstance(field.default, tuple) and isinstance(value, list):
                value = tuple(item for item in value if isinstance(item, str))
            if type(value) is type(field.default) or (isinstance(field.default, str) and isinstance(value, str)):
                known[field.name] = value
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """For the settings."""
        values = asdict(self)  # type: ignore[call-overload]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
