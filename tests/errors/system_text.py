# SPDX-License-Identifier: BSD-2-Clause
"""Short system descriptions for tests, and the mistake that the builder finds in them."""

from __future__ import annotations

import re
from pathlib import Path

from tools import dma
from tools.board import load_board
from tools.errors import UserError
from tools.system_check import check_system
from tools.system_file import read_system

FILES = {"a.elf": b"not looked into", "empty.bin": b"", "large.bin": bytes(4097)}


def expand(text: str) -> str:
    """{PD} and {PD2} open protection domains 'a' and 'b', {/PD} closes; {PD x='y'} is a whole one;
    {64} is that many of them."""
    program = "<program_image path='a.elf'/>"
    many = "\n".join(f"<protection_domain name='p{number}'>{program}</protection_domain>"
                     for number in range(64))
    text = text.replace("{64}", many)
    text = text.replace("{PD2}", f"<protection_domain name='b'>{program}")
    text = text.replace("{PD}", f"<protection_domain name='a'>{program}")
    text = text.replace("{/PD}", "</protection_domain>")
    return re.sub(r"\{PD( [^}]*)\}", rf"<protection_domain name='a'\1>{program}"
                  "</protection_domain>", text)


def mistake(directory: Path, text: str, board: str = "qemu-virt") -> tuple[str, str] | None:
    """(message, next step) of the first mistake; the directory's name is shown as <dir>."""
    for name, data in FILES.items():
        (directory / name).write_bytes(data)
    path = directory / "t.system"
    path.write_text(expand(text), encoding="utf-8")
    try:
        known = load_board(board)
        check_system(dma.placed(read_system(path, "t.system"), known), known, [directory])
    except UserError as error:
        return (error.message.replace(str(directory), "<dir>"),
                error.next_step.replace(str(directory), "<dir>"))
    return None
