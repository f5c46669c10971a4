"""From arguments to a spec: `-p key=value`, a document, a GLB, `--outfit`, `--avatar`, `--wear`, a row of a CSV file.

A reference to content may be a local file here: ``{"file": "suit.glb"}``. Whoever runs or submits the spec stores the
file first and puts ``{"blob": digest}`` in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.errors import Refused
from farm.jobs import JobKind

MODEL_SUFFIXES = frozenset({".glb", ".gltf"})
DOCUMENT_SUFFIXES = frozenset({".json", ".yaml", ".yml"})
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
MAX_DOCUMENT_BYTES = 4_000_000
SHORTCUTS: Mapping[str, tuple[str, ...]] = {"design": ("outfit", "avatar", "wear"), "card": ("art", "foil")}
"""What ``-p`` takes beside the fields of a spec, by the field that it fills."""
_PART = re.compile(r"([^.\[\]]+)|\[(\d{1,4})\]")
_LAYER = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be made. ``spec`` may still name local files; ``stem`` is what the input suggests as a name."""

    kind: JobKind
    spec: dict[str, Any]
    stem: str | None = None


def bad(text: str, path: str = "") -> Refused:
    """Refused ``request.invalid``."""
    return Refused("request.invalid", text, {"path": path} if path else {})


def kinds() -> Mapping[str, JobKind]:
    """The kinds of heavy jobs."""
    from pipelines.kinds import KINDS

    return KINDS


def kind_of(name: str) -> JobKind:
    """The kind; raises Refused ``job.kind_unknown``."""
    found = kinds().get(name)
    if found is None:
        raise Refused("job.kind_unknown", f"{name!r} is neither a kind of job ({', '.join(kinds())}) nor a file")
    return found


# Documents


