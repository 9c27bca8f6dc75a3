/* SPDX-License-Identifier: BSD-2-Clause */
/* The contract is ACSL; tests/proofs/run.sh proves it with Frama-C/WP. */
#include <rcoe/readmit.h>

#include <stdbool.h>

/*@
  // 1 if attempt i of those remembered was in the last hour; the second one: and was its.
  logic integer one_of_all{L}(struct readmission *log, integer attempts, integer now, integer i) =
      i < attempts ? (log[i].second <= now ? (now - log[i].second < READMIT_SECONDS ? 1 : 0) : 0)
                   : 0;
  logic integer one_of{L}(struct readmission *log, integer attempts, integer now, integer replica,
                          integer i) =
      log[i].replica == replica ? one_of_all(log, attempts, now, i) : 0;

  axiomatic Counts {
    logic integer all{L}(struct readmission *log, integer attempts, integer now, integer n)
        reads log[0 .. n - 1];
    axiom all_none{L}: \forall struct readmission *log, integer attempts, now, n; n <= 0 ==>
        all(log, attempts, now, n) == 0;
    axiom all_next{L}: \forall struct readmission *log, integer attempts, now, n; 0 <= n ==>
        all(log, attempts, now, n + 1) ==
        all(log, attempts, now, n) + one_of_all(log, attempts, now, n);

    logic integer its{L}(struct readmission *log, integer attempts, integer now, integer replica,
                         integer n) reads log[0 .. n - 1];
    axiom its_none{L}:
        \forall struct readmission *log, integer attempts, now, replica, n; n <= 0 ==>
        its(log, attempts, now, replica, n) == 0;
    axiom its_next{L}:
        \forall struct readmission *log, integer attempts, now, replica, n; 0 <= n ==>
        its(log, attempts, now, replica, n + 1) ==
        its(log, attempts, now, replica, n) + one_of(log, attempts, now, replica, n);
  }
*/

/*@
  requires \valid_read(log + (0 .. READMISSIONS - 1));
  assigns \nothing;
  ensures never: \result == READMIT_NEVER <==>
      its(log, attempts, now, replica, READMISSIONS) >= limit;
  ensures now: \result == READMIT_NOW <==>
      its(log, attempts, now, replica, READMISSIONS) < limit &&
      all(log, attempts, now, READMISSIONS) < limit;
  ensures range: \result == READMIT_NOW || \result == READMIT_LATER || \result == READMIT_NEVER;
*/
enum readmit readmit_rule(const struct readmission log[READMISSIONS], uint64_t attempts,
                          uint32_t replica, uint32_t now, uint32_t limit)
{
    uint32_t in_all = 0;
    uint32_t of_it = 0;

    /*@
      loop invariant 0 <= i <= READMISSIONS && in_all <= i && of_it <= i;
      loop invariant in_all == all(log, attempts, now, i);
      loop invariant of_it == its(log, attempts, now, replica, i);
      loop assigns i, in_all, of_it;
      loop variant READMISSIONS - i;
    */
    for (uint32_t i = 0; i < READMISSIONS; i++) {
        bool recent = i < attempts && log[i].second <= now && now - log[i].second < READMIT_SECONDS;
        uint32_t one = recent ? 1u : 0u;
        uint32_t its_one = log[i].replica == replica ? one : 0u;

        //@ assert one == one_of_all(log, attempts, now, i);
        //@ assert its_one == one_of(log, attempts, now, replica, i);
        in_all += one;
        of_it += its_one;
    }
    if (of_it >= limit) {
        return READMIT_NEVER;
    }
    return in_all >= limit ? READMIT_LATER : READMIT_NOW;
}
