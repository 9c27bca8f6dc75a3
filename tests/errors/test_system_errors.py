# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes between elements of a system description, or against the board: the exact texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.errors.system_text import mistake

# name, description, message, next step. {PD} and {PD2} open protection domains 'a' and 'b',
# {/PD} closes them, {PD attribute='...'} is a whole one.
CASES = [
    ("no replica",
     "<system>\n<redundancy replicas='0'/>{PD}{/PD}</system>",
     "t.system:2: 0 replicas cannot run anything",
     "choose 1 to 4 replicas"),
    ("five replicas on four cores",
     "<system>\n<redundancy replicas='5'/>{PD}{/PD}</system>",
     "t.system:2: 5 replicas, but board 'qemu-virt' has 4 cores and each replica needs its own",
     "choose 1 to 4 replicas"),
    ("level page and too much memory",
     "<system>\n<redundancy vote='page' partition_size='0x20200000'/>{PD}{/PD}</system>",
     "t.system:2: vote level 'page' and partition_size 0x20200000: this level knows the pages of "
     "0x20000000 bytes",
     'write partition_size="0x20000000" or less, or vote="object"'),
    ("partitions too large",
     "<system>\n<redundancy replicas='3' partition_size='0x8000000'/>{PD}{/PD}</system>",
     "t.system:2: 3 partitions of 0x8000000 bytes do not fit into 0x44000000..0x50000000 of "
     "board 'qemu-virt'",
     'write partition_size="0x4000000" or less'),
    ("no protection domain",
     "<system/>",
     "t.system: the system has no protection domain",
     "add a <protection_domain> with its <program_image>"),
    ("64 protection domains",
     "<system>\n{64}</system>",
     "t.system:65: 64 protection domains; there may be 63",
     "merge some of them"),
    ("reserved name",
     "<system><protection_domain name='monitor'><program_image "
     "path='a.elf'/></protection_domain></system>",
     "t.system:1: the name 'monitor' is the init task's, which monitors the protection domains",
     "choose another name"),
    ("long name", "<system><protection_domain name='" + "n" * 65 + "'><program_image "
     "path='a.elf'/></protection_domain></system>",
     "t.system:1: the name '" + "n" * 65 + "' is longer than 64 bytes",
     "choose a shorter name"),
    ("protection domain twice",
     "<system>\n{PD}{/PD}\n{PD}{/PD}</system>",
     "t.system:3: protection domain 'a' is already defined in line 2",
     "rename one of them"),
    ("memory region twice",
     "<system>\n{PD}{/PD}\n<memory_region name='m' size='0x1000'/>\n<memory_region name='m' "
     "size='0x1000'/>\n</system>",
     "t.system:4: memory region 'm' is already defined in line 3",
     "rename one of them"),
    ("prefill file missing",
     "<system>{PD}{/PD}\n<memory_region name='m' prefill_path='none.bin'/></system>",
     "t.system:2: prefill file 'none.bin' of memory region 'm' is in none of: <dir>",
     "create it, or name its directory with --search-path"),
    ("prefill file empty",
     "<system>{PD}{/PD}\n<memory_region name='m' prefill_path='empty.bin'/></system>",
     "t.system:2: prefill file 'empty.bin' of memory region 'm' is empty",
     "fill it or remove prefill_path"),
    ("prefill file too large",
     "<system>{PD}{/PD}\n<memory_region name='m' size='0x1000' "
     "prefill_path='large.bin'/></system>",
     "t.system:2: prefill file 'large.bin' (4097 bytes) does not fit into memory region 'm' "
     "(4096 bytes)",
     'write size="0x2000" or more'),
    ("regions overlap",
     "<system>\n{PD}{/PD}\n<memory_region name='virtio' size='0x2000' phys_addr='0xa000000'/>\n"
     "<memory_region name='net' size='0x1000' phys_addr='0xa001000'/>\n</system>",
     "t.system:4: memory region 'net' at physical 0xa001000..0xa002000 overlaps memory region "
     "'virtio' at 0xa000000..0xa002000 (line 3)",
     "move one of them, or map the same region twice"),
    ("region of the shim",
     "<system>\n{PD}{/PD}\n<memory_region name='gic' size='0x1000' phys_addr='0x8000000'/>\n"
     "</system>",
     "t.system:3: memory region 'gic' at physical 0x8000000..0x8001000 overlaps "
     "'gic_distributor' at 0x8000000..0x8010000, which belongs to the shim",
     "remove it: interrupts come through <irq>"),
    ("region exceeds device",
     "<system>\n{PD}{/PD}\n<memory_region name='uart' size='0x2000' phys_addr='0x9000000'/>\n"
     "</system>",
     "t.system:3: memory region 'uart' at physical 0x9000000..0x9002000 exceeds device 'pl011' "
     "at 0x9000000..0x9001000",
     "stay within the device"),
    ("region nowhere",
     "<system>\n{PD}{/PD}\n<memory_region name='x' size='0x1000' phys_addr='0x1000'/>\n</system>",
     "t.system:3: memory region 'x' at physical 0x1000..0x2000 is neither a device of board "
     "'qemu-virt' nor within a replica's RAM 0x40000000..0x42000000",
     "the devices are: pl011 0x9000000, pl031 0x9010000, fw_cfg 0x9020000, pl061 0x9030000, "
     "virtio_mmio 0xa000000, housekeeping 0x3f010000"),
    ("region behind the partition",
     "<system>\n{PD}{/PD}\n<memory_region name='x' size='0x1000' phys_addr='0x42000000'/>\n"
     "</system>",
     "t.system:3: memory region 'x' at physical 0x42000000..0x42001000 is neither a device of "
     "board 'qemu-virt' nor within a replica's RAM 0x40000000..0x42000000",
     "the devices are: pl011 0x9000000, pl031 0x9010000, fw_cfg 0x9020000, pl061 0x9030000, "
     "virtio_mmio 0xa000000, housekeeping 0x3f010000"),
    ("regions larger than the partition",
     "<system>\n{PD}<map mr='m' vaddr='0x400000'/><map mr='n' vaddr='0x10000000000'/>{/PD}\n"
     "<memory_region name='m' size='0x1000'/>\n"
     "<memory_region name='n' size='0x10000000000'/></system>",
     "t.system:4: memory regions of 0x10000001000 bytes do not fit into a replica's RAM of "
     "0x2000000; the largest is 'n' with 0x10000000000",
     "make it smaller, or raise partition_size in <redundancy>"),
    ("map of unknown region",
     "<system>\n{PD}<map mr='rng' vaddr='0x1000'/>{/PD}\n<memory_region name='ring' "
     "size='0x1000'/>\n</system>",
     "t.system:2: map of unknown memory region 'rng' in protection domain 'a'",
     "did you mean 'ring'? add a <memory_region> of that name"),
    ("map not aligned",
     "<system>\n{PD}<map mr='m' vaddr='0x400800'/>{/PD}\n<memory_region name='m' "
     "size='0x1000'/>\n</system>",
     "t.system:2: map of 'm' at 0x400800 is not aligned to its page size 0x1000 (line 3)",
     'write vaddr="0x400000"'),
    ("map not aligned to large page",
     "<system>\n{PD}<map mr='m' vaddr='0x401000'/>{/PD}\n<memory_region name='m' "
     "size='0x200000' page_size='0x200000'/>\n</system>",
     "t.system:2: map of 'm' at 0x401000 is not aligned to its page size 0x200000 (line 3)",
     'write vaddr="0x400000"'),
    ("map into the stack",
     "<system>\n{PD}<map mr='m' vaddr='0x7fffffffb000'/>{/PD}\n<memory_region name='m' "
     "size='0x2000'/>\n</system>",
     "t.system:2: map of 'm' at 0x7fffffffb000..0x7fffffffd000 runs into the stack of "
     "protection domain 'a' at 0x7fffffffc000..0x7fffffffe000",
     "keep maps below 0x7fffffffc000"),
    ("map overflows",
     "<system>\n{PD}<map mr='m' vaddr='0xfffffffffffff000'/>{/PD}\n<memory_region name='m' "
     "size='0x2000'/>\n</system>",
     "t.system:2: map of 'm' at 0xfffffffffffff000..0x10000000000001000 runs into the stack of "
     "protection domain 'a' at 0x7fffffffc000..0x7fffffffe000",
     "keep maps below 0x7fffffffc000"),
    ("maps overlap",
     "<system>\n{PD}<map mr='m' vaddr='0x401000'/>\n<map mr='n' vaddr='0x402000'/>{/PD}\n"
     "<memory_region name='m' size='0x2000'/>\n<memory_region name='n' size='0x1000'/>\n"
     "</system>",
     "t.system:3: map of 'n' at 0x402000..0x403000 overlaps map of 'm' at 0x401000..0x403000 "
     "(line 2) in protection domain 'a'",
     'move one of them, for example vaddr="0x403000"'),
    ("maps overlap below the stack",
     "<system>\n{PD}<map mr='m' vaddr='0x7fffffff0000'/>\n<map mr='m' "
     "vaddr='0x7fffffff1000'/>{/PD}\n<memory_region name='m' size='0xc000'/>\n</system>",
     "t.system:3: map of 'm' at 0x7fffffff1000..0x7fffffffd000 runs into the stack of "
     "protection domain 'a' at 0x7fffffffc000..0x7fffffffe000",
     "keep maps below 0x7fffffffc000"),
    ("maps overlap, no room left",
     "<system>\n{PD}<map mr='m' vaddr='0x7fffffff0000'/>\n<map mr='n' "
     "vaddr='0x7fffffff1000'/>{/PD}\n<memory_region name='m' size='0x4000'/>\n"
     "<memory_region name='n' size='0xb000'/></system>",
     "t.system:3: map of 'n' at 0x7fffffff1000..0x7fffffffc000 overlaps map of 'm' at "
     "0x7fffffff0000..0x7fffffff4000 (line 2) in protection domain 'a'",
     "move one of them"),
    ("symbol set twice",
     "<system>\n{PD}<map mr='m' vaddr='0x401000' setvar_vaddr='s'/>\n<setvar symbol='s' "
     "region_paddr='m'/>{/PD}\n<memory_region name='m' size='0x1000'/>\n</system>",
     "t.system:3: symbol 's' of protection domain 'a' is already set in line 2",
     "remove one of them"),
    ("setvar of unknown region",
     "<system>\n{PD}<setvar symbol='s' region_paddr='n'/>{/PD}\n<memory_region name='m' "
     "size='0x1000'/>\n</system>",
     "t.system:2: setvar 's' names unknown memory region 'n'",
     "add a <memory_region> of that name"),
    ("setvar_prefill_size without prefill",
     "<system>\n{PD}<map mr='m' vaddr='0x401000' setvar_prefill_size='s'/>{/PD}\n<memory_region "
     "name='m' size='0x1000'/>\n</system>",
     "t.system:2: setvar_prefill_size of 's': memory region 'm' (line 3) has no prefill file",
     "add prefill_path there, or use setvar_size"),
    ("timer interrupt",
     "<system>\n{PD}<irq irq='27' id='0'/>{/PD}</system>",
     "t.system:2: irq 27 of protection domain 'a' is not a device interrupt",
     "choose 32 to 159; below are timers and inter-core interrupts, which the shim keeps"),
    ("interrupt above the kernel's",
     "<system>\n{PD}<irq irq='160' id='0'/>{/PD}</system>",
     "t.system:2: irq 160 of protection domain 'a' is not a device interrupt",
     "choose 32 to 159; below are timers and inter-core interrupts, which the shim keeps"),
    ("interrupt without device",
     "<system>\n{PD}<irq irq='35' id='0'/>{/PD}</system>",
     "t.system:2: irq 35 of protection domain 'a' has no device on board 'qemu-virt'",
     "the board's are: 33 pl011, 34 pl031, 39 pl061, 48 virtio_mmio, ..."),
    ("interrupt twice",
     "<system>\n{PD}<irq irq='33' id='0'/>{/PD}\n{PD2}<irq irq='33' id='0'/>{/PD}</system>",
     "t.system:3: irq 33 of protection domain 'b' is already taken by 'a' (line 2)",
     "let one of them serve the device"),
    ("channel to unknown domain",
     "<system>\n{PD}{/PD}<channel><end pd='a' id='1'/>\n<end pd='aa' id='1'/></channel></system>",
     "t.system:3: channel end of unknown protection domain 'aa'",
     "did you mean 'a'? the protection domains are: a"),
    ("channel to itself",
     "<system>\n{PD}{/PD}<channel><end pd='a' id='1'/>\n<end pd='a' id='2'/></channel></system>",
     "t.system:2: both ends of the channel are protection domain 'a'",
     "name two different protection domains"),
    ("calls in both directions",
     "<system>\n{PD}{/PD}{PD2}{/PD}<channel><end pd='a' id='1' pp='true'/>\n<end pd='b' id='2' "
     "pp='true'/></channel></system>",
     "t.system:2: 'a' and 'b' may both call each other over this channel, and would wait for "
     "each other",
     'write pp="true" at one end only'),
    ("channel for nothing",
     "<system>\n{PD}{/PD}{PD2}{/PD}<channel><end pd='a' id='1' notify='false'/>\n<end pd='b' "
     "id='2' notify='false'/></channel></system>",
     "t.system:2: the channel of 'a' and 'b' allows nothing",
     'write notify="true" or pp="true" at an end'),
    ("call to lower priority",
     "<system>\n<protection_domain name='a' priority='7'><program_image "
     "path='a.elf'/></protection_domain>\n{PD2}{/PD}<channel>\n<end pd='a' id='1' pp='true'/>\n"
     "<end pd='b' id='2'/></channel></system>",
     "t.system:4: 'a' (priority 7, line 2) calls 'b' (priority 0, line 3), but a protected "
     "procedure must be in a protection domain of higher priority",
     "raise 'b' to 8 or more"),
    ("call from the highest priority",
     "<system>\n<protection_domain name='a' priority='254'><program_image "
     "path='a.elf'/></protection_domain>\n{PD2}{/PD}<channel>\n<end pd='a' id='1' pp='true'/>\n"
     "<end pd='b' id='2'/></channel></system>",
     "t.system:4: 'a' (priority 254, line 2) calls 'b' (priority 0, line 3), but a protected "
     "procedure must be in a protection domain of higher priority",
     "lower 'a'"),
    ("channel id twice",
     "<system>\n{PD}{/PD}{PD2}{/PD}<channel><end pd='a' id='1'/>\n<end pd='b' "
     "id='2'/></channel>\n<channel><end pd='a' id='1'/><end pd='b' id='3'/></channel></system>",
     "t.system:4: id 1 of the channel to 'b' in protection domain 'a' is already that of the "
     "channel to 'b' (line 2)",
     'write id="0" at one of them'),
    ("channel id of an interrupt",
     "<system>\n{PD}<irq irq='33' id='0'/>{/PD}{PD2}{/PD}<channel>\n<end pd='a' id='0'/>\n<end "
     "pd='b' id='2'/></channel></system>",
     "t.system:3: id 0 of the channel to 'b' in protection domain 'a' is already that of irq 33 "
     "(line 2)",
     'write id="1" at one of them'),
    ("child id twice",
     "<system>\n{PD}\n<protection_domain name='b' id='1'><program_image "
     "path='a.elf'/></protection_domain>\n<protection_domain name='c' id='1'><program_image "
     "path='a.elf'/></protection_domain>{/PD}</system>",
     "t.system:4: children 'c' and 'b' (line 3) of 'a' have the same id 1",
     "give one of them another id"),
    ("capability of unknown domain",
     "<system>\n{PD}<cspace><cap_tcb slot='1' pd='z'/></cspace>{/PD}</system>",
     "t.system:2: <cap_tcb> of unknown protection domain 'z'",
     "the protection domains are: a"),
    ("capability slot twice",
     "<system>\n{PD}<cspace><cap_tcb slot='1' pd='a'/>\n<cap_sc slot='1' "
     "pd='a'/></cspace>{/PD}</system>",
     "t.system:3: slot 1 in the <cspace> of protection domain 'a' is already taken in line 2",
     "choose another slot"),
    ("program missing",
     "<system>\n<protection_domain name='a'>\n<program_image "
     "path='aa.elf'/></protection_domain></system>",
     "t.system:3: program image 'aa.elf' of protection domain 'a' is in none of: <dir>",
     "did you mean 'a.elf'? build it, or name its directory with --search-path"),
]


@pytest.mark.parametrize("text, message, next_step", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_message(tmp_path: Path, text: str, message: str, next_step: str) -> None:
    assert mistake(tmp_path, text) == (message, next_step)
