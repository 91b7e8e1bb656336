#!/bin/sh
# Counts the instructions of operations where there is little, and where there is much.
#   compare PROGRAM  fails where an operation takes more than half as many again
#   skip REASON      says why nothing can be counted
set -eu

SKIPPED=77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines of `operation times instructions`.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/dumps" --combine-dumps=yes \
        --zero-before='measure_*' --dump-before=measured "$1" \
        >"$work/names" 2>"$work/log" || {
        cat "$work/log" >&2
        return 1
    }
    awk '/^summary:/ { print $2 }' "$work/dumps" | head -n -1 >"$work/sums"
    paste -d ' ' "$work/names" "$work/sums"
}

compare() {
    awk -v most=1.5 '
        { each = $3 / $2 }
        !($1 in few) { few[$1] = each; next }
        { pairs++
          printf "%-24s %10.1f instructions, and %10.1f where there is more\n",
                 $1, few[$1], each }
        each > few[$1] * most { print $1 ": " each / few[$1] " times as many"; bad = 1 }
        END { if (pairs == 0) { print "nothing was counted"; bad = 1 }
              exit bad }' "$work/counts"
}

case ${1-} in
compare)
    count "$2" >"$work/counts"
    compare
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
