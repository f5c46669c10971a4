"""Cards for tests: a foil of their own, pictures of an owner, and closing as the door does it."""

from __future__ import annotations

import json
from typing import Any

from farm.errors import Refused
from farm.jobs import BlobInfo, Closed, Load
from pipelines.card import KIND

PNG = "b" * 64
MASK = "c" * 64
GLB = "a" * 64
CARD: dict[str, Any] = {
    "name": "Ember Fox",
    "art": [{"image": {"blob": PNG}}],
    "fields": {"title": "Ember Fox"},
    "foils": [{"foil": "cosmos", "mask": "art"}],
}


class Owner:
    """Two pictures and a model that the owner has, on a farm as busy as it is said to be."""

    def __init__(self, busy: Load | None = None) -> None:
        self.busy = busy

    def blob(self, digest: str) -> BlobInfo:
        types = {PNG: "image/png", MASK: "image/webp", GLB: "model/gltf-binary"}
        if digest not in types:
            raise Refused("blob.unknown", "there is no such blob")
        return BlobInfo(digest=digest, size=10, media_type=types[digest])

    def load(self, lane: str) -> Load:
        if self.busy is None:
            raise AssertionError(f"nothing here asks how busy {lane} is")
        return self.busy


def close(stem: str | None = None, **spec: Any) -> Closed:
    return KIND.close(KIND.spec.model_validate_json(json.dumps({"card": CARD, **spec})), Owner(), stem)


def card(**changes: Any) -> dict[str, Any]:
    return {**CARD, **changes}
