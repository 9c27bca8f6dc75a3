/* SPDX-License-Identifier: BSD-2-Clause */
/* The contracts are ACSL; tests/proofs/run.sh proves them with Frama-C/WP. */
#include <rcoe/verdict.h>

#include <stdbool.h>

/*@
  predicate member(integer all, integer r) = (all & (1 << r)) != 0;
  logic integer one(integer all, integer r) = (all & (1 << r)) != 0 ? 1 : 0;
  logic integer upto(integer all, integer i) =
      (0 < i ? one(all, 0) : 0) + (1 < i ? one(all, 1) : 0) +
      (2 < i ? one(all, 2) : 0) + (3 < i ? one(all, 3) : 0);
  logic integer size(integer all) = upto(all, 4);

  // Replica i is present and holds something else than replica r.
  predicate differs{L}(uint32_t *fingerprint, integer present, integer r, integer i) =
      member(present, i) && fingerprint[i] != fingerprint[r];
  logic integer odd{L}(uint32_t *fingerprint, integer present, integer r, integer i) =
      fingerprint[i] != fingerprint[r] ? one(present, i) : 0;

  // Replica r is present, and fewer than half of those present differ from it.
  predicate majority{L}(uint32_t *fingerprint, integer present, integer r) =
      0 <= r < 4 && member(present, r) &&
      2 * (odd(fingerprint, present, r, 0) + odd(fingerprint, present, r, 1) +
           odd(fingerprint, present, r, 2) + odd(fingerprint, present, r, 3)) < size(present);
*/

/*@
  requires r < 32;
  assigns \nothing;
  ensures \result <==> member(all, r);
*/
static bool has(uint32_t all, uint32_t r)
{
    return (all & (1u << r)) != 0;
}

/*@
  requires r < 32;
  assigns \nothing;
  ensures \result != 0;
  ensures \forall integer i; 0 <= i < 32 ==>
      (member(\result, i) <==> member(\old(all), i) || i == r);
*/
static uint32_t with(uint32_t all, uint32_t r)
{
    all |= 1u << r;
    //@ assert member(all, r);
    //@ assert all != 0;
    return all;
}

/*@
  assigns \nothing;
  ensures \result == size(all);
*/
static uint32_t members(uint32_t all)
{
    uint32_t count = 0;

    /*@
      loop invariant 0 <= i <= 4 && count == upto(all, i) && count <= i;
      loop assigns i, count;
      loop variant 4 - i;
    */
    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        if (has(all, i)) {
            count++;
        }
    }
    return count;
}

/* The replicas of `present` that hold another fingerprint than replica r. */
/*@
  requires \valid_read(fingerprint + (0 .. 3)) && r < 4;
  assigns \nothing;
  ensures \result == 0 <==>
      (\forall integer i; 0 <= i < 4 ==> !differs(fingerprint, present, r, i));
  ensures \forall integer i; 0 <= i < 4 ==>
      (member(\result, i) <==> differs(fingerprint, present, r, i));
  ensures \forall integer i; 4 <= i < 32 ==> !member(\result, i);
*/
static uint32_t others(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present, uint32_t r)
{
    uint32_t odd = 0;

    /*@
      loop invariant 0 <= i <= 4;
      loop invariant odd == 0 <==>
          (\forall integer j; 0 <= j < i ==> !differs(fingerprint, present, r, j));
      loop invariant \forall integer j; 0 <= j < 32 ==>
          (member(odd, j) <==> j < i && differs(fingerprint, present, r, j));
      loop assigns i, odd;
      loop variant 4 - i;
    */
    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        if (has(present, i) && fingerprint[i] != fingerprint[r]) {
            odd = with(odd, i);
        }
    }
    return odd;
}

