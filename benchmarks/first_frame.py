"""A process that draws one 1080p frame of a file and ends: what `benchmarks.frame` starts to measure a cold start."""

from __future__ import annotations

import sys
from pathlib import Path

from assets import gltf, pose
from benchmarks.scene import FULL, scene_of, view_of
from renderers.opengl import open_renderer


def main() -> None:
    """Reads, opens a device, draws, reads back."""
    draws = pose.flatten(gltf.read(Path(sys.argv[1]).read_bytes()))
    renderer = open_renderer()
    for frame in renderer.frames(scene_of(draws), (view_of(draws, FULL),), FULL):
        sys.stdout.write(f"{renderer.device}: {frame.shape[1]} x {frame.shape[0]}\n")
        sys.stdout.flush()
    renderer.close()


if __name__ == "__main__":
    main()
