"""The job kind `card`: pictures, loops, maps, models and print files of a holographic card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assets.card import CardDesign
from assets.design import AnyBackground, GradientBackground
from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.card_closing import ClosedCard, close_card
from pipelines.card_outputs import (
    MAPS,
    OPAQUE,
    SHARES,
    MapsOutput,
    ModelOutput,
    Outputs,
    PrintOutput,
    ShareOutput,
    StillOutput,
    TiltOutput,
)
from pipelines.card_quality import LOOP_SEGMENT, SHARED_SIDE, chosen, lowered
from pipelines.closing import stem as stem_of
from pipelines.quality import Deadline, recorded
from pipelines.turntable import segments
from pipelines.versions import PICTURES, version

STUDIO = GradientBackground(kind="gradient", top="#2b2e35", bottom="#0c0d10")
"""What a film shows behind a card that has no background."""
DEGREES: Mapping[str, float] = {"orbit": 14.0, "sway": 22.0, "nod": 18.0, "spin": 360.0}
"""How far a loop leans the card unless a job says otherwise."""
MAX_SHEET_PIXELS = 40_000_000
"""Of a flat picture: a card of 63 by 88 mm has 12 million at 1200 dpi."""
MM_PER_INCH = 25.4
ENDINGS: Mapping[str, str] = {"jpeg": "jpg", "apng": "png"}
"""How files of a format end, where it is not the format's name."""


class CardSpec(Spec):
    """A card, and what to make of it: up to 16 ``outputs``, each an object with its "kind", or the kind's name alone.

    still: pictures of the front and the back. tilt: loops in which the card moves under the light. maps: the foil's
    mask, normals, height, depth and direction, and the front's layers. model: a GLB. print: a PDF with bleed and a
    plate for the foil. share: pictures in the sizes of posts. ``deadline_s`` and ``allow_lower_quality`` choose the
    quality of what is drawn under the lamps as those of a still do, for all outputs alike.
    """

    card: CardDesign
    outputs: Outputs = (StillOutput(kind="still"),)
    deadline_s: Deadline | None = None
    allow_lower_quality: bool = False


class _Plan:
    """The steps of one job as they are found, with file names and keys that stand once in it."""

    def __init__(self, card: ClosedCard, title: str, stem: str) -> None:
        self.card = card
        self.title = title
        self.stem = stem
        self.steps: list[Step] = []
        self._files: set[str] = set()
        self._labels: set[str] = set()
        self._version = version(*PICTURES)

    def files(self, *wanted: tuple[str, str]) -> list[str]:
        """Names of one output's files, from their (suffix, ending). Where an earlier output has one of them, all are
        numbered alike.
        """
        number, mark = 1, ""
        while True:
            found = [f"{{stem}}{suffix}{mark}.{ending}" for suffix, ending in wanted]
            if not self._files & set(found):
                self._files |= set(found)
                return found
            number += 1
            mark = f"-{number}"

    def label(self, kind: str) -> str:
        """What the steps of one output begin with: its kind, numbered from the second on."""
        number, found = 1, kind
        while found in self._labels:
            number += 1
            found = f"{kind}-{number}"
        self._labels.add(found)
        return found

    def add(self, key: str, name: str, params: Mapping[str, Any], *, lit: bool | None = True, **more: Any) -> Step:
        """One more step. ``lit`` says whether it reads the card with its lamps; None that it reads no card."""
        card = {} if lit is None else self.card.params(lit=lit)
        step = Step(key=key, name=name, params={**card, **params}, version=self._version, **more)
        self.steps.append(step)
        return step


