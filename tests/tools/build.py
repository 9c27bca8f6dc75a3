# SPDX-License-Identifier: BSD-2-Clause
"""Builds whole images in memory for tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.tools import elf_maker
from tests.tools.kernel_model import Model
from tools.board import load_board
from tools.elf import read_program
from tools.image import Image, UserImage, pack_image
from tools.layout import lay_out
from tools.plan import Plan, plan_system
from tools.system_check import check_system
from tools.system_file import read_system
from tools.system_model import System


@dataclass(frozen=True)
class Built:
    system: System
    plan: Plan
    image: Image
    users: UserImage

    def play(self) -> Model:
        model = Model(self.image.user.data, self.users.base, self.users.spec_vaddr)
        model.play()
        return model


def write_programs(directory: Path, **programs: elf_maker.ElfMaker) -> None:
    """a.elf is a plain protection domain; the four parts of every image."""
    (directory / "shim.bin").write_bytes(elf_maker.shim_bin())
    for name, maker in {"a": elf_maker.protection_domain(), "init": elf_maker.init_task(),
                        "kernel": elf_maker.kernel(), "shim": elf_maker.shim(),
                        **programs}.items():
        maker.write(directory / f"{name}.elf")


def build(directory: Path, text: str, **programs: elf_maker.ElfMaker) -> Built:
    """What tools.build_image does, without writing files."""
    write_programs(directory, **programs)
    path = directory / "t.system"
    path.write_text(text, encoding="utf-8")
    system, board = read_system(path, "t.system"), load_board("qemu-virt")
    regions, paths = check_system(system, board, [directory])
    layouts = {pd.name: lay_out(system, pd, read_program(paths[pd.name]), regions)
               for pd in system.protection_domains}
    plan = plan_system(system, regions, layouts)
    shim, kernel, init = (read_program(directory / f"{name}.elf")
                          for name in ("shim", "kernel", "init"))
    image, users = pack_image(system, board, plan, directory / "shim.bin", shim, kernel, init)
    return Built(system, plan, image, users)
