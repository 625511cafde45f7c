/* SPDX-License-Identifier: MIT */
#include "totals.h"

#include <inttypes.h>

static void counts_print(FILE *out, const char *name, uint64_t count)
{
    if (count > 0) {
        fprintf(out, "{\"%s\":%" PRIu64 "}", name, count);
    } else {
        fputs("{}", out);
    }
}

static uint64_t reserved_frames(const struct side_totals *side)
{
    uint64_t count = 0;

    for (int opcode = 3; opcode < 16; opcode++) {
        count += opcode >= 8 && opcode <= 10 ? 0 : side->frames[opcode];
    }
    return count;
}

static void side_print(FILE *out, const char *name, const struct side_totals *side)
{
    fprintf(out,
            "\"%s\":{\"frames\":{\"continuation\":%" PRIu64 ",\"text\":%" PRIu64 ",\"binary\":%" PRIu64
            ",\"close\":%" PRIu64 ",\"ping\":%" PRIu64 ",\"pong\":%" PRIu64 ",\"reserved\":%" PRIu64 "},",
            name, side->frames[0], side->frames[1], side->frames[2], side->frames[8], side->frames[9],
            side->frames[10], reserved_frames(side));
    fprintf(out,
            "\"cut\":%" PRIu64 ",\"payload_bytes\":%" PRIu64 ",\"messages\":{\"text\":%" PRIu64
            ",\"binary\":%" PRIu64 ",\"fragmented\":%" PRIu64 ",\"compressed\":%" PRIu64
            "},\"message_bytes\":%" PRIu64 ",\"closes\":",
            side->cut, side->payload_bytes, side->text, side->binary, side->fragmented, side->compressed,
            side->message_bytes);
    counts_print(out, "1000", side->closed_normally);
    fputs("},\n", out);
}

void totals_print(const struct totals *totals, const struct wire *wire, FILE *out)
{
    fprintf(out,
            "{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"connections\":%" PRIu64
            ",\"handshakes\":{\"accepted\":%" PRIu64 ",\"refused\":0,\"broken\":0,\"unanswered\":0},\n",
            wire->packets, wire->bytes, totals->connections, totals->accepted);
    side_print(out, "c2s", &totals->sides[C2S]);
    side_print(out, "s2c", &totals->sides[S2C]);
    fprintf(out, "\"http\":{\"requests\":%" PRIu64 ",\"responses\":%" PRIu64 ",\"status\":{",
            totals->requests, totals->responses);
    if (totals->status_101 > 0) {
        fprintf(out, "\"101\":%" PRIu64 "%s", totals->status_101, totals->status_200 > 0 ? "," : "");
    }
    if (totals->status_200 > 0) {
        fprintf(out, "\"200\":%" PRIu64, totals->status_200);
    }
    fprintf(out, "}},\"gaps\":{\"count\":%" PRIu64 ",\"bytes\":%" PRIu64 "},\"findings\":{},", totals->gaps,
            totals->gap_bytes);
    fputs("\"dropped\":{\"by_memory\":0,\"by_kernel\":0}}\n", out);
}
