#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Proves rcoe/ and shim/ (prove.py) and prints the goals proved of each file; exit status 1 if one
# is not. With names of files, only those.
set -eu

for program in frama-c why3 z3 cvc4; do
    if ! command -v "$program" > /dev/null; then
        echo "proofs: $program is missing" >&2
        echo "    next: apt-get install frama-c-base why3 z3 cvc4" >&2
        exit 2
    fi
done
exec python3 "$(dirname "$0")/prove.py" "$@"
