"""Stitch types by their ISO 4915 numbers, with the names that sewing rooms use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

STITCHES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "101": ("Single-thread chainstitch", "단사 체인 스티치"),
        "103": ("Single-thread blindstitch", "단사 블라인드 스티치"),
        "104": ("Saddle-style chainstitch", "새들 체인 스티치"),
        "202": ("Backstitch by hand", "손 백스티치"),
        "204": ("Herringbone by hand", "손 새발뜨기"),
        "205": ("Running stitch by hand", "손 러닝 스티치"),
        "209": ("Saddle stitch", "새들 스티치"),
        "301": ("Lockstitch", "본봉"),
        "302": ("Two-needle lockstitch", "두 줄 본봉"),
        "304": ("Zigzag lockstitch", "지그재그 본봉"),
        "308": ("Multi-step zigzag", "다단 지그재그"),
        "315": ("Three-step zigzag", "3단 지그재그"),
        "401": ("Two-thread chainstitch", "이중 환봉"),
        "402": ("Cording stitch", "코딩 스티치"),
        "404": ("Zigzag chainstitch", "지그재그 환봉"),
        "406": ("Two-needle coverstitch", "두 바늘 삼봉 (편면)"),
        "407": ("Three-needle coverstitch", "세 바늘 삼봉 (편면)"),
        "501": ("One-thread overedge", "단사 오버록"),
        "502": ("Two-thread overedge", "2실 오버록"),
        "503": ("Two-thread overedge, hemming", "2실 오버록 (밑단)"),
        "504": ("Three-thread overedge", "3실 오버록"),
        "505": ("Three-thread overedge, box edge", "3실 오버록 (박스)"),
        "512": ("Four-thread mock safety", "4실 오버록 (모크 세이프티)"),
        "514": ("Four-thread overedge", "4실 오버록"),
        "515": ("Four-thread safety stitch", "4실 인터록"),
        "516": ("Five-thread safety stitch", "5실 인터록"),
        "519": ("Six-thread safety stitch", "6실 인터록"),
        "602": ("Two-needle coverstitch, top and bottom", "두 바늘 삼봉 (양면)"),
        "605": ("Three-needle coverstitch, top and bottom", "세 바늘 삼봉 (양면)"),
        "607": ("Flat seam, four needles", "오드람프 (플랫심)"),
    }
)
"""English and Korean names by number."""
