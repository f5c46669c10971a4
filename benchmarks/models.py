"""How small a GLB gets: ours with WebP and meshopt, or Draco, over glTF-Transform's ``optimize`` with the same two.

Neither side leaves triangles out. The model is FlightHelmet of FARM_SAMPLES unless ``--model`` names another. Beside
that: what the model takes with each kind of compression, its textures untouched, and what KTX 2 costs. Run as
``python -m benchmarks.models`` after ``make peers``.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Final, Literal

from assets import gltf
from assets.model import Model
from benchmarks import report
from exporters.gltf import Compression, write_glb
from exporters.optimise import Options, optimise

PEER: Final = Path(__file__).resolve().parents[1] / ".peers" / "node_modules" / ".bin" / "gltf-transform"
_COMPARED: Final[tuple[Literal["meshopt", "draco"], ...]] = ("meshopt", "draco")
KINDS: Final[tuple[Compression, ...]] = ("none", "quantise", "meshopt", "draco")


def main() -> None:
    """Writes the files and compares their sizes."""
    options = report.arguments(__doc__, model="khronos/FlightHelmet.glb")
    source = Path(os.environ.get("FARM_SAMPLES", "")) / options.model
    model = gltf.read(source.read_bytes())
    figures: dict[str, float] = {"bytes_before": source.stat().st_size}
    for kind in _COMPARED:
        ours, seconds = _ours(model, kind)
        theirs, peer_seconds = _peer(source, kind)
        end = "" if kind == "meshopt" else "_draco"
        figures |= {
            f"ratio_gltf_transform{end}": round(ours / theirs, 3),
            f"bytes_ours{end}": ours,
            f"bytes_peer{end}": theirs,
            f"seconds_ours{end}": round(seconds, 2),
            f"seconds_peer{end}": round(peer_seconds, 2),
        }
        report.say(options, f"{source.name}, {kind}: {ours:,} bytes, glTF-Transform {theirs:,}")
    for compression in KINDS:
        size = len(write_glb(model, extras={}, compression=compression))
        figures[f"bytes_{compression}"] = size
        report.say(options, f"{compression}: {size:,} bytes with its own textures")
    began = process_time()
    heavy, counts = optimise(model, Options(textures="ktx2"))
    figures |= {
        "ktx2_cpu_seconds": round(process_time() - began, 2),
        "ktx2_bytes": len(write_glb(heavy, extras={}, textures="ktx2")),
        "triangles": counts.after.triangles,
    }
    report.say(options, f"KTX 2: {figures['ktx2_bytes']:,} bytes in {figures['ktx2_cpu_seconds']} s of CPU")
    report.finish(figures)


def _ours(model: Model, kind: Literal["meshopt", "draco"]) -> tuple[int, float]:
    began = perf_counter()
    slim, _ = optimise(model, Options(textures="webp", ordered=kind == "meshopt"))
    size = len(write_glb(slim, extras={}, compression=kind, textures="webp"))
    return size, perf_counter() - began


def _peer(source: Path, kind: str) -> tuple[int, float]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "peer.glb"
        command = [str(PEER), "optimize", str(source), str(out), "--compress", kind, "--texture-compress", "webp"]
        began = perf_counter()
        subprocess.run([*command, "--simplify", "false"], check=True, capture_output=True)
        return out.stat().st_size, perf_counter() - began


if __name__ == "__main__":
    main()
