# SPDX-License-Identifier: BSD-2-Clause
"""Plans played on the kernel model: every invocation is legal, every domain gets what it shall."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.tools.build import Built, build
from tests.tools.elf_maker import protection_domain
from tests.tools.kernel_model import Cap, Model, Object

SYSTEM = """<system>
<redundancy replicas="3"/>
<memory_region name="uart" size="0x1000" phys_addr="0x9000000"/>
<memory_region name="ring" size="0x3000"/>
<memory_region name="dma" size="0x5000"/>
<memory_region name="big" size="0x200000"/>
<memory_region name="fixed" size="0x1000" phys_addr="0x41000000"/>
<memory_region name="file" prefill_path="file.bin"/>
<protection_domain name="driver" priority="200" smc="true" fpu="false">
  <program_image path="w.elf"/>
  <map mr="uart" vaddr="0x4000000" perms="rw" cached="false"/>
  <map mr="ring" vaddr="0x4001000" perms="rw" setvar_vaddr="ring_vaddr" setvar_size="ring_size"/>
  <map mr="dma" vaddr="0x4010000"/>
  <map mr="fixed" vaddr="0x4020000"/>
  <irq irq="33" id="5" trigger="edge" setvar_id="irq_id"/>
  <setvar symbol="dma_paddr" region_paddr="dma"/>
  <setvar symbol="uart_paddr" region_paddr="uart"/>
  <protection_domain name="child" id="3" passive="true" setvar_id="child_id">
    <program_image path="c.elf"/>
    <map mr="file" vaddr="0x4000000" perms="r" setvar_prefill_size="file_size"/>
  </protection_domain>
</protection_domain>
<protection_domain name="app" priority="100" budget="500" period="1000" stack_size="0x5000">
  <program_image path="a.elf"/>
  <map mr="ring" vaddr="0x4001000" perms="r"/>
  <map mr="big" vaddr="0x8000000" perms="rwx"/>
  <cspace><cap_tcb slot="1" pd="driver"/><cap_sc slot="2" pd="app"/>
    <cap_vspace slot="63" pd="child"/></cspace>
