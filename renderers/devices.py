"""`python -m renderers.devices`: the OpenGL devices of this machine, one a line.

A program of its own, because a broken driver crashes whoever opens it.
"""

from __future__ import annotations

import sys

from renderers.context import device_names
from renderers.errors import RendererError


def main() -> int:
    """Writes the names; 1 and why on stderr when there is none."""
    try:
        names = device_names()
    except RendererError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{name}\n" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