/*@
  requires \valid_read(fingerprint + (0 .. 3));
  assigns \nothing;
  ensures agree: \result.kind == VERDICT_AGREE <==>
      \exists integer r; 0 <= r < 4 && member(present, r) &&
      \forall integer i; 0 <= i < 4 ==> !differs(fingerprint, present, r, i);
  ensures split: \result.kind == VERDICT_SPLIT <==>
      !(\exists integer r; majority(fingerprint, present, r));
  ensures outvoted: \forall integer r, i; majority(fingerprint, present, r) && 0 <= i < 4 ==>
      (member(\result.outvoted, i) <==> differs(fingerprint, present, r, i));
  ensures nobody: \result.kind != VERDICT_OUTVOTED <==> \result.outvoted == 0;
  ensures range: \forall integer i; 4 <= i < 32 ==> !member(\result.outvoted, i);
*/
struct verdict verdict(const uint32_t fingerprint[REPLICAS_MAX], uint32_t present)
{
    struct verdict result = { VERDICT_SPLIT, 0 };

    /*@
      loop invariant 0 <= r <= 4;
      loop invariant result.kind == VERDICT_SPLIT <==>
          !(\exists integer j; 0 <= j < r && majority(fingerprint, present, j));
      loop invariant \forall integer j, i; 0 <= j < r && majority(fingerprint, present, j) &&
          0 <= i < 4 ==> (member(result.outvoted, i) <==> differs(fingerprint, present, j, i));
      loop invariant result.kind == VERDICT_AGREE ==>
          \exists integer j; 0 <= j < r && majority(fingerprint, present, j) &&
          \forall integer i; 0 <= i < 4 ==> !differs(fingerprint, present, j, i);
      loop invariant result.kind == VERDICT_OUTVOTED ==>
          \exists integer j, i; 0 <= j < r && majority(fingerprint, present, j) &&
          0 <= i < 4 && differs(fingerprint, present, j, i);
      loop invariant result.kind == VERDICT_SPLIT || result.kind == VERDICT_AGREE ||
          result.kind == VERDICT_OUTVOTED;
      loop invariant result.kind != VERDICT_OUTVOTED <==> result.outvoted == 0;
      loop invariant \forall integer i; 4 <= i < 32 ==> !member(result.outvoted, i);
      loop assigns r, result;
      loop variant 4 - r;
    */
    for (uint32_t r = 0; r < REPLICAS_MAX; r++) {
        uint32_t odd = others(fingerprint, present, r);

        /*@ assert one(odd, 0) == odd(fingerprint, present, r, 0) &&
                one(odd, 1) == odd(fingerprint, present, r, 1) &&
                one(odd, 2) == odd(fingerprint, present, r, 2) &&
                one(odd, 3) == odd(fingerprint, present, r, 3); */
        /*@ assert majority(fingerprint, present, r) <==>
                member(present, r) && 2 * size(odd) < size(present); */
        /* Two majorities hold the same fingerprint, so the order of r does not matter. */
        if (has(present, r) && 2u * members(odd) < members(present)) {
            result.outvoted = odd;
            result.kind = odd == 0 ? VERDICT_AGREE : VERDICT_OUTVOTED;
        }
    }
    /* For the provers: where nobody differs the sum of those who do is 0, less than half. */
    /*@ assert \forall integer r; 0 <= r < 4 &&
            (\forall integer i; 0 <= i < 4 ==> !differs(fingerprint, present, r, i)) ==>
            odd(fingerprint, present, r, 0) == 0 && odd(fingerprint, present, r, 1) == 0 &&
            odd(fingerprint, present, r, 2) == 0 && odd(fingerprint, present, r, 3) == 0; */
    /*@ assert \forall integer r; 0 <= r < 4 && member(present, r) ==> size(present) > 0; */
    /*@ assert \forall integer r; 0 <= r < 4 && member(present, r) &&
            (\forall integer i; 0 <= i < 4 ==> !differs(fingerprint, present, r, i)) ==>
            majority(fingerprint, present, r); */
    //@ assert size(present) > 0 <==> (\exists integer r; 0 <= r < 4 && member(present, r));
    return result;
}
