# SPDX-License-Identifier: BSD-2-Clause
"""Reads an XML file into elements that know the line on which they begin.

expat, because it reports the first line of a start tag; libxml2 reports the last one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from tools.errors import UserError

DEEPEST = 32


@dataclass
class Element:
    file: str
    line: int
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)

    def error(self, message: str, next_step: str) -> UserError:
        return UserError(f"{self.file}:{self.line}: {message}", next_step=next_step)


def nearest(word: str, known: Iterable[str]) -> str:
    """The beginning of a remedy: 'did you mean ...? ' when a known word is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean '{close[0]}'? " if close else ""


def read_xml(path: Path, shown: str) -> Element:
    """Parses the file. `shown` is its name in messages."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{shown}: cannot be read: {(error.strerror or str(error)).lower()}",
                        next_step="give the path of a system description") from error
    parser = expat.ParserCreate()
    parser.buffer_text = True
    stack: list[Element] = []
    roots: list[Element] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(shown, parser.CurrentLineNumber, tag, attributes)
        if len(stack) == DEEPEST:
            raise element.error(f"elements are nested more than {DEEPEST} deep",
                                "nest fewer protection domains")
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def end(_tag: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        if data.strip():
            raise UserError(f"{shown}:{parser.CurrentLineNumber}: unexpected text "
                            f"'{data.strip().splitlines()[0][:40]}' in <{stack[-1].tag}>",
                            next_step="elements carry attributes only: remove the text")

    def doctype(*_arguments: object) -> None:
        raise UserError(f"{shown}:{parser.CurrentLineNumber}: a document type is not allowed",
                        next_step="remove the <!DOCTYPE ...> declaration")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UserError(f"{shown}:{error.lineno}: not well-formed XML: "
                        f"{expat.ErrorString(error.code)} at column {error.offset + 1}",
                        next_step="mend the markup at that place") from error
    return roots[0]
