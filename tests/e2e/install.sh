#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make install into an empty directory, what lies there works, make uninstall leaves no file behind; make help
# names every target that a person calls.
set -u
cd "$(dirname "$0")/../.."
: "${BUILD:=build}"
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
passed=0 failed=0
unset MAKEFLAGS MAKELEVEL

ok() {      # ok NAME COMMAND...: the command must succeed
    local name=$1
    shift
    if "$@" >"$there.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        tail -n 20 "$there.log"
    fi
    rm -f "$there.log"
}

make_() { make --no-print-directory BUILD="$BUILD" DESTDIR="$there" PREFIX=/opt/ws "$@"; }
empty() { [ -z "$(find "$there/opt" -type f)" ]; }
same_modes() { [ "$(stat -c %a "$1")" = 755 ] && [ "$(stat -c %a "$2")" = 644 ]; }
helped() {  # every phony target but those that only other targets call
    make_ help | awk '{ print $1 }' >"$there/help"
    for target in $(sed -n 's/^\.PHONY: all //p' Makefile); do
        case $target in deps-*) continue ;; esac
        ! grep -q "^$target:" Makefile || grep -qx "$target" "$there/help" || { echo "$target is not in the help"; return 1; }
    done
}
one_name() {    # the rules beside the objects must hold, whichever name build/ was given
    [ "$(make_ -pnq BUILD="$PWD/build" | sed -n 's/^BUILD := //p')" = build ]
}
manual_has_options() {    # of ws101-server; cli.sh has the analyzer's
    sed 's/\\-/-/g' minimal-server/ws101-server.1 >"$there/manual"
    for option in $("$BUILD/ws101-server" --help | grep -oE '^  --[a-z-]+'); do
        grep -q -e "$option" "$there/manual" || { echo "$option is not in the manual"; return 1; }
    done
}

ok 'install' make_ install
ok 'the analyzer runs' "$there/opt/ws/bin/ws101" stats "$there/opt/ws/share/ws101/captures/demo.pcapng"
ok 'the server runs' "$there/opt/ws/bin/ws101-server" --help
for page in ws101 ws101-server; do
    ok "$page.1" grep -Eq '^\.(TH|Dt)' "$there/opt/ws/share/man/man1/$page.1"
done
ok 'modes' same_modes "$there/opt/ws/bin/ws101" "$there/opt/ws/share/man/man1/ws101.1"
ok "the server's manual has its options" manual_has_options
ok 'uninstall' make_ uninstall
ok 'nothing is left' empty
ok 'the build directory has one name' one_name
ok 'help names every target' helped

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
