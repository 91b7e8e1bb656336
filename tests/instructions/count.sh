#!/bin/sh
# Counts the instructions of each operation, and keeps them within their bounds.
#   compare PROGRAM  fails, and names it, where an operation takes more than its bound
#   write PROGRAM    writes the bounds anew; the site shows them on the page Performance
#   skip REASON      says why nothing can be counted
set -eu

SKIPPED=77
here=$(cd "$(dirname "$0")" && pwd)
bounds=$here/bounds.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines of `subject operation instructions`. What the program did second counts. glibc's
# memcpy is the one for any x86-64, so that a newer processor doesn't change a figure.
count() {
    GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-ERMS,-FSRM valgrind --tool=callgrind --callgrind-out-file="$work/dumps" --combine-dumps=yes \
        --zero-before='measure_*' --dump-before=measured "$1" \
        >"$work/names" 2>"$work/log" || {
        cat "$work/log" >&2
        return 1
    }
    awk '/^summary:/ { print $2 }' "$work/dumps" | head -n -1 >"$work/sums"
    paste -d ' ' "$work/names" "$work/sums" | awk '
        { key = $1 " " $2; sum = $5 / $3; loop = loops["empty " $4] }
        $1 == "empty" { loops[key] = sum; next }
        !(key in count) { order[++length_] = key }
        { count[key] = sum - loop }
        END { for (i = 1; i <= length_; i++)
                  printf "%s %.2f\n", order[i], count[order[i]] }'
}

# What takes more than its bound, what is new, and what has gone. `share` is for what
# happens once in thousands of times.
compare() {
    awk -v hint=0.1 -v share=0.05 '
        /^#/ || NF == 0 { next }
        NR == FNR { bound[$1 " " $2] = $3; next }
        { key = $1 " " $2; seen[key] = 1 }
        !(key in bound) { print key ": has no bound"; bad = 1; next }
        $3 > bound[key] + share {
            print key ": " $3 " instructions, its bound is " bound[key]; bad = 1 }
        $3 < bound[key] * (1 - hint) && $3 < bound[key] - 2 {
            print key ": " $3 " instructions; its bound, " bound[key] ", may be lowered" }
        END { for (key in bound) if (!(key in seen)) {
                  print key ": has a bound, and was not counted"; bad = 1 }
              exit bad }' "$bounds" "$work/counts"
}

# The next whole number. The global manager has glibc inside, whose share is its own
# business: a twentieth more.
write_bounds() {
    sed -n '/^#/p' "$bounds" >"$work/bounds"
    awk '{ most = $1 ~ /global/ ? $3 * 1.05 : $3
           print $1, $2, int(most + 0.95) }' "$work/counts" >>"$work/bounds"
    cp "$work/bounds" "$bounds"
}

case ${1-} in
compare)
    count "$2" >"$work/counts"
    compare
    ;;
write)
    count "$2" >"$work/counts"
    write_bounds
    ;;
skip)
    echo "skipped: $2"
    exit $SKIPPED
    ;;
*)
    sed -n 's/^#  //p' "$0" >&2
    exit 64
    ;;
esac
