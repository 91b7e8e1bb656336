#!/bin/sh
# describe.sh SOURCE OUTPUT [BUILD]: builds the shared library of the source tree SOURCE,
# with debug information, and writes its ABI to OUTPUT.
set -eu

source=$(cd "$1" && pwd)
output=$2
build=${3-$(mktemp -d)}

cmake -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_COMPILER=gcc \
    "-DCMAKE_C_FLAGS=-fdebug-prefix-map=$source=." \
    -DNANVM_BUILD_TESTS=OFF -DNANVM_BUILD_EXAMPLES=OFF
cmake --build "$build" --target nanvm_mem_shared

# Small, and the same wherever it is made: without paths and lines, and without types that
# no public header defines. Without --exported-interfaces-only some functions are left out,
# those that abidw sees called before it sees their definition.
abidw --exported-interfaces-only --headers-dir "$source/include" --drop-private-types \
    --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
    --no-parameter-names --no-write-default-sizes \
    --out-file "$output" "$build/libnanvm_mem.so"
