"""Checks the collection: every garment on every figure, size and pose that it declares, and every outfit.

``python -m tools.check_collection [ID …] [--poses a-pose,walk] [--sizes M,XL] [--figures …] [--jobs 2] [--out FILE]``
prints a line for each combination and exits with 1 if anything fails. What must hold is in
:mod:`tools.collection_rules`. With ``--out`` every finding is a line of JSON in FILE as soon as it is made, under a
key of the code and the content that it is of: another run does only what is missing or has changed since.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from assets import catalogue, catalogue_garments, catalogue_mannequins, catalogue_outfits
from tools.collection_rules import Finding, check, digests

Combination = tuple[tuple[str, ...], str, str, str]
_CODE: Final = ("assets/*.py", "assets/generators/sewn_checks.py", "tools/collection_rules.py")
"""What a finding depends on, besides the content."""


def combinations(
    ids: Iterable[str] = (), *, figures: Iterable[str] = (), sizes: Iterable[str] = (), poses: Iterable[str] = ()
) -> Iterator[Combination]:
    """Every declared combination: what is worn, the name of it, the avatar and the pose; only those asked for."""
    wanted = set(ids)
    for one in catalogue_garments.GARMENTS:
        if (not wanted or one.id in wanted) and catalogue_mannequins.figure(one.draped_on) is not None:
            for avatar, pose in _shown(one.figures, one.poses, set(figures), set(sizes), set(poses)):
                yield (one.id,), one.id, avatar, pose
    for look in catalogue_outfits.OUTFITS:
        pieces = tuple(piece.item for piece in look.pieces)
        if (wanted and look.id not in wanted) or catalogue_mannequins.figure(look.figure) is None:
            continue
        items = [catalogue.item(piece) for piece in pieces]
        made_for = tuple(figure for figure in items[0].figures if all(figure in item.figures for item in items))
        shown = tuple(pose for pose in items[0].poses if all(pose in item.poses for item in items))
        for avatar, pose in _shown(made_for, shown, set(figures), set(sizes), set(poses)):
            yield pieces, look.id, avatar, pose


def _shown(
    figures: tuple[str, ...], poses: tuple[str, ...], some: set[str], sizes: set[str], asked: set[str]
) -> Iterator[tuple[str, str]]:
    for entry in catalogue_mannequins.MANNEQUINS:
        if entry.id not in figures or (some and entry.id not in some):
            continue
        for size in entry.sizes:
            if not sizes or size in sizes:
                yield from ((entry.item_id(size), pose) for pose in poses if not asked or pose in asked)


@cache
def _code() -> str:
    root = Path(__file__).parents[1]
    total = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(root.glob(pattern)):
            total.update(f"{path.name} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def key(given: Combination) -> str:
    """Of a combination with the code and the content that decide what is found, SHA-256 in hex."""
    pieces, what, avatar, pose = given
    told = json.dumps([_code(), digests(pieces, avatar), pieces, what, avatar, pose], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def read(path: Path) -> dict[str, Finding]:
    """The findings in a file, by key; a line that was cut off is passed over."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        name = entry.pop("key")
        found[name] = Finding(**entry)
    return found


def look(given: list[Combination], out: Path | None) -> list[Finding]:
    """Combinations of one figure in one pose, one after the other: they share what is fitted to it."""
    found = []
    for one in given:
        found.append(check(*one))
        if out is not None:
            line = json.dumps({"key": key(one), **asdict(found[-1])}) + "\n"
            # One write of a short line: others append to the same file.
            with out.open("ab", buffering=0) as file:
                file.write(line.encode())
    return found


def row(found: Finding) -> str:
    """A finding as a line of the table."""
    return (
        f"{found.what:18} {found.avatar:22} {found.pose:14} deepest {found.deep * 1000:5.2f} mm ({found.seen:4}) "
        f"through {found.through * 1000:5.2f} mm ({found.poking:4}) prints {found.true:.3f} "
        f"open {found.open * 1000:5.1f} mm turned {found.turned:.5f} {', '.join(found.faults) or 'ok'}"
        f"{f' ({found.where})' if found.where else ''}\n"
    )


def main() -> int:
    """The table; 1 if something fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    for name in ("figures", "sizes", "poses"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    chosen: dict[str, Any] = {
        name: tuple(part for part in getattr(options, name).split(",") if part)
        for name in ("figures", "sizes", "poses")
    }
    asked = list(combinations(options.ids, **chosen))
    known = read(options.out) if options.out is not None else {}
    done = [known[mine] for one in asked if (mine := key(one)) in known] if known else []
    left = sorted((one for one in asked if not known or key(one) not in known), key=lambda one: one[2:])
    groups = [list(group) for _, group in groupby(left, key=lambda one: one[2:])]
    bad = [found for found in done if found.faults]
    for found in bad:
        sys.stdout.write(row(found))
    for some in _looked(groups, options.out, options.jobs):
        for found in some:
            sys.stdout.write(row(found))
        sys.stdout.flush()
        bad += [found for found in some if found.faults]
    sys.stdout.write(f"{len(asked)} combinations, {len(done)} of them known before, {len(bad)} with faults\n")
    return 1 if bad else 0


def _looked(groups: list[list[Combination]], out: Path | None, jobs: int) -> Iterator[list[Finding]]:
    if jobs == 1:
        yield from (look(group, out) for group in groups)
        return
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(look, groups, [out] * len(groups))


if __name__ == "__main__":
    raise SystemExit(main())
