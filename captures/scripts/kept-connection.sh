#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "one kept connection to Tornado: a page, an upgrade refused with 426 for its version, the page again, \
then an upgrade accepted, with the first frame in the same segment as the request"
needs python tornado
record
/usr/bin/python3 "$PEERS/kept_connection.py"
finish
