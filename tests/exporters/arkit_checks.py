"""Run by a Python with usd-core 25 or older: prints what its checker for ARKit finds wrong with USDZ files.

Newer releases have validators in its place, which know packages but not the kinds of prims that ARKit reads.
"""

from __future__ import annotations

import contextlib
import json
import sys

from pxr import Sdr, Tf, UsdUtils

with contextlib.suppress(Tf.ErrorException):  # the wheel lacks one renderer's shaders, and says so once
    Sdr.Registry().GetShaderNodeByIdentifier("UsdPreviewSurface")
found = []
for path in sys.argv[1:]:
    checker = UsdUtils.ComplianceChecker(arkit=True)
    # The same wheel knows no shader; that their inputs are right is seen by the newer validators.
    checker._rules = [rule for rule in checker._rules if "ShaderProperty" not in type(rule).__name__]
    checker.CheckCompliance(path)
    found += [*checker.GetErrors(), *checker.GetWarnings(), *checker.GetFailedChecks()]
sys.stdout.write("\n" + json.dumps(found) + "\n")
