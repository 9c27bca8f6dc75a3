/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device port: a load or store that stage 2 refused becomes a request. From board_perform() to
 * the access itself there is nothing but device_port_perform() and device.S.
 */
#include "core.h"
#include <shim/shim.h>

/* ISS of a data abort (Arm DDI 0487, ESR_ELx). */
#define ISS_VALID (UINT64_C(1) << 24)
#define ISS_SIZE(esr) (1u << ((esr) >> 22) % 4)
#define ISS_SIGNED (UINT64_C(1) << 21)
#define ISS_REGISTER(esr) (((esr) >> 16) % 32)
#define ISS_64_BIT (UINT64_C(1) << 15)
#define ISS_TABLE_WALK (UINT64_C(1) << 7)
#define ISS_WRITE (UINT64_C(1) << 6)
#define ISS_PERMISSION(esr) (((esr)&0x3c) == 0x0c) /* a page of the board, not a device */
#define IS_WRITE_REFUSED(esr)                                                                      \
    (ISS_PERMISSION(esr) && ((esr) & (ISS_WRITE | ISS_TABLE_WALK)) == ISS_WRITE)
#define CLASS_IS_FETCH(esr) (((esr) >> 26 & 63) == 0x20)

/*@
  assigns \nothing;
  ensures \result <==> (uint64_t)(address - HOUSEKEEPING_IPA) < BOARD_PAGE;
*/
static bool device_is_housekeeping(uint64_t address)
{
    return address - HOUSEKEEPING_IPA < BOARD_PAGE;
}

/* This system may touch it: the same answer in every replica. */
/*@
  requires manifest_checked;
  assigns \nothing;
  ensures \result <==> size != 0 && address % size == 0 &&
      ((uint64_t)(address - HOUSEKEEPING_IPA) < BOARD_PAGE ||
       \exists integer i; 0 <= i < manifest.device_count && in_range(i, address));
*/
static bool device_is_known(uint64_t address, uint32_t size)
{
    bool known = device_is_housekeeping(address); /* most writes there are ignored */

    /*@
      loop invariant 0 <= i <= manifest.device_count;
      loop invariant known <==> (uint64_t)(address - HOUSEKEEPING_IPA) < BOARD_PAGE ||
          \exists integer j; 0 <= j < i && in_range(j, address);
      loop assigns i, known;
      loop variant manifest.device_count - i;
    */
    for (uint64_t i = 0; i < manifest.device_count; i++)
        if (address - manifest.device[i].base < manifest.device[i].size)
            known = true;
    return known && size && address % size == 0;
}

/* Mismatches and lateness are seen by every core, what else is counted by one. */
//@ requires word < HKR_WORDS; assigns \nothing;
static uint64_t counted(uint64_t word, uint32_t replicas)
{
    uint64_t most = 0;
    uint64_t sum = 0;

    //@ loop assigns core, most, sum;
    for (uint32_t core = 0; core < REPLICAS_MAX; core++) {
        uint64_t here = 0;

        //@ loop assigns r, here;
        foreach (r, replicas)
            here = add_saturating(here, LOAD(board_slot(core)->counter[word][r]));
        most = here > most ? here : most;
        sum = add_saturating(sum, here);
    }
    return word == HKR_MISMATCHES || word == HKR_TIMEOUTS ? most : sum;
}

static uint64_t housekeeping_word(uint64_t index, uint64_t event)
{
    const struct board_control *control = board_control();
    bool all = index < HK_WORDS;
    uint32_t r = all ? self.number : (uint32_t)(index / HKR_WORDS - 1) % REPLICAS_MAX;
    uint64_t word = index % HKR_WORDS;
    uint32_t replicas = !all ? BIT(r) : word > HK_VOTES ? ~0u : 0;
    const struct ballot *ballot = board_ballot(r);
    const uint64_t system[] = {
        [HK_MAGIC] = HK_MAGIC_VALUE,
        [HK_REPLICAS] = control->replicas,
        [HK_ACTIVE] = board_active(),
        [HK_LEADER] = LOAD(control->leader),
        [HK_EPOCH] = LOAD(control->epoch),
        [HK_UPTIME] = counter_now() - board_shared()->start,
        [HK_TICKS_PER_SECOND] = SYSREG_READ(cntfrq_el0),
        [HK_EVENTS] = event,
        [HK_VOTES] = LOAD(ballot->round),
        [HK_INPUTS] = LOAD(board_ballot(self.number)->delivered) + inputs_waiting(),
    };
    const uint64_t own[] = {
        [HKR_STATE] = LOAD(board_slot(r)->state),
        [HKR_TICKS] = LOAD(board_slot(r)->ticks),
        [HKR_WAITS] = ballot->waits,
        [HKR_WAIT_TICKS] = ballot->wait_ticks,
        [HKR_EVENTS] = LOAD(ballot->event),
        [HKR_VOTES] = LOAD(ballot->round),
        [HKR_INPUTS] = LOAD(ballot->delivered),
    };
    uint64_t value = word > HK_INPUTS ? 0 : all ? system[word] : own[word];

    if (index >= HK_OF(REPLICAS_MAX, 0))
        return 0;
    return add_saturating(value, counted(word, replicas));
}

