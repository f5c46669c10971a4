"""What can be wrong with content that came from outside.

ContentError
├── ModelError    a glTF, GLB that cannot be read, or that breaks a limit
├── ImageError    a texture or an art file
├── CatalogueError  an id that the catalogue does not have
└── CardError     a card whose template, texts, art or foils do not go together

MissingFontError is none of them: there the machine is at fault.
"""

from __future__ import annotations


class ContentError(ValueError):
    """The content is at fault, not the farm. ``code`` is stable; the message says what to change."""

    code = "content.invalid"

    def __init__(self, message: str, *, code: str | None = None, path: str = "") -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.path = path


class ModelError(ContentError):
    """A model file that cannot be used."""

    code = "model.invalid"


class ImageError(ContentError):
    """An image that cannot be used."""

    code = "image.invalid"


class CatalogueError(ContentError):
    """No such item in the catalogue."""

    code = "catalogue.unknown_item"


class CardError(ContentError):
    """A card that cannot be printed as it is."""

    code = "card.invalid"


class MissingFontError(RuntimeError):
    """A font of the cards is not on this machine; the message says what to install."""
