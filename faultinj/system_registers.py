# SPDX-License-Identifier: BSD-2-Clause
"""System registers that can be hit: those that code at EL1 or EL2 may write with one MSR.

The stub reads them but does not write them. perform.py lets the stopped core execute the MSR.
Encodings: Arm ARM (DDI 0487), D17.2.
"""

from __future__ import annotations

from dataclasses import dataclass

MSR = 0xD5100000
STUB_NAMES = {"sctlr_el1": "SCTLR", "cpacr_el1": "CPACR", "vbar_el1": "VBAR"}


@dataclass(frozen=True)
class SystemRegister:
    """Its name, the lowest level that may write it, and op0, op1, CRn, CRm, op2."""

    name: str
    level: int
    encoding: tuple[int, int, int, int, int]

    @property
    def stub_name(self) -> str:
        """What the emulator calls it."""
        return STUB_NAMES.get(self.name, self.name.upper())

    def write_from_x0(self) -> int:
        """MSR register, x0."""
        op0, op1, n, m, op2 = self.encoding
        return MSR | (op0 & 1) << 19 | op1 << 16 | n << 12 | m << 8 | op2 << 5


REGISTERS = {register.name: register for register in (
    SystemRegister("sctlr_el1", 1, (3, 0, 1, 0, 0)),
    SystemRegister("cpacr_el1", 1, (3, 0, 1, 0, 2)),
    SystemRegister("ttbr0_el1", 1, (3, 0, 2, 0, 0)),
    SystemRegister("ttbr1_el1", 1, (3, 0, 2, 0, 1)),
    SystemRegister("tcr_el1", 1, (3, 0, 2, 0, 2)),
    SystemRegister("spsr_el1", 1, (3, 0, 4, 0, 0)),
    SystemRegister("elr_el1", 1, (3, 0, 4, 0, 1)),
    SystemRegister("sp_el0", 1, (3, 0, 4, 1, 0)),
    SystemRegister("esr_el1", 1, (3, 0, 5, 2, 0)),
    SystemRegister("far_el1", 1, (3, 0, 6, 0, 0)),
    SystemRegister("mair_el1", 1, (3, 0, 10, 2, 0)),
    SystemRegister("vbar_el1", 1, (3, 0, 12, 0, 0)),
    SystemRegister("contextidr_el1", 1, (3, 0, 13, 0, 1)),
    SystemRegister("tpidr_el1", 1, (3, 0, 13, 0, 4)),
    SystemRegister("tpidr_el0", 1, (3, 3, 13, 0, 2)),
    SystemRegister("tpidrro_el0", 1, (3, 3, 13, 0, 3)),
    SystemRegister("sctlr_el2", 2, (3, 4, 1, 0, 0)),
    SystemRegister("hcr_el2", 2, (3, 4, 1, 1, 0)),
    SystemRegister("mdcr_el2", 2, (3, 4, 1, 1, 1)),
    SystemRegister("cptr_el2", 2, (3, 4, 1, 1, 2)),
    SystemRegister("ttbr0_el2", 2, (3, 4, 2, 0, 0)),
    SystemRegister("tcr_el2", 2, (3, 4, 2, 0, 2)),
    SystemRegister("vttbr_el2", 2, (3, 4, 2, 1, 0)),
    SystemRegister("vtcr_el2", 2, (3, 4, 2, 1, 2)),
    SystemRegister("spsr_el2", 2, (3, 4, 4, 0, 0)),
    SystemRegister("elr_el2", 2, (3, 4, 4, 0, 1)),
    SystemRegister("sp_el1", 2, (3, 4, 4, 1, 0)),
    SystemRegister("esr_el2", 2, (3, 4, 5, 2, 0)),
    SystemRegister("far_el2", 2, (3, 4, 6, 0, 0)),
    SystemRegister("hpfar_el2", 2, (3, 4, 6, 0, 4)),
    SystemRegister("mair_el2", 2, (3, 4, 10, 2, 0)),
    SystemRegister("vbar_el2", 2, (3, 4, 12, 0, 0)),
    SystemRegister("tpidr_el2", 2, (3, 4, 13, 0, 2)),
    SystemRegister("cnthctl_el2", 2, (3, 4, 14, 1, 0)),
    SystemRegister("cnthp_ctl_el2", 2, (3, 4, 14, 2, 1)),
    SystemRegister("cnthp_cval_el2", 2, (3, 4, 14, 2, 2)),
)}
SIZE = 64  # bits


def reachable(level: int) -> list[str]:
    """Names of those that code of this level may write."""
    return [name for name, register in REGISTERS.items() if register.level <= level]
