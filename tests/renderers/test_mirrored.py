"""A node that mirrors: its outside stays outside, and a single-sided surface is seen from its front alone."""

from __future__ import annotations

import numpy as np
import pytest

from assets.model import Material, Mesh, Model, Node
from assets.pose import flatten
from tests.renderers.conftest import card
from tests.renderers.test_opengl import face, picture

pytestmark = pytest.mark.gl


@pytest.mark.parametrize("scale", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (-1, -1, 1)])
@pytest.mark.parametrize(("eye", "seen"), [((0.0, 0.0, 5.0), True), ((0.0, 0.0, -5.0), False)])
def test_a_single_sided_card_shows_its_front_alone(renderer, scale, eye, seen) -> None:
    square = card(Material(base_color=(1.0, 0.0, 0.0, 1.0), metallic=0.0)).primitive
    node = Node(matrix=np.diag([*scale, 1.0]), mesh=0)
    draws = flatten(Model(nodes=(node,), roots=(0,), meshes=(Mesh(primitives=(square,)),)))
    middle = picture(renderer, draws, view=face(eye=eye))[32, 32]
    assert (middle[3] > 0) == seen
