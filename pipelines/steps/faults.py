"""Whose fault a failure is: the one place that translates content, export and device errors for the engine."""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import wraps

from assets.errors import ContentError, MissingFontError
from exporters.errors import ExportError
from farm.errors import FarmError, FarmFault, JobFault, StepCancelled
from farm.plan import StepResult
from farm.steps import StepCode, StepContext


def faults(code: str) -> Callable[[StepCode], StepCode]:
    """Wraps a step: bad content is the job's fault, a full disk, the device or an encoder is the farm's.
    ``code`` is for what nobody foresaw.
    """

    def wrap(step: StepCode) -> StepCode:
        @wraps(step)
        def run(context: StepContext) -> StepResult:
            try:
                return step(context)
            except (FarmError, StepCancelled):
                raise
            except ContentError as error:
                data = {"path": error.path} if error.path else {}
                raise JobFault(error.code, str(error), data) from error
            except ExportError as error:
                raise (FarmFault if error.ours else JobFault)(error.code, str(error)) from error
            except MissingFontError as error:
                raise FarmFault("farm.no_worker", str(error)) from error
            except MemoryError as error:
                raise FarmFault(code, "the worker ran out of memory") from error
            except OSError as error:
                full = error.errno in {errno.ENOSPC, errno.EDQUOT}
                what = "the worker's disk is full" if full else "the worker could not read or write a file"
                raise FarmFault("farm.disk_full" if full else code, what) from error
            except Exception as error:
                # The message may hold paths or content: only its type leaves the worker, the rest is in the log.
                raise FarmFault(code, f"unexpected {type(error).__name__}") from error

        return run

    return wrap
