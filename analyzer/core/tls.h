/* SPDX-License-Identifier: MIT */
#ifndef WS101_TLS_H
#define WS101_TLS_H

/* tls - what a passive observer sees of TLS without keys: that it is TLS, and the name asked for.
 *
 * Comes in:   the first bytes of a direction. Goes out: views of them.
 * RFC 8446 sections 4.1.2 and 5.1, RFC 5246 section 6.2.1, RFC 6066 section 3.
 */

#include "bytes.h"

/* Whether these can be a connection's first bytes: a handshake record. As far as they go. */
bool tls_is_start(struct bytes view);

/* Whether a record of any type begins here, its header whole. */
bool tls_is_record(struct bytes view);

/* Whether the first record, as long as it says it is, is whole; true also for one longer than allowed. */
bool tls_hello_whole(struct bytes view);

/* The server name in the ClientHello at the front of view; false where there is none. */
bool tls_server_name(struct bytes view, struct bytes *name);

#endif
