"""What can go wrong between a scene and its pixels.

RendererError
└── code renderer.no_gl      no OpenGL device can be opened (the farm's fault: another worker may do it)
    code renderer.closed     the renderer was closed already (a bug of the caller)
    code renderer.bad_target the asked size is outside of what a target may be (the job's fault)
    code renderer.bad_card   a card or its stand cannot be drawn (the job's fault)
    code renderer.bad_view   a card cannot be seen so (the job's fault)
"""

from __future__ import annotations


class RendererError(RuntimeError):
    """``ours`` is true when the farm, not the job, is at fault; ``code`` is stable."""

    def __init__(self, message: str, *, code: str, ours: bool) -> None:
        super().__init__(message)
        self.code = code
        self.ours = ours
