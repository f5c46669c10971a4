"""Shader programs: sources from ``assets/shaders``, one variant for each set of switches, compiled once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import moderngl

_VERSION = "#version 430 core\n"
_INCLUDE = re.compile(r'^#include "([a-z_]+\.glsl)"$', re.MULTILINE)
Switches = Mapping[str, int | str]


@lru_cache(maxsize=64)
def source(name: str) -> str:
    """A shader's text with its includes put in."""
    text = (files("assets") / "shaders" / name).read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: source(found.group(1)), text)


class Programs:
    """The programs of one context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._made: dict[tuple[str, str, tuple[tuple[str, int | str], ...]], moderngl.Program] = {}
        self._bare: dict[moderngl.Program, moderngl.VertexArray] = {}

    def get(self, vertex: str, fragment: str, switches: Switches | None = None) -> moderngl.Program:
        """The program of two files, with ``switches`` as preprocessor definitions."""
        wanted = tuple(sorted((switches or {}).items()))
        key = (vertex, fragment, wanted)
        if key not in self._made:
            head = _VERSION + "".join(f"#define {name} {value}\n" for name, value in wanted)
            self._made[key] = self._context.program(
                vertex_shader=head + source(vertex), fragment_shader=head + source(fragment)
            )
        return self._made[key]

    def screen(self, fragment: str, switches: Switches | None = None) -> moderngl.Program:
        """A program that runs over the whole viewport."""
        return self.get("screen.vert", fragment, switches)

    def over_viewport(self, program: moderngl.Program) -> None:
        """Runs a program of :meth:`screen` once for each pixel of the viewport."""
        self.generated(program).render(vertices=3)

    def generated(self, program: moderngl.Program) -> moderngl.VertexArray:
        """The vertex array of a program that makes its own vertices."""
        if program not in self._bare:
            self._bare[program] = self._context.vertex_array(program, [])
        return self._bare[program]

    def release(self) -> None:
        """Frees them all."""
        for array in self._bare.values():
            array.release()
        self._bare.clear()
        for program in self._made.values():
            program.release()
        self._made.clear()


def put(program: moderngl.Program, **values: object) -> None:
    """Sets the uniforms that the program kept; the compiler may have dropped some."""
    for name, value in values.items():
        if name in program:
            program[name] = value
