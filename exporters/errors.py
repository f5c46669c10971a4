"""What can go wrong while a file is written, and whose fault it is.

ExportError        carries a stable dotted ``code`` and ``ours``
├── ours=False     the input cannot be written that way: not retried, the message says what to change
└── ours=True      a tool, the disk or this program failed: another try elsewhere may work
"""

from __future__ import annotations


class ExportError(Exception):
    """A file that could not be written. ``code`` is stable; ``ours`` says that the farm is at fault."""

    def __init__(self, code: str, message: str, ours: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.ours = ours

    def __reduce__(self) -> tuple[type[ExportError], tuple[str, str, bool]]:
        return type(self), (self.code, self.message, self.ours)