def document(path: Path) -> dict[str, Any]:
    """A JSON or YAML file that holds an object; relative ``{"file": …}`` references count from its folder."""
    if path.stat().st_size > MAX_DOCUMENT_BYTES:
        raise Refused("request.too_large", f"{path} is larger than {MAX_DOCUMENT_BYTES:,} bytes: is it a document?")
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() in {".yaml", ".yml"}:
        import yaml

        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise Refused("request.malformed", f"{path} is not YAML: {error}") from error
    else:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Refused("request.malformed", f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise bad(f"{path}: a spec is an object with fields")
    rebased: dict[str, Any] = replaced(found, lambda name: {"file": str(path.parent / name)})
    return rebased


def replaced(value: Any, change: Callable[[str], dict[str, str]], depth: int = 0) -> Any:
    """The document with every ``{"file": name}`` replaced by what ``change`` makes of the name."""
    if depth > 60:
        raise bad("the document is nested more than 60 deep")
    if isinstance(value, dict):
        if value.keys() == {"file"} and isinstance(value["file"], str):
            return change(value["file"])
        return {key: replaced(inner, change, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner, change, depth + 1) for inner in value]
    return value


def files_of(spec: Mapping[str, Any]) -> list[Path]:
    """The local files that a spec names, each once."""
    found: dict[Path, None] = {}

    def seen(name: str) -> dict[str, str]:
        found.setdefault(Path(name))
        return {"file": name}

    replaced(dict(spec), seen)
    return list(found)


# Values


def value_of(text: str, types: frozenset[str]) -> Any:
    """A value from the command line or a CSV cell: text where the schema wants text, else JSON, else text.

    Where a list is wanted, ``a,b`` is one.
    """
    if types == {"string"}:
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = text
    if "array" in types and not isinstance(found, list):
        return [value_of(part.strip(), frozenset()) for part in text.split(",")]
    if "string" in types and isinstance(found, (int, float)) and not types & {"integer", "number", "boolean"}:
        return text
    return found


def types_at(schema: Mapping[str, Any], path: Sequence[str | int]) -> frozenset[str]:
    """The JSON types that a schema allows at a path; empty when it does not say."""
    definitions = schema.get("$defs", {})

    def step(node: Any, rest: Sequence[str | int]) -> set[str]:
        if not isinstance(node, dict):
            return set()
        if "$ref" in node:
            return step(definitions.get(str(node["$ref"]).rpartition("/")[2]), rest)
        for key in ("anyOf", "oneOf", "allOf"):
            if key in node:
                return set().union(*(step(option, rest) for option in node[key]))
        if not rest:
            if "enum" in node or "const" in node:
                values = node.get("enum", [node.get("const")])
                return {"string" if isinstance(v, str) else "number" for v in values}
            return {str(node["type"])} if "type" in node else set()
        inner = node.get("properties", {}).get(rest[0]) if isinstance(rest[0], str) else node.get("items")
        return step(inner, rest[1:])

    return frozenset(step(schema, path) - {"null"})


def path_of(text: str) -> list[str | int]:
    """``design.layers[0].id`` (or ``design.layers.0.id``) as its parts."""
    parts: list[str | int] = []
    at = 0
    for found in _PART.finditer(text):
        if text[at : found.start()] not in {"", "."}:
            break
        name, index = found.groups()
        parts.append(int(index) if index is not None else int(name) if name.isdigit() and parts else name)
        at = found.end()
    if at != len(text) or not parts or len(parts) > 20:
        raise bad(f"{text!r} is not a path: write design.layers[0].id", text)
    return parts


def put(spec: dict[str, Any], path: Sequence[str | int], value: Any) -> None:
    """Sets a value in place, making the objects and lists on the way; lists grow by one at most."""
    here: Any = spec
    for index, part in enumerate(path):
        last = index == len(path) - 1
        empty: Any = None if last else ([] if isinstance(path[index + 1], int) else {})
        if isinstance(part, int):
            if not isinstance(here, list) or part > len(here):
                raise bad(f"{dotted(path)}: lists are filled from 0 on, without gaps", dotted(path))
            if part == len(here):
                here.append(empty)
        elif not isinstance(here, dict):
            raise bad(f"{dotted(path)}: {part!r} lies inside a value that has no fields", dotted(path))
        elif last or not isinstance(here.get(part), (dict, list)):
            here[part] = empty
        if last:
            here[part] = value
        else:
            here = here[part]


def dotted(path: Sequence[str | int]) -> str:
    """Parts as ``design.layers[0].id``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


# References


def reference(text: str) -> dict[str, str]:
    """A file if there is one or if it is named like one, a blob's digest, else an item of the catalogue."""
    path = Path(text)
    if path.suffix.lower() in MODEL_SUFFIXES | IMAGE_SUFFIXES or path.is_file():
        if not path.is_file():
            raise bad(f"there is no file {text}")
        return {"file": text}
    return {"blob": text} if re.fullmatch(r"[0-9a-f]{64}", text) else {"item": text}


def layer(text: str, taken: set[str]) -> dict[str, Any]:
    """A layer that wears it, with an id of its own."""
    name = _LAYER.sub("-", Path(text).stem).strip("-._")[:56] or "layer"
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found)
    return {"id": found, "model": reference(text)}


def dress(spec: dict[str, Any], avatar: str | None, wear: Sequence[str]) -> None:
    """Puts ``--avatar`` and ``--wear`` into the spec's design; layers are added outside those that it has."""
    if not avatar and not wear:
        return
    design = spec.setdefault("design", {})
    if not isinstance(design, dict) or design.keys() & {"file", "item", "blob"}:
        raise bad("--avatar and --wear need a design document, not a single model", "design")
    if avatar:
        body = design.get("avatar")
        design["avatar"] = {**(body if isinstance(body, dict) else {}), "model": reference(avatar)}
    layers = design.setdefault("layers", [])
    if not isinstance(layers, list):
        raise bad("design.layers is a list", "design.layers")
    taken = {str(found.get("id")) for found in layers if isinstance(found, dict)}
    layers += [layer(text, taken) for text in wear]


def clothe(spec: dict[str, Any], outfit: str | None) -> None:
    """Puts an outfit of the catalogue into the spec as its design, under what the design says already. Raises
    CatalogueError ``catalogue.unknown_item``, and Refused for a design with clothes.
    """
    if not outfit:
        return
    from assets.catalogue_outfits import design

    said = spec.get("design", {})
    if not isinstance(said, dict) or said.keys() & {"file", "item", "blob", "avatar", "layers"}:
        raise bad("--outfit brings avatar and layers of its own: leave out the design's", "design")
    spec["design"] = {**design(outfit), **said}


