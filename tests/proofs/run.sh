#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Proves the contracts of rcoe/verdict.c, rcoe/rules.[ch] and rcoe/readmit.c with Frama-C/WP and the
# provers z3 and cvc4. Prints the goals proved of each file; exit status 1 if one is not.
set -eu

tree=$(cd "$(dirname "$0")/../.." && pwd)
for program in frama-c why3 z3 cvc4; do
    if ! command -v "$program" > /dev/null; then
        echo "proofs: $program is missing" >&2
        echo "    next: apt-get install frama-c-base why3 z3 cvc4" >&2
        exit 2
    fi
done

# Why3 keeps its list of provers in the home directory: use one of our own.
HOME=$(mktemp -d)
export HOME
trap 'rm -rf "$HOME"' EXIT
why3 config detect > "$HOME/detect.log" 2>&1

status=0
for file in verdict.c rules.c readmit.c; do
    # _Atomic and the board's layout checks play no part in the pure files.
    frama-c -c11 -machdep gcc_x86_64 -wp -wp-rte -wp-prover cvc4,z3 -wp-timeout 60 -wp-par 2 \
        -cpp-extra-args="-D_Atomic= -I$tree/rcoe/include -I$tree/shim/include" \
        "$tree/rcoe/$file" > "$HOME/$file.log" 2>&1 || status=1
    # Proved goals:   81 / 81
    set -- $(sed -n 's/.*Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \2/p' "$HOME/$file.log")
    if [ $# -ne 2 ] || [ "$1" -ne "$2" ] || [ "$2" -eq 0 ]; then
        status=1
        grep -v ': Valid' "$HOME/$file.log" >&2
    fi
    echo "proofs: rcoe/$file: ${1:-0} of ${2:-0} goals proved"
done
exit $status
