"""What ReportLab does not write itself: pictures in any colour space, plates, profiles (ISO 32000-1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.colors import CMYKColorSep
from reportlab.pdfbase import pdfdoc

from exporters import png
from exporters.image import srgb_profile


class Held(pdfdoc.PDFObject):  # type: ignore[misc]  # ReportLab has no types
    """Anything that the file holds once and refers to."""

    __RefOnly__ = 1

    def __init__(self, content: Any) -> None:
        self._content = content

    def format(self, document: Any) -> Any:
        """The object's bytes."""
        return self._content.format(document)


class Separation(Held):
    """The colour space of one named ink (8.6.6.4), and how a screen shows it."""

    def __init__(self, colour: CMYKColorSep) -> None:
        super().__init__(pdfdoc.PDFSeparationCMYKColor(colour).value())


class Picture(Held):
    """An image XObject, lossless: PNG's filters and deflate, which PDF reads too (7.4.4.4).

    ``pixels`` is uint8[h, w, 3], or uint8[h, w] (with ``bits`` = 1: zeros and ones); ``space`` is its colour space,
    ``layer`` the optional content group that shows it, ``inverted`` makes what is large dark; pixels that are
    ``clear`` are not painted.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        space: Any,
        *,
        bits: int = 8,
        layer: Any = None,
        inverted: bool = False,
        clear: int | None = None,
    ) -> None:
        height, width = pixels.shape[:2]
        channels = pixels.shape[2] if pixels.ndim == 3 else 1
        rows = np.packbits(pixels, axis=1) if bits == 1 else pixels
        facts: dict[str, Any] = {
            "Type": pdfdoc.PDFName("XObject"),
            "Subtype": pdfdoc.PDFName("Image"),
            "Width": width,
            "Height": height,
            "BitsPerComponent": bits,
            "ColorSpace": space,
            "Filter": pdfdoc.PDFName("FlateDecode"),
            "DecodeParms": pdfdoc.PDFDictionary(
                {"Predictor": 15, "Colors": channels, "BitsPerComponent": bits, "Columns": width}
            ),
        }
        if inverted:
            facts["Decode"] = pdfdoc.PDFArray([1, 0])
        if layer is not None:
            facts["OC"] = layer
        if clear is not None:
            facts["Mask"] = pdfdoc.PDFArray([clear, clear] * channels)
        packed = b"".join(png.deflated(rows.reshape(height, -1, channels)))
        super().__init__(pdfdoc.PDFStream(pdfdoc.PDFDictionary(facts), packed))


def icc_based(document: Any) -> Any:
    """The colour space of pictures in sRGB, with its profile (8.6.5.5)."""
    facts = pdfdoc.PDFDictionary({"N": 3, "Alternate": pdfdoc.PDFName("DeviceRGB")})
    profile = pdfdoc.PDFStream(facts, srgb_profile(), filters=[pdfdoc.PDFZCompress])
    return pdfdoc.PDFArray([pdfdoc.PDFName("ICCBased"), document.Reference(profile, "profile.srgb")])