//@ requires \valid_read(request); ensures pages_stay;
/*
 * The access aborted: at the agreed address, no register is there; else, this core is broken, or
 * it stood still until another one took the devices from it.
 */
static void device_failed(const struct request *request, uint64_t n, uint64_t failed)
{
    if (failed != request->address || !(board_active() & BIT(self.number))) {
        STORE(board_slot(self.number)->io_void, n);
        exclude_self(RECORD_SHIM_TRAP, SYSREG_READ(esr_el2), failed);
    }
    board_publish((struct answer){ 0, ANSWER_REFUSED }, n);
}

//@ requires \valid_read(request); ensures pages_stay;
/* Requests that are no access to a device register. */
static __attribute__((noinline)) void perform_other(const struct request *request, uint64_t n)
{
    struct answer answer = { 0, 0 };

    STORE(board_slot(self.number)->io_seq, n);
    switch (request->kind) {
    case REQUEST_JOIN:
        reintegrate_perform(request);
        break;
    case REQUEST_HOUSEKEEPING:
        if (request->write && request->address % BOARD_PAGE / 8 == HK_READMIT)
            reintegrate_perform(request);
        answer.value = housekeeping_word(request->address % BOARD_PAGE / 8, request->event) >>
                       request->address % 8 * 8;
        break;
    case REQUEST_PUTC:
        if (manifest.console == CONSOLE_RECORDER)
            record_character((char)request->value);
        else
            uart_putc((char)request->value);
        break;
    case REQUEST_IRQ:
        inputs_irq((uint32_t)request->address, request->value);
        break;
    case REQUEST_SMC: /* the only one that asks the firmware anything: hvc.c */
        answer.value = (uint64_t)psci_version();
        break;
    default: /* a hand-over, or all agree that it is to be refused */
        answer = dma_perform(request);
        break;
    }
    board_publish(answer, n);
}

void device_port_perform(const struct request *request, uint64_t n)
{
    _Atomic uint64_t *io = &board_slot(self.number)->io_seq;
    uint64_t failed;

    if (request->kind != REQUEST_DEVICE) {
        perform_other(request, n);
        return;
    }
    if (request->write)
        failed = device_store(request->address, request->size, n, io, request->value);
    else
        failed = device_load(request->address, request->size, n, io);
    count_up(HKR_DEVICE_ACCESSES, self.number, 1);
    if (failed != ~UINT64_C(0))
        device_failed(request, n, failed);
}

/* A loaded value as the instruction wants it in its register. */
//@ assigns \nothing;
static uint64_t device_extend(uint64_t value, uint64_t esr)
{
    uint32_t unused = 64 - 8 * ISS_SIZE(esr);

    value <<= unused;
    if (!(esr & ISS_SIGNED))
        return value >> unused;
    value = (uint64_t)((int64_t)value >> unused);
    return esr & ISS_64_BIT ? value : (uint32_t)value;
}

void device_port_access(struct frame *frame, uint64_t esr)
{
    uint64_t far = SYSREG_READ(far_el2);
    uint64_t ipa = (SYSREG_READ(hpfar_el2) >> 4 & UINT64_C(0xfffffff)) << 12 | (far & 0xfff);
    uint64_t n = ISS_REGISTER(esr);
    bool user = frame_is_user(frame);
    struct request request = board_request(REQUEST_DEVICE, frame->elr);
    struct answer answer;

    //@ assert n < 32;
    if (IS_WRITE_REFUSED(esr) && !CLASS_IS_FETCH(esr) && track_write(far))
        return;
    /* Its page tables are wrong, or its kernel went outside: the replica broke itself. */
    if (esr & ISS_TABLE_WALK ||
        (!user && (ISS_PERMISSION(esr) || !device_is_known(ipa, 1) || CLASS_IS_FETCH(esr))))
        exclude_self(RECORD_STAGE2, ipa, esr);
    request.address = ipa;
    request.write = (esr & ISS_WRITE) != 0;
    request.size = esr & ISS_VALID ? ISS_SIZE(esr) : 0; /* 0: an instruction with no syndrome */
    if (ISS_PERMISSION(esr) || !device_is_known(ipa, request.size))
        request.kind = REQUEST_REFUSED;
    else if (device_is_housekeeping(ipa))
        request.kind = REQUEST_HOUSEKEEPING;
    if (request.kind != REQUEST_REFUSED && request.write && n != 31)
        request.value = frame->x[n] & (~UINT64_C(0) >> (64 - 8 * request.size));
    if (!inputs_before_access(user))
        return; /* the replica takes an input first, or puts it off, and comes again */
    answer = board_agree(&request);
    inputs_after_access();
    if (answer.status == ANSWER_REFUSED) {
        trap_inject(frame, esr);
        return;
    }
    if (!request.write && n != 31)
        frame->x[n] = device_extend(answer.value, esr);
    frame->elr += 4;
}
