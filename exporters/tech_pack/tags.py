"""The structure of a tagged PDF (ISO 32000-1, 14.7 and 14.8), which ReportLab does not write itself.

Every piece of a page's content that belongs to an element is marked with a number; the structure tree names these
numbers, and a tree of parents leads back from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.pdfbase import pdfdoc

from exporters.pdf_objects import Held
from exporters.tech_pack.marks import Element


class Tags:
    """Collects which marked content belongs to which element, and writes the tree."""

    def __init__(self, document: Any, elements: Sequence[Element]) -> None:
        self._document, self._elements = document, elements
        self._nodes = [_Node() for _ in elements]
        self._kids: list[list[Any]] = [[] for _ in elements]
        self._pages: list[list[int]] = []

    def page(self) -> None:
        """A new page begins."""
        self._pages.append([])

    def begin(self, element: int) -> str:
        """The operator that opens marked content of an element."""
        number = len(self._pages[-1])
        self._pages[-1].append(element)
        self._kids[element].append((len(self._pages) - 1, number))
        return f"/{self._elements[element].role} <</MCID {number}>> BDC"

    def finish(self, pages: Sequence[Any]) -> None:
        """Writes the tree into the catalogue. ``pages`` are references to the pages."""
        document, name = self._document, pdfdoc.PDFName
        # What holds nothing is left out: an empty cell in an empty row helps nobody.
        filled = [bool(kids) for kids in self._kids]
        for number in range(len(self._elements) - 1, 0, -1):
            filled[self._elements[number].parent] |= filled[number]
        references = [document.Reference(node, f"tag.{number}") for number, node in enumerate(self._nodes)]
        children: list[list[int]] = [[] for _ in self._elements]
        for number, element in enumerate(self._elements):
            if number and filled[number]:
                children[element.parent].append(number)
        root = _Node()
        root_reference = document.Reference(root, "tag.root")
        for number, element in enumerate(self._elements):
            kids: list[Any] = [
                pdfdoc.PDFDictionary({"Type": name("MCR"), "Pg": pages[page], "MCID": mcid})
                for page, mcid in self._kids[number]
            ]
            kids += [references[child] for child in children[number]]
            facts: dict[str, Any] = {
                "Type": name("StructElem"),
                "S": name(element.role),
                "P": references[element.parent] if number else root_reference,
                "K": pdfdoc.PDFArray(kids),
            }
            if element.alt:
                facts["Alt"] = pdfdoc.PDFString(element.alt)
            if element.role == "TH":
                facts["A"] = pdfdoc.PDFDictionary({"O": name("Table"), "Scope": name("Column")})
            self._nodes[number].content = pdfdoc.PDFDictionary(facts)
        parents: list[Any] = []
        for number, owners in enumerate(self._pages):
            parents += [number, pdfdoc.PDFArray([references[owner] for owner in owners])]
        root.content = pdfdoc.PDFDictionary(
            {
                "Type": name("StructTreeRoot"),
                "K": pdfdoc.PDFArray([references[0]]),
                "ParentTree": pdfdoc.PDFDictionary({"Nums": pdfdoc.PDFArray(parents)}),
                "ParentTreeNextKey": len(self._pages),
            }
        )
        catalogue = document.Catalog
        catalogue.StructTreeRoot = root_reference
        catalogue.MarkInfo = Held(pdfdoc.PDFDictionary({"Marked": "true"}))


class _Node(Held):
    """An object whose content is known last."""

    def __init__(self) -> None:
        super().__init__(None)

    @property
    def content(self) -> Any:
        """What it holds."""
        return self._content

    @content.setter
    def content(self, value: Any) -> None:
        self._content = value
