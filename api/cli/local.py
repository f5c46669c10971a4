"""Local files as blobs, for what runs or is checked here without a farm."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.cli.request import Request, replaced, validated
from assets.errors import ContentError
from farm.blobs import BlobStore
from farm.errors import Refused
from farm.jobs import BlobInfo, Closed, Load
from farm.media import HEAD_BYTES, sniff
from farm.settings import Settings


def inspect(path: Path, limit: int) -> tuple[str, dict[str, Any]]:
    """Reads a file as the farm's door does; its media type and what its reader found. Raises Refused with the
    reader's code.
    """
    from assets import gltf, images

    if path.stat().st_size > limit:
        raise Refused("request.too_large", f"{path} is larger than {limit:,} bytes")
    data = path.read_bytes()
    media_type = sniff(data[:HEAD_BYTES])
    try:
        if media_type.startswith("model/gltf"):
            return media_type, dataclasses.asdict(gltf.inspect(data))
        if media_type.startswith("image/"):
            found = images.probe(data)
            return media_type, {"width": found.width, "height": found.height}
    except ContentError as error:
        raise Refused(error.code, f"{path}: {error}") from error
    return media_type, {}


class LocalFiles:
    """A resolver of the files that one spec names, kept in a store."""

    def __init__(self, store: BlobStore, settings: Settings) -> None:
        self._store = store
        self._limit = settings.max_blob_bytes
        self._infos: dict[str, BlobInfo] = {}

    def add(self, name: str) -> dict[str, str]:
        """Stores the file; the reference that takes its place."""
        path = Path(name)
        if not path.is_file():
            raise Refused("request.invalid", f"there is no file {name}")
        media_type, inspection = inspect(path, self._limit)
        stored = self._store.put_file(path, move=False)
        self._infos[stored.digest] = BlobInfo(
            digest=stored.digest, size=stored.size, media_type=media_type, inspection=inspection
        )
        return {"blob": stored.digest}

    def blob(self, digest: str) -> BlobInfo:
        """What the resolver is asked by closing a spec."""
        found = self._infos.get(digest)
        if found is None:
            raise Refused("blob.unknown", f"blob {digest} is not here: give the file itself")
        return found

    def load(self, lane: str) -> Load:  # noqa: ARG002 - the resolver's protocol
        """Nothing waits here."""
        return Load()

    def close(self, request: Request, stem: str | None = None) -> Closed:
        """Stores the spec's files, validates and closes it."""
        spec: Mapping[str, Any] = replaced(request.spec, self.add)
        return request.kind.close(validated(request, spec), self, stem or request.stem)
