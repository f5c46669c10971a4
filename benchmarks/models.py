"""How small a GLB gets: ours with meshopt and WebP over glTF-Transform's ``optimize`` with the same two.

Neither side leaves triangles out. The model is FlightHelmet of FARM_SAMPLES unless ``--model`` names another. Run as
``python -m benchmarks.models`` after ``make peers``.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter

from assets import gltf
from benchmarks import report
from exporters.gltf import write_glb
from exporters.optimise import Options, optimise

PEER = Path(__file__).resolve().parents[1] / ".peers" / "node_modules" / ".bin" / "gltf-transform"


def main() -> None:
    """Writes both files and compares their sizes."""
    options = report.arguments(__doc__, model="khronos/FlightHelmet.glb")
    source = Path(os.environ.get("FARM_SAMPLES", "")) / options.model
    model = gltf.read(source.read_bytes())
    began = perf_counter()
    slim, counts = optimise(model, Options(textures="webp", ordered=True))
    ours = write_glb(slim, extras={}, compression="meshopt", textures="webp")
    seconds = perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "peer.glb"
        command = [
            str(PEER),
            "optimize",
            str(source),
            str(out),
            "--compress",
            "meshopt",
            "--texture-compress",
            "webp",
        ]
        began = perf_counter()
        subprocess.run([*command, "--simplify", "false"], check=True, capture_output=True)
        theirs, peer_seconds = out.stat().st_size, perf_counter() - began
    figures = {
        "ratio_gltf_transform": round(len(ours) / theirs, 3),
        "bytes_before": source.stat().st_size,
        "bytes_ours": len(ours),
        "bytes_peer": theirs,
        "seconds_ours": round(seconds, 2),
        "seconds_peer": round(peer_seconds, 2),
        "triangles": counts.after.triangles,
    }
    report.say(options, f"{source.name}: {len(ours):,} bytes, glTF-Transform {theirs:,}")
    report.finish(figures)


if __name__ == "__main__":
    main()