</protection_domain>
<channel><end pd="driver" id="1" setvar_id="app_id"/><end pd="app" id="2" pp="true"/></channel>
<channel><end pd="child" id="0" notify="false"/><end pd="app" id="61"/></channel>
</system>
"""


@pytest.fixture(scope="module", name="built")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    directory = tmp_path_factory.mktemp("plan")
    (directory / "file.bin").write_bytes(b"file" * 1025)
    return build(directory, SYSTEM, c=protection_domain(file_size=8), w=protection_domain(
        ring_vaddr=8, dma_paddr=8, ring_size=8, irq_id=8, uart_paddr=8, child_id=8, app_id=8))


@pytest.fixture(scope="module", name="model")
def _model(built: Built) -> Model:
    return built.play()


def thread(model: Model, index: int) -> Object:
    return model.resumed[index]


def pd_slots(model: Model, index: int) -> dict[int, Cap]:
    """Slots 0..511, as libmicrokit addresses them."""
    root: dict[int, Cap] = thread(model, index).facts["cspace"].facts["slots"]
    assert root[0].object.kind == "cnode" and root[0].object.bits == 14
    assert root[0].badge == 49, "guard of 49 zeros"
    slots: dict[int, Cap] = root[0].object.facts["slots"]
    return slots


def describe(cap: Cap) -> tuple[str, int, int]:
    return cap.object.kind, cap.badge, cap.rights


def test_all_threads_start_in_order(built: Built, model: Model) -> None:
    assert len(model.resumed) == 3
    assert [domain.pd.name for domain in built.plan.domains] == ["driver", "child", "app"]


def test_driver_capabilities(model: Model) -> None:
    slots = pd_slots(model, 0)
    assert {slot: describe(cap) for slot, cap in slots.items()} == {
        1: ("endpoint", 0, 7), 2: ("endpoint", 1, 7), 3: ("vspace", 0, 15), 4: ("reply", 0, 15),
        7: ("smc", 0, 15), 11: ("notification", 1 << 2, 3), 143: ("irq_handler", 0, 15),
        205: ("tcb", 0, 15)}
    assert slots[205].object is thread(model, 1)
    assert slots[11].object is thread(model, 2).facts["notification"]
    handler = slots[143].object
    assert handler.facts["irq"] == 33 and handler.facts["edge"] == 1
    assert describe(handler.facts["signal"]) == ("notification", 1 << 5, 3)
    assert handler.facts["signal"].object is thread(model, 0).facts["notification"]


def test_child_capabilities(model: Model) -> None:
    slots = pd_slots(model, 1)
    assert {slot: describe(cap) for slot, cap in slots.items()} == {
        1: ("notification", 0, 3), 2: ("endpoint", 1 << 62 | 3, 7), 3: ("vspace", 0, 15),
        4: ("reply", 0, 15), 5: ("endpoint", 2, 7)}
    assert slots[2].object is pd_slots(model, 0)[1].object, "faults go to the parent"
    assert slots[5].object is pd_slots(model, 0)[2].object, "passive requests go to the monitor"


def test_app_capabilities(model: Model) -> None:
    slots = pd_slots(model, 2)
    assert {slot: describe(cap) for slot, cap in slots.items()} == {
        1: ("notification", 0, 3), 2: ("endpoint", 3, 7), 3: ("vspace", 0, 15),
        4: ("reply", 0, 15), 12: ("notification", 1 << 1, 3), 71: ("notification", 1, 3),
        76: ("endpoint", 1 << 63 | 1, 7)}
    assert slots[76].object is pd_slots(model, 0)[1].object
    root = thread(model, 2).facts["cspace"].facts["slots"]
    assert set(root) == {0, 1, 2, 63}
    assert root[1].object is thread(model, 0) and root[2].object is thread(model, 2).facts["sc"]


def test_scheduling(model: Model) -> None:
    facts = [thread(model, index).facts for index in range(3)]
    assert [(f["mcp"], f["priority"]) for f in facts] == [(200, 200), (0, 0), (100, 100)]
    assert [(f["sc"].facts["budget"], f["sc"].facts["period"], f["sc"].facts["badge"])
            for f in facts] == [(1000, 1000, 0x100), (1000, 1000, 0x101), (500, 1000, 0x102)]
    assert [f.get("flags") for f in facts] == [[0, 1], None, None]
    assert {f["registers"] for f in facts} == {(0x20_0000, 0x7FFF_FFFF_E000)}
    assert {f["buffer"] for f in facts} == {0x7FFF_FFFF_F000}


def pages(model: Model, index: int) -> dict[int, tuple[str, Object]]:
    found: dict[int, tuple[str, Object]] = thread(model, index).facts["vspace"].facts["pages"]
    return found


def test_driver_memory(model: Model) -> None:
    mapped = pages(model, 0)
    assert {vaddr: perms for vaddr, (perms, _frame) in mapped.items()} == {
        0x20_0000: "rx", 0x20_1000: "rx", **{0x20_2000 + page * 0x1000: "rw" for page in range(5)},
        0x400_0000: "rwd", **{0x400_1000 + page * 0x1000: "rw" for page in range(3)},
        **{0x401_0000 + page * 0x1000: "rw" for page in range(5)}, 0x402_0000: "rw",
        0x7FFF_FFFF_C000: "rw", 0x7FFF_FFFF_D000: "rw", 0x7FFF_FFFF_F000: "rw"}
    assert mapped[0x400_0000][1].facts["paddr"] == 0x900_0000
    assert mapped[0x400_0000][1].facts["device"] and not mapped[0x402_0000][1].facts["device"]
    dma = [mapped[0x401_0000 + page * 0x1000][1] for page in range(5)]
    assert [frame.facts["offset"] for frame in dma] == [page * 0x1000 for page in range(5)]
    assert len({frame.facts["parent"] for frame in dma}) == 1, "one piece of memory"


def test_program_contents(model: Model) -> None:
    mapped = pages(model, 0)
    text = b"".join(mapped[vaddr][1].facts["contents"] for vaddr in (0x20_0000, 0x20_1000))
    assert text == (b"text" * 1500).ljust(0x2000, b"\0")
    assert "contents" not in mapped[0x20_4000][1].facts, "bss comes from untyped memory"
    patched = mapped[0x20_6000][1].facts["contents"]
    assert patched[:64] == b"driver".ljust(64, b"\0")
    words = [int.from_bytes(patched[at:at + 8], "little") for at in range(64, 152, 8)]
    assert words[:4] == [0, 1 << 5, 1 << 1, 0], "passive, irqs, notifications, pps"
    assert words[4:] == [0x400_1000, 0, 0x3000, 5, 0x900_0000, 3, 1], "setvars, in their order"
    child = pages(model, 1)[0x20_6000][1].facts["contents"]
    assert child[64:72] == b"\1".ljust(8, b"\0"), "passive"
    assert int.from_bytes(child[96:104], "little") == 4100, "size of the prefill file"


def test_physical_address_is_stored_late(model: Model) -> None:
    (vaddr, frame), = model.paddr_words.items()
    page = (vaddr - model.image_base) // 4096
    assert frame is pages(model, 0)[0x401_0000][1]
    assert page == pages(model, 0)[0x20_6000][1].facts["image_page"]
    assert vaddr % 4096 == 64 + 4 * 8 + 8


def test_shared_memory(model: Model) -> None:
    for page in range(3):
        own = pages(model, 0)[0x400_1000 + page * 0x1000]
        other = pages(model, 2)[0x400_1000 + page * 0x1000]
        assert (own[0], other[0]) == ("rw", "r")
        assert other[1].facts["origin"] is own[1]


def test_large_and_prefilled_pages(model: Model) -> None:
    perms, frame = pages(model, 2)[0x800_0000]
    assert perms == "rwx" and frame.bits == 21
    contents = b"".join(pages(model, 1)[0x400_0000 + page * 0x1000][1].facts["contents"]
                        for page in range(2))
    assert contents == (b"file" * 1025).ljust(0x2000, b"\0")
    assert pages(model, 1)[0x400_0000][0] == "r"


def random_system(choice: random.Random) -> str:
    """A legal system of random size: domains, shared regions, channels in a tree of priorities."""
    count = choice.randint(1, 12)
    regions = [(f"m{number}", choice.choice((1, 2, 3, 300, 512, 1024)))
               for number in range(choice.randint(0, 4))]
    text = ["<system>"]
    text += [f"<memory_region name='{name}' size='{size * 4096:#x}'/>" for name, size in regions]
    for index in range(count):
        text.append(f"<protection_domain name='p{index}' priority='{index}' "
                    f"passive='{choice.choice(('true', 'false'))}'>"
                    "<program_image path='a.elf'/>")
        address = choice.randrange(0x100_0000, 0x7F00_0000_0000, 0x20_0000)
        for name, size in regions:
            if choice.random() < 0.5:
                text.append(f"<map mr='{name}' vaddr='{address:#x}' perms='"
                            f"{choice.choice(('r', 'rw', 'rx', 'rwx'))}'/>")
                address += size * 4096 + choice.choice((0, 0x1000)) * (size % 512 > 0)
                address = -(-address // 0x20_0000) * 0x20_0000 if choice.random() < 0.5 \
                    or any(other % 512 == 0 for _name, other in regions) else address
        text.append("</protection_domain>")
    for low in range(count - 1):
        for high in range(low + 1, min(count, low + 4)):
            text.append(f"<channel><end pd='p{low}' id='{high}' pp="
                        f"'{choice.choice(('true', 'false'))}'/><end pd='p{high}' id='{low}'/>"
                        "</channel>")
    return "\n".join([*text, "</system>"])


@pytest.mark.parametrize("seed", range(40))
def test_random_systems_are_legal(tmp_path: Path, seed: int) -> None:
    built = build(tmp_path, random_system(random.Random(seed)))
    model = built.play()
    assert len(model.resumed) == len(built.system.protection_domains)
    taken = [slot for slot in model.slots if slot >> 56 == 1]
    assert len(taken) == built.plan.spec.slot_count, "every counted slot is used"
