#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.sh"
shows "GraphQL over WebSocket, graphql-ws on either end: queries, a resolver that fails, a subscription that ends and one \
that the client ends, a query that is refused"
needs node ws graphql graphql-ws
record 'tcp port 4000'
node "$PEERS/speaking.js" graphql
finish
