#!/bin/sh
# Runs the program as a user would: program.sh TEST PROGRAM DATA
set -eu

program=$2
data=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "failed: $*" >&2
    exit 1
}

skip() {
    echo "skipped: $*" >&2
    exit 77
}

# Runs the program; it has to end with status $1.
expect() {
    expected=$1
    shift
    status=0
    "$program" "$@" >"$folder/out" 2>"$folder/err" || status=$?
    [ "$status" -eq "$expected" ] ||
        fail "status $status, not $expected: $* ($(cat "$folder/err"))"
}

prints() {
    grep -q -- "$1" "$folder/out" || fail "no \"$1\" in: $(cat "$folder/out")"
}

complains() {
    grep -q -- "$1" "$folder/err" || fail "no \"$1\" in: $(cat "$folder/err")"
}

default_input() {
    for manager in global local arena; do
        expect 0 --manager "$manager"
        prints "^versions  *8$"
        prints "^versions that read back equal  *8$"
    done
}

versions_and_diffs() {
    expect 0 "$data/good.json"
    expect 0 --at 1 "$data/good.json"
    cp "$folder/out" "$folder/again.json"
    expect 0 --diff 1 last "$data/good.json" "$folder/again.json"
    [ ! -s "$folder/out" ] || fail "a version printed isn't the same version"
    expect 0 --diff 1 2
    prints '^+ "/notices/0" "Snow'
}

invalid_version() {
    expect 65 "$data/good.json" "$data/bad.json" "$data/good.json"
    complains "bad.json:3:37: after array element"
    prints "^versions  *2$"
    prints "^versions skipped  *1$"
    expect 66 "$data/good.json" "$folder/missing.json"
    complains "missing.json: No such file"
    echo '[[{"op": "remove", "path": "/nothing"}], []]' >"$folder/patches.json"
    expect 65 --patches "$data/good.json" "$folder/patches.json"
    complains "patch 1: operation 1: the path leads nowhere"
    prints "^versions  *2$"
}

wrong_arguments() {
    expect 0 --help
    prints "^Usage: history"
    for arguments in --wrong --at "--at 0" "--at x" "--diff 1" "--svg 1 2" \
        "--manager none" "--git a b" "--at 99" "--patches a"; do
        # shellcheck disable=SC2086 # split on purpose
        expect 64 $arguments
    done
}

picture() {
    command -v dot >/dev/null || skip "dot is missing: apt-get install graphviz"
    expect 0 --svg 1 last "$folder/a b;\$c.svg"
    grep -q "</svg>" "$folder/a b;\$c.svg" || fail "no picture"
    prints "^versions  *8$"
    printf '["<&>\\"\\u0001", "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"]' >"$folder/odd.json"
    expect 0 --svg 1 2 "$folder/odd.svg" "$folder/odd.json" "$data/good.json"
    [ ! -s "$folder/err" ] || fail "dot complains: $(cat "$folder/err")"
    expect 74 --svg 1 2 "$folder/none/out.svg"
}

git() {
    command -v git >/dev/null || skip "git is missing: apt-get install git"
    repository="$folder/a repository"
    file="it's [a] *file*; \$(really).json"
    command git init -q "$repository"
    for text in '{"a": 1}' '{"a": 2}' '{"a": ' '{"a": 2, "b": [1]}'; do
        echo "$text" >"$repository/$file"
        command git -C "$repository" add -A
        command git -C "$repository" -c user.name=test -c user.email=test@localhost \
            commit -q -m "a version"
    done
    expect 65 --git "$repository/$file"
    prints "^versions  *3$"
    complains "really).json:2:1: premature EOF"
    expect 65 --git "$repository/$file" --diff 1 3
    prints '^~ "/a" 1 -> 2$'
    expect 66 --git "$repository/none.json"
    expect 69 --git "$folder/none.json"
}

missing_programs() {
    # Asked for by full path, so that the program is found and the others aren't.
    # shellcheck disable=SC2123 # the search path is meant
    PATH="$folder/nothing"
    export PATH
    status=0
    "$program" --git "$data/good.json" >/dev/null 2>"$folder/err" || status=$?
    PATH=/usr/local/bin:/usr/bin:/bin
    [ "$status" -eq 69 ] || fail "status $status without git"
    complains "git is missing: apt-get install git"
    PATH="$folder/nothing" "$program" --svg 1 2 "$folder/out.svg" \
        >/dev/null 2>"$folder/err" || status=$?
    [ "$status" -eq 69 ] || fail "status $status without dot"
    complains "dot is missing: apt-get install graphviz"
}

"$1"
