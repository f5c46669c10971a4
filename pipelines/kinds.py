"""The heavy job kinds. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from farm.jobs import JobKind
from pipelines import bundle, card, flat, model, still, techpack, turntable

KINDS: Mapping[str, JobKind] = {
    kind.name: kind
    for kind in (
        still.KIND,
        turntable.KIND,
        flat.KIND,
        model.KIND,
        card.KIND,
        techpack.KIND,
        bundle.KIND,
    )
}