def print_on(spec: dict[str, Any], name: str, values: Sequence[str]) -> None:
    """Adds pictures ("art", the lowest first) or foils ("foil") to the spec's card."""
    card = spec.setdefault("card", {})
    if not isinstance(card, dict):
        raise bad("card is an object with fields", "card")
    where = "foils" if name == "foil" else "art"
    found = card.setdefault(where, [])
    if not isinstance(found, list):
        raise bad(f"card.{where} is a list", f"card.{where}")
    found += [{"foil": value} if name == "foil" else {"image": reference(value)} for value in values]


def shortcuts(kind: JobKind) -> tuple[str, ...]:
    """Those of :data:`SHORTCUTS` that fill a field of this kind."""
    return tuple(short for field, names in SHORTCUTS.items() if field in kind.spec.model_fields for short in names)


def assign(spec: dict[str, Any], kind: JobKind, name: str, text: str, schema: Mapping[str, Any]) -> None:
    """One ``key=value``: a dotted path of the spec, or a shortcut of :data:`SHORTCUTS`."""
    fields = kind.spec.model_fields
    short = shortcuts(kind)
    values = [part.strip() for part in text.split(",") if part.strip()]
    if name not in short:
        path = path_of(name)
        if path[0] not in fields:
            known = ", ".join((*fields, *short))
            raise bad(f"{name}: a {kind.name} has no field {path[0]!r}; it has {known}", name)
        put(spec, path, value_of(text, types_at(schema, path)))
    elif name == "outfit":
        clothe(spec, text)
    elif name == "avatar":
        dress(spec, text, ())
    elif name == "wear":
        dress(spec, None, values)
    else:
        print_on(spec, name, values)


# The whole


def read(
    what: str,
    file: Path | None = None,
    *,
    params: Sequence[str] = (),
    outfit: str | None = None,
    avatar: str | None = None,
    wear: Sequence[str] = (),
) -> Request:
    """KIND with a document or model file or none, or one file that holds ``{"kind": …, "spec": …}``."""
    if file is None and what not in kinds() and Path(what).is_file():
        envelope = document(Path(what))
        if not isinstance(envelope.get("kind"), str) or not isinstance(envelope.get("spec"), dict):
            raise bad(f'{what} needs the fields "kind" and "spec"; or name the kind: still {what}')
        kind, spec, stem = kind_of(envelope["kind"]), envelope["spec"], None
    else:
        kind = kind_of(what)
        spec, stem = ({}, None) if file is None else _from_file(kind, file)
    if outfit and "design" not in kind.spec.model_fields:
        raise bad(f"a {kind.name} wears no outfit", "outfit")
    clothe(spec, outfit)
    schema = kind.spec.model_json_schema()
    for param in params:
        name, equals, text = param.partition("=")
        if not equals:
            raise bad(f"-p {param}: write -p key=value", name)
        assign(spec, kind, name.strip(), text, schema)
    dress(spec, avatar, wear)
    return Request(kind=kind, spec=spec, stem=stem)


def _from_file(kind: JobKind, path: Path) -> tuple[dict[str, Any], str | None]:
    if not path.is_file():
        raise bad(f"there is no file {path}")
    if path.suffix.lower() in MODEL_SUFFIXES:
        return {"design": {"file": str(path)}}, path.stem
    if "card" in kind.spec.model_fields and path.suffix.lower() in IMAGE_SUFFIXES:
        return {"card": {"name": path.stem, "art": [{"image": {"file": str(path)}}]}}, path.stem
    if "card" in kind.spec.model_fields and path.suffix.lower() not in DOCUMENT_SUFFIXES:
        raise bad(f"{path}: a card's art is a PNG, JPEG or WebP file, and a card is a JSON or YAML file")
    found = document(path)
    if found.get("kind") == kind.name and isinstance(found.get("spec"), dict):
        return found["spec"], None
    if "design" not in found and found.keys() & {"layers", "avatar", "canvas"}:
        return {"design": found}, None
    if "card" in kind.spec.model_fields and "card" not in found and "outputs" not in found:
        return {"card": found}, None
    return found, None


def validated(request: Request, spec: Mapping[str, Any]) -> Any:
    """The spec as the kind's model, strictly as the farm reads it. Raises Refused ``request.invalid`` with paths."""
    import pydantic

    from api.problems import invalid

    text = json.dumps(spec)
    try:
        return request.kind.spec.model_validate_json(text)
    except pydantic.ValidationError as error:
        raise invalid(error, text) from error