def close(spec: CardSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """The card's composed scene is shared by all steps of a worker that need it in one density."""
    card = close_card(spec.card, resolver)
    plan = _Plan(card, spec.card.name, stem or stem_of(spec.card.name, "card"))
    choice = chosen(spec.outputs, resolver, deadline_s=spec.deadline_s, allow_lower=spec.allow_lower_quality)
    outputs = lowered(spec.outputs, choice)
    for at, output in enumerate(outputs):
        _ADDERS[output.kind](plan, output, f"outputs[{at}]")
    decided = {"outputs": outputs, "deadline_s": None, "allow_lower_quality": False}
    return Closed(
        spec=recorded(spec.model_copy(update=decided), choice),
        plan=Plan(steps=tuple(plan.steps)),
        blobs=card.blobs,
        stem=plan.stem,
    )


def _still(plan: _Plan, output: StillOutput, path: str) -> None:
    background = _background(plan, output.background)
    if output.format == "jpeg" and background["kind"] == "transparent":
        raise Refused(
            "export.jpeg_has_no_alpha",
            f"{path}.format: JPEG cannot be transparent: use png, webp or avif, or give the card a background",
            {"path": f"{path}.format"},
        )
    ending = ENDINGS.get(output.format, output.format)
    label = plan.label("still")
    sides = ("front", "back") if output.side == "both" else (output.side,)
    names = plan.files(*(("" if side == "front" else "-back", ending) for side in sides))
    for side, name in zip(sides, names, strict=True):
        plan.add(
            f"{label}-{side}",
            "card.still",
            {
                "side": side,
                "tilt": list(output.tilt),
                "width": output.width,
                "height": output.height,
                "format": output.format,
                "compression": output.compression if output.format != "png" else 0,
                "quality": output.quality.value,
                "background": background,
                "name": name,
            },
            lane="render",
            unit="frames",
            requires=("gl",),
        )


def _tilt(plan: _Plan, output: TiltOutput, path: str) -> None:  # noqa: ARG001 - as its neighbours
    formats = sorted(output.formats)
    names = dict(zip(formats, plan.files(*(("-tilt", ENDINGS.get(form, form)) for form in formats)), strict=True))
    label = plan.label("tilt")
    background = _background(plan, output.background)
    clear = background["kind"] == "transparent"
    width, height = output.size
    loop = {"width": width, "height": height, "frames": output.frames, "fps": output.fps}
    drawn = {
        **loop,
        "path": output.path,
        "degrees": DEGREES[output.path] if output.degrees is None else output.degrees,
        "quality": output.quality.value,
        "behind": STUDIO.model_dump(mode="json") if clear else background,
        "opaque": [form for form in formats if form in OPAQUE or not clear],
        "formats": {form: output.longest(form) for form in formats},
    }
    parts = [
        plan.add(
            f"{label}-part-{index}",
            "card.tilt",
            {**drawn, "start": start, "stop": stop},
            lane="render",
            total=stop - start,
            unit="frames",
            requires=("gl", "ffmpeg"),
        )
        for index, (start, stop) in enumerate(segments(output.frames, LOOP_SEGMENT))
    ]
    for form in formats:
        plan.add(
            f"{label}-{form}",
            "card.join",
            {**loop, "format": form, "name": names[form]},
            lit=None,
            lane="encode",
            needs=tuple(part.key for part in parts),
            unit="files",
        )


def _maps(plan: _Plan, output: MapsOutput, path: str) -> None:
    width, height = _pixels(plan, output.dpi, 0.0, path)
    wanted = [name for name in MAPS if name in output.maps]
    names = plan.files(*((f"-{name}", "json" if name == "layers" else "png") for name in wanted))
    stem = {"stem": plan.stem} if "layers" in wanted else {}  # the layers' list names their files
    plan.add(
        plan.label("maps"),
        "card.maps",
        {"maps": dict(zip(wanted, names, strict=True)), "dpi": output.dpi, "width": width, "height": height, **stem},
        lit=False,
        lane="render",
        total=len(wanted),
        unit="files",
        requires=("gl",),
    )


def _model(plan: _Plan, output: ModelOutput, path: str) -> None:  # noqa: ARG001
    (name,) = plan.files(("", "glb"))
    plan.add(
        plan.label("model"),
        "card.model",
        {
            "texture": output.texture,
            "size_mm": [plan.card.width_mm, plan.card.height_mm],
            "title": plan.title,
            "name": name,
        },
        lit=False,
        lane="render",
        unit="files",
        requires=("gl",),
    )


def _print(plan: _Plan, output: PrintOutput, path: str) -> None:
    bleed = plan.card.bleed_mm if output.bleed_mm is None else output.bleed_mm
    _pixels(plan, output.dpi, bleed, path)
    (name,) = plan.files(("-print", "pdf"))
    plan.add(
        plan.label("print"),
        "card.print",
        {
            "dpi": output.dpi,
            "bleed_mm": bleed,
            "plate_bits": 1 if output.plates == "solid" else 8,
            "title": plan.title,
            "name": name,
        },
        lit=False,
        lane="export",
        unit="files",
    )


def _share(plan: _Plan, output: ShareOutput, path: str) -> None:  # noqa: ARG001
    sizes = [size for size in SHARES if size in output.sizes]
    ending = ENDINGS.get(output.format, output.format)
    names = plan.files(*((f"-share-{size}", ending) for size in sizes))
    plan.add(
        plan.label("share"),
        "card.share",
        {
            "tilt": list(output.tilt),
            "side": SHARED_SIDE,
            "files": [
                {"width": int(width), "height": int(height), "name": name}
                for (width, height), name in zip((size.split("x") for size in sizes), names, strict=True)
            ],
            "format": output.format,
            "compression": output.compression if output.format != "png" else 0,
            "quality": output.quality.value,
        },
        lane="render",
        total=len(sizes),
        unit="files",
        requires=("gl",),
    )


def _background(plan: _Plan, own: AnyBackground | None) -> dict[str, Any]:
    """The output's own background, or the card's."""
    found: dict[str, Any] = own.model_dump(mode="json") if own is not None else plan.card.document["background"]
    return found


def _pixels(plan: _Plan, dpi: int, bleed_mm: float, path: str) -> tuple[int, int]:
    """A flat picture's size. Raises Refused ``card.sheet_too_large``."""
    card = plan.card
    width, height = (round((side + 2 * bleed_mm) * dpi / MM_PER_INCH) for side in (card.width_mm, card.height_mm))
    if width * height > MAX_SHEET_PIXELS:
        raise Refused(
            "card.sheet_too_large",
            f"{path}.dpi: {width:,} by {height:,} pixels are more than {MAX_SHEET_PIXELS:,} together: lower the dpi",
            {"path": f"{path}.dpi"},
        )
    return width, height


_ADDERS: Mapping[str, Callable[[_Plan, Any, str], None]] = {
    "still": _still,
    "tilt": _tilt,
    "maps": _maps,
    "model": _model,
    "print": _print,
    "share": _share,
}

KIND = JobKind(
    name="card",
    spec=CardSpec,
    close=close,
    summary="A holographic card: pictures, tilt loops, maps, a GLB, a print file, pictures to share",
    example={
        "card": {
            "name": "Fox",
            "template": "card-classic",
            "fields": {"title": "Ember Fox"},
            "rarity": "rare",
            "foils": [{"foil": "cosmos", "mask": "art"}],
        },
        "outputs": ["still", {"kind": "tilt", "formats": ["mp4", "webp"], "duration": 3}, "model"],
    },
)
