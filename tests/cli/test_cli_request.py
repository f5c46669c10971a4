"""From arguments to a spec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.request import dotted, path_of, put, read, replaced, types_at, value_of
from farm.errors import Refused


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("width", ["width"]),
        ("design.layers[0].id", ["design", "layers", 0, "id"]),
        ("design.layers.0.id", ["design", "layers", 0, "id"]),
    ],
)
def test_a_path_is_read(text: str, parts: list[str | int]) -> None:
    assert path_of(text) == parts


@pytest.mark.parametrize("text", ["", ".", "a..b", "a[x]", "a[0", "[", "a]", ".a" * 30, "a[99999]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is not a path"):
        path_of(text)


@given(st.lists(st.one_of(st.sampled_from(["a", "b-c"]), st.integers(0, 9)), min_size=1, max_size=6))
def test_a_written_path_is_read_back(parts: list[str | int]) -> None:
    parts = ["root", *parts]
    assert path_of(dotted(parts)) == parts


def test_values_are_put_in_place() -> None:
    spec: dict[str, Any] = {}
    for path, value in (("a.b[0].c", 1), ("a.b[1].c", 2), ("a.d", 3), ("a.b[0].c", 4)):
        put(spec, path_of(path), value)
    assert spec == {"a": {"b": [{"c": 4}, {"c": 2}], "d": 3}}


@pytest.mark.parametrize("path", ["a[1]", "a[0].b[3]", "n.x"])
def test_gaps_and_fields_of_numbers_are_refused(path: str) -> None:
    with pytest.raises(Refused):
        put({"n": 5} if path == "n.x" else {}, path_of(path), 1) if path != "n.x" else put(
            {"n": [1]}, path_of(path), 1
        )


@pytest.mark.parametrize(
    ("text", "types", "value"),
    [
        ("1024", {"integer"}, 1024),
        ("1024", {"string"}, "1024"),
        ("2024", {"string", "array"}, [2024]),
        ("front,back", {"array"}, ["front", "back"]),
        ('["front"]', {"array"}, ["front"]),
        ("true", {"boolean"}, True),
        ("front", set(), "front"),
        ("[[[", set(), "[[["),
    ],
)
def test_the_schema_decides_how_a_value_is_read(text: str, types: set[str], value: Any) -> None:
    assert value_of(text, frozenset(types)) == value


def test_types_are_found_through_references_and_unions() -> None:
    schema = read("still", params=["width=1024"]).kind.spec.model_json_schema()
    assert types_at(schema, ["width"]) == {"integer"}
    assert types_at(schema, ["views"]) == {"array"}
    assert types_at(schema, ["design", "name"]) == {"string"}
    assert types_at(schema, ["design", "layers", 0, "id"]) == {"string"}
    assert types_at(schema, ["nothing", "here"]) == frozenset()


def test_params_make_a_design() -> None:
    request = read(
        "still",
        params=["design.name=007", "avatar=dress-form", "wear=tshirt,skirt", "width=1024", "views=front,back"],
    )
    assert request.spec == {
        "design": {
            "name": "007",
            "avatar": {"model": {"item": "dress-form"}},
            "layers": [{"id": "tshirt", "model": {"item": "tshirt"}}, {"id": "skirt", "model": {"item": "skirt"}}],
        },
        "width": 1024,
        "views": ["front", "back"],
    }


def test_files_and_digests_are_told_from_items(tmp_path: Path) -> None:
    suit = tmp_path / "my suit.glb"
    suit.write_bytes(b"glTF")
    layers = read("model", avatar="a" * 64, wear=[str(suit), str(suit)]).spec["design"]["layers"]
    assert layers == [
        {"id": "my-suit", "model": {"file": str(suit)}},
        {"id": "my-suit-2", "model": {"file": str(suit)}},
    ]
    with pytest.raises(Refused, match="there is no file"):
        read("model", avatar="absent.glb")


def test_a_model_file_is_a_design(tmp_path: Path) -> None:
    fox = tmp_path / "Fox.glb"
    fox.write_bytes(b"glTF")
    request = read("still", fox)
    assert request.spec == {"design": {"file": str(fox)}}
    assert request.stem == "Fox"
    with pytest.raises(Refused, match="not a single model"):
        read("still", fox, wear=["tshirt"])


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_a_document_is_a_spec_a_design_or_a_whole_job(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"thing.{suffix}"
    design = {"name": "x", "layers": [{"id": "a", "model": {"file": "suit.glb"}}]}
    expected = {"name": "x", "layers": [{"id": "a", "model": {"file": str(tmp_path / "suit.glb")}}]}
    path.write_text(json.dumps(design))
    assert read("still", path).spec == {"design": expected}
    path.write_text(json.dumps({"design": design, "width": 512}))
    assert read("still", path).spec == {"design": expected, "width": 512}
    path.write_text(json.dumps({"kind": "model", "spec": {"design": design}}))
    assert read(str(path)).kind.name == "model"
    assert read(str(path)).spec == {"design": expected}


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "request.malformed"), ("[1]", "request.invalid"), ("[" * 100_000, "request.malformed")],
)
def test_a_bad_document_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(Refused) as refused:
        read("still", path)
    assert refused.value.code == code


def test_a_document_that_is_far_too_deep_is_refused() -> None:
    deep: Any = {}
    for _ in range(100):
        deep = {"x": deep}
    with pytest.raises(Refused, match="nested"):
        replaced(deep, lambda name: {"blob": name})
