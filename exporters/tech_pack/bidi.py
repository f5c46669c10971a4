"""Right-to-left words in a line that reads from left to right: put in the order in which they are seen.

The part of Unicode's bidirectional algorithm (UAX 9) that a table's cell needs: runs of right-to-left letters with
the spaces and marks between them are turned round, numbers inside them are not; and Arabic letters take the forms
that they have beside each other (Unicode's presentation forms, by their own decompositions).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

_STRONG: Final = frozenset({"R", "AL"})
_MIRRORED: Final = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_PAIRS: Final = {")": "(", "]": "[", "}": "{", "»": "«"}
_NUMBERS: Final = re.compile(r"[0-9٠-٩۰-۹]+(?:[.,:/][0-9٠-٩۰-۹]+)*")


def visual(text: str) -> str:
    """The letters from left to right."""
    if not any(unicodedata.bidirectional(letter) in _STRONG for letter in text):
        return text
    kinds = [_kind(letter) for letter in text]
    found, at = "", 0
    while at < len(text):
        if kinds[at] != "R":
            found += text[at]
            at += 1
            continue
        end = at
        for ahead in range(at, len(text)):
            if kinds[ahead] in {"R", "EN"}:  # a number after such a word belongs to it
                end = ahead
            elif kinds[ahead] == "L":
                break
        while end + 1 < len(text) and text[at : end + 1].count(_PAIRS.get(text[end + 1], "\0")) > text[
            at : end + 1
        ].count(text[end + 1]):
            end += 1  # the bracket that closes one of the run's own
        found += _turned(_joined(text[at : end + 1]))
        at = end + 1
    return found


def _kind(letter: str) -> str:
    kind = unicodedata.bidirectional(letter)
    if kind in _STRONG or kind == "AN":
        return "R"
    return kind if kind in {"L", "EN"} else "N"


def _turned(run: str) -> str:
    turned = run[::-1].translate(_MIRRORED)
    return _NUMBERS.sub(lambda found: found[0][::-1], turned)


@cache
def _forms() -> dict[str, dict[str, str]]:
    """For each Arabic letter its forms: isolated, final, initial, medial."""
    found: dict[str, dict[str, str]] = {}
    for code in range(0xFE80, 0xFEF5):
        kind, _, base = unicodedata.decomposition(chr(code)).partition(" ")
        if base and " " not in base:
            found.setdefault(chr(int(base, 16)), {})[kind.strip("<>")] = chr(code)
    return found


def _joined(run: str) -> str:
    """Arabic letters in the forms that their neighbours give them."""
    forms = _forms()
    seen = [at for at, letter in enumerate(run) if not unicodedata.combining(letter)]
    letters = list(run)
    for number, at in enumerate(seen):
        own = forms.get(run[at])
        if own is None:
            continue
        before = run[seen[number - 1]] if number else ""
        after = run[seen[number + 1]] if number + 1 < len(seen) else ""
        left = "initial" in forms.get(before, {})  # the letter before joins on
        right = "initial" in own and after in forms and "final" in forms[after]
        form = {(False, False): "isolated", (True, False): "final", (False, True): "initial", (True, True): "medial"}
        letters[at] = own.get(form[left and "final" in own, right], run[at])
    return "".join(letters)
