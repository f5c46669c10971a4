"""The command line: `farm`. One file per group of commands; a command imports what it needs when it runs."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `farm` program."""
    from api.cli.app import run

    run()
