"""Animations as FBX stacks: curves of translations, Euler angles, scales and morph weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.curves import sampled
from assets.model import Animation, Channel
from assets.transforms import quaternion_matrix
from exporters.curves import key_times
from exporters.fbx_binary import Long, Record
from exporters.fbx_meshes import CENTIMETRES
from exporters.fbx_objects import Objects, number, properties, time

TICKS: Final = 46_186_158_000
"""FBX's units of time in a second."""

_RATE: Final = 60.0  # keys a second of what FBX cannot interpolate as glTF does
_MOST_KEYS: Final = 200_000  # of one animation; over that the rate falls
_LINEAR, _CONSTANT = 0x6104, 0x6102
_PROPERTY: Final = {"translation": "Lcl Translation", "rotation": "Lcl Rotation", "scale": "Lcl Scaling"}
_SHORT: Final = {"translation": "T", "rotation": "R", "scale": "S"}


def euler(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees about X, then Y, then Z (fixed axes) of rotations float64[k, 3, 3]: float64[k, 3], each row the nearest
    to the row before it.
    """
    m = matrices
    steep = np.abs(m[:, 2, 0]) > 1 - 1e-9
    y = np.arcsin(np.clip(-m[:, 2, 0], -1, 1))
    x = np.where(steep, np.arctan2(-m[:, 1, 2], m[:, 1, 1]), np.arctan2(m[:, 2, 1], m[:, 2, 2]))
    z = np.where(steep, 0.0, np.arctan2(m[:, 1, 0], m[:, 0, 0]))
    found: NDArray[np.float64] = np.degrees(np.stack([x, y, z], axis=1))
    for i in range(1, len(found)):
        a = found[i]
        b = np.array([a[0] + 180, 180 - a[1], a[2] + 180])  # the same turn
        near = [turn + 360 * np.round((found[i - 1] - turn) / 360) for turn in (a, b)]
        found[i] = min(near, key=lambda turn: float(np.abs(turn - found[i - 1]).sum()))
    return found


def write(
    objects: Objects,
    animations: Sequence[Animation],
    models: Mapping[int, int],
    channels: Mapping[int, list[int]],
) -> Record:
    """A stack for each animation. ``models`` gives the FBX model of each node, ``channels`` its morph channels.
    Returns the "Takes" record.
    """
    takes = Record("Takes")
    takes.add("Current", "")
    for i, animation in enumerate(animations):
        playing = [c for c in animation.channels if len(c.times) and (c.node in models or c.path == "weights")]
        if not playing:
            continue
        name = objects.unique("animation", animation.name or f"animation {i}")
        begin = min(0.0, *(float(c.times[0]) for c in playing))  # a clip of glTF runs from 0
        end = max(float(c.times[-1]) for c in playing)
        first, last = round(begin * TICKS), round(end * TICKS)
        stack, record = objects.make("AnimationStack", name, "")
        properties(
            record,
            time("LocalStart", first),
            time("LocalStop", last),
            time("ReferenceStart", first),
            time("ReferenceStop", last),
        )
        layer, _ = objects.make("AnimationLayer", "BaseLayer", "")
        objects.join(layer, stack)
        rate = min(_RATE, _MOST_KEYS / len(playing) / max(end - begin, 1e-3))
        for channel in playing:
            _channel(objects, layer, channel, models, channels, rate)
        take = takes.add("Take", name)
        take.add("FileName", f"{name}.tak")
        for what in ("LocalTime", "ReferenceTime"):
            take.add(what, Long(first), Long(last))
    return takes


def _channel(
    objects: Objects,
    layer: int,
    channel: Channel,
    models: Mapping[int, int],
    channels: Mapping[int, list[int]],
    rate: float,
) -> None:
    # What goes straight in glTF goes straight in FBX, but for turns: there angles do and here quaternions.
    bends = channel.interpolation == "CUBICSPLINE" or (channel.path == "rotation" and channel.interpolation != "STEP")
    times = key_times(channel, rate, between=bends)
    values = sampled(channel, times)
    flags = _CONSTANT if channel.interpolation == "STEP" else _LINEAR
    if channel.path == "weights":
        for which, target in enumerate(channels.get(channel.node, ())):
            node, record = objects.make("AnimationCurveNode", "DeformPercent", "")
            column = values[:, which] * 100.0
            properties(record, number("d|DeformPercent", float(column[0]), animated=True))
            objects.join(node, layer)
            objects.drive(node, target, "DeformPercent")
            _curve(objects, node, "d|DeformPercent", times, column, flags)
        return
    if channel.path == "rotation":
        values = euler(np.stack([quaternion_matrix(q) for q in values]))
    elif channel.path == "translation":
        values = values * CENTIMETRES
    node, record = objects.make("AnimationCurveNode", _SHORT[channel.path], "")
    axes = ("d|X", "d|Y", "d|Z")
    properties(record, *(number(axis, float(values[0, k]), animated=True) for k, axis in enumerate(axes)))
    objects.join(node, layer)
    objects.drive(node, models[channel.node], _PROPERTY[channel.path])
    for k, axis in enumerate(axes):
        _curve(objects, node, axis, times, values[:, k], flags)


def _curve(
    objects: Objects, node: int, axis: str, times: NDArray[np.float64], values: NDArray[np.float64], flags: int
) -> None:
    curve, record = objects.make("AnimationCurve", "", "")
    record.add("Default", float(values[0]))
    record.add("KeyVer", 4008)
    record.add("KeyTime", np.round(times * TICKS).astype(np.int64))
    record.add("KeyValueFloat", values.astype(np.float32))
    record.add("KeyAttrFlags", np.array([flags], np.int32))
    record.add("KeyAttrDataFloat", np.array([0.0, 0.0, 9.419963e-30, 0.0], np.float32))
    record.add("KeyAttrRefCount", np.array([len(times)], np.int32))
    objects.drive(curve, node, axis)
