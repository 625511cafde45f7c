/* SPDX-License-Identifier: MIT */
#ifndef GENERATE_TOTALS_H
#define GENERATE_TOTALS_H

/* totals - what was put into the capture, in the shape of `ws101 stats --json`. */

#include "wire.h"

enum side { C2S, S2C };

struct side_totals {
    uint64_t frames[16];                /* by opcode */
    uint64_t cut;
    uint64_t payload_bytes;
    uint64_t text, binary, fragmented, compressed;
    uint64_t message_bytes;
    uint64_t closed_normally;           /* Close frames with code 1000: no scenario sends others */
};

struct totals {
    uint64_t connections;
    uint64_t accepted;
    struct side_totals sides[2];
    uint64_t requests, responses;
    uint64_t status_101, status_200;
    uint64_t gaps, gap_bytes;
};

void totals_print(const struct totals *totals, const struct wire *wire, FILE *out);

#endif
