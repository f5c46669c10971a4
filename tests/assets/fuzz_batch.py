"""One process that reads broken models under limits: ``python -m tests.assets.fuzz_batch FIRST COUNT [CASE …]``.

Every case is made from its number alone, so that ``… fuzz_batch 1234 1`` repeats case 1234. For each it prints
its number before it starts and what came of it after. A reader that hangs is killed by SIGALRM, one that takes
too much memory gets a MemoryError, and the parent sees which case was the last.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
import resource
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

SECONDS = 20  # a case's, on a machine that does other things too
ADDRESS_SPACE = 6 * 2**30  # libraries map far more than they use; what is used is asserted by the parent
LARGEST_SAMPLE = 8 * 2**20
CODE = re.compile(r"^[a-z]+\.[a-z_]+$")

VALUES: list[Any] = [None, True, False, -1, 0, 1, 2, 255, 65_535, 2**31, 2**32, 2**53, 2**63, 1e308, -1e9, 0.5, 1e-40]
VALUES += [
    "",
    "data:,",
    "data:;base64,AAAA",
    "MAT4",
    "SCALAR",
    "BLEND",
    [],
    {},
    [[]],
    [0],
    [-1],
    [0, 0],
    {"index": 0},
]
FLOATS = [np.nan, np.inf, -np.inf, 3.4e38, 1e-45, 0.0, -0.0, 1e10]
INTEGERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]


def seeds() -> list[bytes]:
    """The models that are broken: ours, and the samples that ``FARM_SAMPLES`` names."""
    from tests.assets.seeds import SEEDS

    found = [make() for make in SEEDS.values()]
    folder = os.environ.get("FARM_SAMPLES")
    if folder:
        paths = sorted(Path(folder).rglob("*.glb"))
        found += [path.read_bytes() for path in paths if path.stat().st_size <= LARGEST_SAMPLE]
    return found


def case(number: int, sources: list[bytes]) -> bytes:
    """The broken model of a number: one seed, one to three ways to break it."""
    chance = random.Random(number)
    data = bytearray(sources[number % len(sources)])
    for _ in range(chance.choice((1, 1, 2, 3))):
        (how,) = chance.choices(tuple(WAYS), weights=tuple(WAYS.values()))
        data = how(data, chance, sources)
    return bytes(data)


def flip(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    start = geometry(data) if chance.random() < 0.8 else 0
    for _ in range(chance.choice((1, 1, 4, 16)) if start < len(data) else 0):
        data[chance.randrange(start, len(data))] = chance.randrange(256)
    return data


def geometry(data: bytearray) -> int:
    """Where the JSON of a GLB ends; damage before it rarely gets further than the parser."""
    if data[:4] != b"glTF" or len(data) < 20:
        return 0
    return min(20 + int(struct.unpack_from("<I", data, 12)[0]), len(data))


def cut(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    end = chance.randrange(len(data) + 1)
    return data[:end] if chance.random() < 0.5 else data + bytes(chance.randrange(64))


def header(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    if len(data) >= 20:
        struct.pack_into("<I", data, chance.choice((4, 8, 12, 16)), chance.choice(INTEGERS))
    return data


def blocks(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    """Integers at the borders of what they can hold, anywhere: counts in streams, indices, offsets."""
    for _ in range(chance.choice((1, 2, 8))):
        if len(data) >= 8:
            start = min(geometry(data) if chance.random() < 0.8 else 0, len(data) - 8)
            place = chance.randrange(start, len(data) - 4)
            size = chance.choice(("<B", "<H", "<I"))
            value = chance.choice(INTEGERS)
            struct.pack_into(size, data, place, value & (256 ** struct.calcsize(size) - 1))
    return data


def floats(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    """Floats that are none, where the geometry is."""
    start = geometry(data)
    for _ in range(chance.choice((1, 4)) if len(data) - start >= 8 else 0):
        place = chance.randrange(start, len(data) - 4) // 4 * 4
        struct.pack_into("<f", data, place, chance.choice(FLOATS))
    return data


def splice(data: bytearray, chance: random.Random, sources: list[bytes]) -> bytearray:
    other = chance.choice(sources)
    length = chance.randrange(1, 512)
    start, place = chance.randrange(len(other)), chance.randrange(min(geometry(data), len(data)), len(data) + 1)
    data[place : place + length] = other[start : start + length]
    return data


def swapped(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    """JSON that is JSON still, with other values, or parts gone, doubled or moved."""

    def change(doc: Any) -> None:
        node = doc
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                return
            key = chance.choice(keys)
            if key == "asset":  # without its version a file gets nowhere; once in a while is enough
                key = chance.choice(keys)
            inner = node[key]
            if isinstance(inner, dict | list) and inner and chance.random() > 0.1:
                node = inner
                continue
            act = chance.random()
            if act < 0.6:
                node[key] = copy.deepcopy(chance.choice(VALUES))
            elif act < 0.75 and type(inner) is int:
                node[key] = chance.choice((inner + 1, inner - 1, inner * 2, inner * 1000, -inner))
            elif act < 0.85 or isinstance(node, list):
                node.pop(key)
            else:
                node[chance.choice(keys)] = copy.deepcopy(inner)
            return

    return rewritten(data, change, chance.choice((1, 1, 4)))


def numbers(data: bytearray, chance: random.Random, _: list[bytes]) -> bytearray:
    """Sizes that agree with each other and are far too large: what a bomb looks like."""

    def change(doc: Any) -> None:
        factor = chance.choice((2, 1000, 10**6, 10**9))
        keys = chance.sample(("count", "byteLength", "byteStride", "byteOffset"), chance.choice((1, 2, 3)))
        stack = [doc]
        while stack:
            node = stack.pop()
            if isinstance(node, list):
                stack += [part for part in node if isinstance(part, dict | list)]
                continue
            for key, value in node.items():
                if isinstance(value, dict | list):
                    stack.append(value)
                elif key in keys and type(value) is int and chance.random() < 0.7:
                    node[key] = value * factor

    return rewritten(data, change, 1)


def rewritten(data: bytearray, change: Any, times: int) -> bytearray:
    """The file with its JSON changed, the container mended; a file without JSON stays as it is."""
    binary = data[:4] == b"glTF"
    try:
        length = struct.unpack_from("<I", data, 12)[0] if binary else len(data)
        doc = json.loads(bytes(data[20 : 20 + length] if binary else data))
    except (ValueError, struct.error, RecursionError):
        return data
    if not isinstance(doc, dict):
        return data
    for _ in range(times):
        change(doc)
    body = json.dumps(doc).encode()
    if not binary:
        return bytearray(body)
    body += b" " * (-len(body) % 4)
    rest = data[20 + length :]
    return (
        bytearray(struct.pack("<4sIIII", b"glTF", 2, 20 + len(body) + len(rest), len(body), 0x4E4F534A)) + body + rest
    )


WAYS = {flip: 6, cut: 1, header: 1, swapped: 10, numbers: 3, blocks: 4, floats: 2, splice: 2}


def outcome(data: bytes) -> str:
    """What the reader, the poser, the decoder and the exporter make of it: "model", or an error's code."""
    from assets import gltf, images, pose, variants, viewpoints
    from assets.errors import ContentError
    from exporters.errors import ExportError
    from exporters.gltf import write_glb
    from exporters.gltf_materials import textures

    try:
        gltf.inspect(data)
        model = gltf.read(data)
        for number, animation in enumerate(model.animations[:3]):
            last = max(float(channel.times[-1]) for channel in animation.channels)
            pose.flatten(model, animation=number, time=last / 3)
        pose.flatten(model)
        viewpoints.cameras(model)
        for name in model.variants[:3]:
            variants.chosen(model, name)
        for mesh in model.meshes:
            for primitive in mesh.primitives:
                for texture in textures(primitive.material):
                    if texture.image.width * texture.image.height <= 2**20:
                        images.decode(texture.image)
        gltf.read(write_glb(model, extras={}))
    except (ContentError, ExportError) as error:
        if not CODE.match(error.code) or len(str(error)) <= 20:
            raise AssertionError(error.code) from error  # a code or a sentence that helps nobody
        return error.code
    return "model"


def main(first: int, count: int) -> None:
    """Runs the cases of a batch and prints a line for each."""
    import assets.gltf  # noqa: F401  what it maps counts before the limit holds

    sources = seeds()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # kills, even out of native code
    for number in range(first, first + count):
        out(f"{number} ")
        data = case(number, sources)
        signal.alarm(SECONDS)
        began = time.perf_counter()
        verdict = outcome(data)
        signal.alarm(0)
        out(f"{verdict} {time.perf_counter() - began:.3f}\n")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())  # getrusage's is the parent's too
    out(f"peak {int(found[1]) * 1024 if found else 0}\n")


def out(text: str) -> None:
    """At once, so that it is there when the process dies."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
