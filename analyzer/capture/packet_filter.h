/* SPDX-License-Identifier: MIT */
#ifndef WS101_PACKET_FILTER_H
#define WS101_PACKET_FILTER_H

/* filter - a BPF expression applied to packets of a file, which may have several link types.
 *
 * Comes in:   libpcap's filter language (pcap-filter(7)); compiled at once for every link type that we read,
 *             since hosts' and ports' names cannot be looked up any more once packets are read; for others
 *             when they are met.
 * Ownership:  the filter is the caller's until packet_filter_close; packets are borrowed.
 */

#include "core/bytes.h"
#include "error.h"

struct packet_filter;

/* False, with *error, when the expression means nothing for any link type: a mistake of who wrote it. */
bool packet_filter_check(const char *expression, struct error *error);

/* NULL, with *error, when there is no memory, or when the expression means nothing for any link type. */
struct packet_filter *packet_filter_open(const char *expression, struct error *error);
void packet_filter_close(struct packet_filter *filter);

/* Compiles it for one link type, if that has not been done. False with *error when that cannot be. */
bool packet_filter_compile(struct packet_filter *filter, uint32_t link_type, struct error *error);

/* Sets *accepted: no, when the expression means nothing for the packet's link type. False, with *error, when
 * there are more link types than anybody has use for. */
bool packet_filter_accepts(struct packet_filter *filter, const struct packet *packet, bool *accepted,
                           struct error *error);

/* libpcap's number for a link type: LINKTYPE_ numbers are for files, its DLT_ numbers differ by system. */
int packet_filter_datalink(uint32_t link_type);

#endif
