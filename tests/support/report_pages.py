"""Reads the pages that ``report`` writes, and the JSON that it prints."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class Reader(HTMLParser):
    """The rows of a page's tables by caption, and its pictures by name."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.pictures: dict[str, str] = {}
        self.captions: dict[str, str] = {}
        self.ids: list[str] = []
        self.rows: list[list[str]] = []
        self.into: list[str] | None = None
        self.figure = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag == "figure":
            self.figure = str(given["id"]).removesuffix("-figure")
        elif tag == "svg":
            self.pictures[self.figure] = str(given["aria-label"])
        elif tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th", "caption", "figcaption"):
            self.into = []

    def handle_data(self, data: str) -> None:
        if self.into is not None:
            self.into.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self.into is not None and tag in ("td", "th", "caption", "figcaption"):
            text, self.into = "".join(self.into), None
            if tag == "caption":
                self.tables[text] = self.rows
            elif tag == "figcaption":
                self.captions[self.figure] = text
            else:
                self.rows[-1].append(text)


def read(text: str) -> Reader:
    found = Reader()
    found.feed(text)
    found.close()
    return found


def tables(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {
        table["caption"]: table["rows"]
        for section in found["sections"]
        for table in section["tables"]
    }
