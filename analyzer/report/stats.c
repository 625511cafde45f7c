/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "findings.h"
#include "object.h"

#define CLOSE_CODES 65536
#define STATUS_CODES 1000

enum frame_column {             /* opcodes, with the reserved ones as one */
    COLUMN_CONTINUATION,
    COLUMN_TEXT,
    COLUMN_BINARY,
    COLUMN_CLOSE,
    COLUMN_PING,
    COLUMN_PONG,
    COLUMN_RESERVED,
    COLUMNS
};

static const char *const column_names[COLUMNS] = {
    "continuation", "text", "binary", "close", "ping", "pong", "reserved",
};

struct side {                   /* what one direction of all connections sent */
    uint64_t frames[COLUMNS];
    uint64_t cut;
    uint64_t payload_bytes;
    uint64_t text, binary, fragmented, compressed;      /* whole messages */
    uint64_t message_bytes;
    uint64_t closes_without_code;
    size_t closes_end;          /* behind the highest code seen: what follows is never looked at */
    uint64_t closes[CLOSE_CODES];
};

struct stats {
    struct output *rows;
    bool head_written;
    uint64_t verdicts[HANDSHAKE_UNANSWERED + 1];
    struct side sides[2];
    uint64_t requests, responses;
    uint64_t status[STATUS_CODES];
    uint64_t gaps, gap_bytes;
    struct findings findings;
};

struct stats *stats_create(struct output *rows)
{
    struct stats *stats = calloc(1, sizeof *stats);

    if (stats) {
        stats->rows = rows;
    }
    return stats;
}

void stats_destroy(struct stats *stats)
{
    free(stats);
}

static void count_http(struct stats *stats, const struct http_head *head)
{
    if (head->is_request) {
        stats->requests++;
        return;
    }
    stats->responses++;
    if (head->status < STATUS_CODES) {
        stats->status[head->status]++;
    }
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void count_close_frame(struct side *side, const struct event_frame *event)
{
    const struct frame *frame = event->frame;

    if (frame->length < 2) {
        side->closes_without_code++;
    } else if (frame->lost == 0 || event->payload.length >= 2) {    /* a lost one is of no code */
        side->closes[event->close_code]++;
        side->closes_end = larger(side->closes_end, event->close_code + 1U);
    }
}

static void count_frame(struct side *side, const struct event_frame *event)
{
    static const enum frame_column columns[16] = {
        COLUMN_CONTINUATION, COLUMN_TEXT,     COLUMN_BINARY,   COLUMN_RESERVED,
        COLUMN_RESERVED,     COLUMN_RESERVED, COLUMN_RESERVED, COLUMN_RESERVED,
        COLUMN_CLOSE,        COLUMN_PING,     COLUMN_PONG,     COLUMN_RESERVED,
        COLUMN_RESERVED,     COLUMN_RESERVED, COLUMN_RESERVED, COLUMN_RESERVED,
    };
    const struct frame *frame = event->frame;

    side->frames[columns[frame->opcode & 15]]++;
    side->payload_bytes += frame->length - frame->lost;
    if (frame->opcode == FRAME_CLOSE) {
        count_close_frame(side, event);
    }
}

static void count_message(struct side *side, const struct message *message)
{
    if (!message->complete || (message->opcode != FRAME_TEXT && message->opcode != FRAME_BINARY)) {
        return;
    }
    side->text += message->opcode == FRAME_TEXT;
    side->binary += message->opcode == FRAME_BINARY;
    side->fragmented += message->frames > 1;
    side->compressed += message->compressed;
    if (!message->compressed || message->inflated) {
        side->message_bytes += message->length;
    }
}

/* --- the table: one row for each connection, when it ends --------------------------------------------- */

static void row_head(struct output *output)
{
    output_format(output, "%6s  %-21s  %-21s %-9s %10s  %15s %15s %21s  %s\n", "conn", "client", "server",
                  "protocol", "seconds", "frames c2s/s2c", "messages", "bytes", "ended");
}

/* Text to the left, numbers to the right of so many columns; what is longer takes more. */
static void left(struct output *output, const char *text, size_t width)
{
    size_t length = strlen(text);

    output_text(output, text);
    output_spaces(output, length < width ? width - length : 0);
}

static void right(struct output *output, uint64_t number, unsigned width)
{
    unsigned digits = output_digits(number);

    output_spaces(output, digits < width ? width - digits : 0);
    output_number(output, number, 1);
}

/* In ten columns, to the nearest millisecond. */
static void seconds(struct output *output, int64_t elapsed)
{
    bool negative = elapsed < 0;
    uint64_t size = negative ? -(uint64_t)elapsed : (uint64_t)elapsed;
    uint64_t rounded = size / 1000000 + (size % 1000000 >= 500000);
    unsigned used = negative + output_digits(rounded / 1000) + 4;

    output_spaces(output, used < 10 ? 10 - used : 0);
    output_text(output, negative ? "-" : "");
    output_number(output, rounded / 1000, 1);
    output_character(output, '.');
    output_number(output, rounded % 1000, 3);
}

static void pair(struct output *output, uint64_t c2s, uint64_t s2c, unsigned width)
{
    unsigned used = output_digits(c2s) + 1 + output_digits(s2c);

    output_spaces(output, 1 + (used < width ? width - used : 0));
    output_number(output, c2s, 1);
    output_character(output, '/');
    output_number(output, s2c, 1);
}

/* What the applications saw; both sides' where they are not the same, - for one that is not known. */
static void codes(struct output *output, uint16_t client, uint16_t server)
{
    if (client != 0 || server != 0) {
        output_format(output, client ? " %u" : " -", client);
    }
    if (client != server) {
        output_format(output, server ? "/%u" : "/-", server);
    }
}

static void row(struct stats *stats, const struct event *event)
{
    const struct connection *connection = event->connection;
    const struct tally *c2s = &connection->sent[C2S], *s2c = &connection->sent[S2C];
    struct output *output = stats->rows;
    char client[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];

    if (!stats->head_written) {
        stats->head_written = true;
        row_head(output);
    }
    address_format(client, &connection->client);
    address_format(server, &connection->server);
    right(output, connection->id, 6);
    output_text(output, "  ");
    left(output, client, 21);
    output_text(output, "  ");
    left(output, server, 21);
    output_text(output, " ");
    left(output, event_protocol_name(connection->protocol), 9);
    output_text(output, " ");
    seconds(output, output_elapsed(connection->opened, event->time));
    output_text(output, " ");
    pair(output, c2s->frames, s2c->frames, 15);
    pair(output, c2s->messages, s2c->messages, 15);
    pair(output, c2s->bytes, s2c->bytes, 21);
    output_text(output, "  ");
    output_text(output, event_close_name(event->close.how));
    codes(output, event->close.api_code[C2S], event->close.api_code[S2C]);
    output_character(output, '\n');
}

static void count_close(struct stats *stats, const struct event *event)
{
    stats->sides[C2S].cut += event->close.cut[C2S];
    stats->sides[S2C].cut += event->close.cut[S2C];
    if (stats->rows) {
        row(stats, event);
    }
}

void stats_event(void *context, const struct event *event)
{
    struct stats *stats = context;
    struct side *side = &stats->sides[event->direction];

    switch (event->kind) {
    case EVENT_HTTP:
        count_http(stats, event->http.head);
        break;
    case EVENT_HANDSHAKE:
        stats->verdicts[event->handshake->verdict]++;
        break;
    case EVENT_FRAME:
        count_frame(side, &event->frame);
        break;
    case EVENT_MESSAGE:
        count_message(side, event->message.message);
        break;
    case EVENT_GAP:
        stats->gaps++;
        stats->gap_bytes += event->gap.bytes;
        break;
    case EVENT_CLOSE:
        count_close(stats, event);
        break;
    default:
        break;
    }
    if (event->faults) {
        findings_count(&stats->findings, event);
    }
}

/* --- the totals --------------------------------------------------------------------------------------- */

/* Everything that a limit of memory cost: allocations, held bytes, connections. */
static uint64_t dropped_by_memory(const struct totals *totals)
{
    return totals->refused_memory + totals->refused_held + totals->refused_connections;
}

static void counts_by_code(struct object *object, const uint64_t *counts, size_t n)
{
    char name[24];

    for (size_t code = 0; code < n; code++) {
        if (counts[code] > 0) {
            snprintf(name, sizeof name, "%zu", code);
            object_number(object, name, counts[code]);
        }
    }
}

static void side_json(struct object *object, const char *name, const struct side *side)
{
    object_open(object, name);
    object_open(object, "frames");
    for (size_t i = 0; i < COLUMNS; i++) {
        object_number(object, column_names[i], side->frames[i]);
    }
    object_close(object);
    object_number(object, "cut", side->cut);
    object_number(object, "payload_bytes", side->payload_bytes);
    object_open(object, "messages");
    object_number(object, "text", side->text);
    object_number(object, "binary", side->binary);
    object_number(object, "fragmented", side->fragmented);
    object_number(object, "compressed", side->compressed);
    object_close(object);
    object_number(object, "message_bytes", side->message_bytes);
    object_open(object, "closes");
    if (side->closes_without_code > 0) {
        object_number(object, "none", side->closes_without_code);
    }
    counts_by_code(object, side->closes, side->closes_end);
    object_close(object);
    object_close(object);
}

static void http_json(struct object *object, const struct stats *stats)
{
    object_open(object, "http");
    object_number(object, "requests", stats->requests);
    object_number(object, "responses", stats->responses);
    object_open(object, "status");
    counts_by_code(object, stats->status, STATUS_CODES);
    object_close(object);
    object_close(object);
}

void stats_json(const struct stats *stats, struct output *output, const struct totals *totals,
                uint64_t by_kernel)
{
    struct object object;

    object_begin(&object, output);
    object_number(&object, "packets", totals->packets);
    object_number(&object, "bytes", totals->bytes);
    object_number(&object, "connections", totals->connections);
    object_open(&object, "handshakes");
    for (unsigned verdict = 0; verdict <= HANDSHAKE_UNANSWERED; verdict++) {
        object_number(&object, event_verdict_name((enum handshake_verdict)verdict), stats->verdicts[verdict]);
    }
    object_close(&object);
    side_json(&object, "c2s", &stats->sides[C2S]);
    side_json(&object, "s2c", &stats->sides[S2C]);
    http_json(&object, stats);
    object_open(&object, "gaps");
    object_number(&object, "count", stats->gaps);
    object_number(&object, "bytes", stats->gap_bytes);
    object_close(&object);
    findings_json(&stats->findings, &object, "findings");
    object_open(&object, "dropped");
    object_number(&object, "by_memory", dropped_by_memory(totals));
    object_number(&object, "by_kernel", by_kernel);
    object_close(&object);
    object_end(&object);
}

/* One line of the table of both directions; none where nothing was counted. */
static void line(struct output *output, const char *name, uint64_t c2s, uint64_t s2c)
{
    if (c2s > 0 || s2c > 0) {
        output_format(output, "  %-24s %14" PRIu64 " %14" PRIu64 "\n", name, c2s, s2c);
    }
}

static void frames_text(struct output *output, const struct side *c2s, const struct side *s2c)
{
    char name[32];

    for (size_t i = 0; i < COLUMNS; i++) {
        snprintf(name, sizeof name, "frames %s", column_names[i]);
        line(output, name, c2s->frames[i], s2c->frames[i]);
    }
    line(output, "frames cut", c2s->cut, s2c->cut);
    line(output, "payload bytes", c2s->payload_bytes, s2c->payload_bytes);
}

static void messages_text(struct output *output, const struct side *c2s, const struct side *s2c)
{
    line(output, "messages text", c2s->text, s2c->text);
    line(output, "messages binary", c2s->binary, s2c->binary);
    line(output, "of them fragmented", c2s->fragmented, s2c->fragmented);
    line(output, "of them compressed", c2s->compressed, s2c->compressed);
    line(output, "message bytes", c2s->message_bytes, s2c->message_bytes);
}

static void closes_text(struct output *output, const struct side *c2s, const struct side *s2c)
{
    char name[32];

    line(output, "closes without code", c2s->closes_without_code, s2c->closes_without_code);
    for (size_t code = 0; code < larger(c2s->closes_end, s2c->closes_end); code++) {
        if (c2s->closes[code] > 0 || s2c->closes[code] > 0) {
            snprintf(name, sizeof name, "closes %zu", code);
            line(output, name, c2s->closes[code], s2c->closes[code]);
        }
    }
}

static void handshakes_text(struct output *output, const struct stats *stats)
{
    output_text(output, "handshakes:");
    for (unsigned verdict = 0; verdict <= HANDSHAKE_UNANSWERED; verdict++) {
        output_format(output, "%s %" PRIu64 " %s", verdict ? "," : "", stats->verdicts[verdict],
                      event_verdict_name((enum handshake_verdict)verdict));
    }
    output_character(output, '\n');
}

static void http_text(struct output *output, const struct stats *stats)
{
    output_format(output, "http: %" PRIu64 " requests, %" PRIu64 " responses", stats->requests,
                  stats->responses);
    for (size_t status = 0; status < STATUS_CODES; status++) {
        if (stats->status[status] > 0) {
            output_format(output, ", %" PRIu64 " of %zu", stats->status[status], status);
        }
    }
    output_character(output, '\n');
}

void stats_text(const struct stats *stats, struct output *output, const struct totals *totals,
                uint64_t by_kernel)
{
    const struct side *c2s = &stats->sides[C2S], *s2c = &stats->sides[S2C];

    if (stats->head_written) {
        output_character(output, '\n');
    }
    output_format(output, "%" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " connections\n",
                  totals->packets, totals->bytes, totals->connections);
    handshakes_text(output, stats);
    http_text(output, stats);
    output_format(output, "gaps: %" PRIu64 ", %" PRIu64 " bytes\n", stats->gaps, stats->gap_bytes);
    output_format(output, "dropped: %" PRIu64 " by memory, %" PRIu64 " by the kernel\n",
                  dropped_by_memory(totals), by_kernel);
    output_format(output, "%-26s %14s %14s\n", "websocket:", "c2s", "s2c");
    frames_text(output, c2s, s2c);
    messages_text(output, c2s, s2c);
    closes_text(output, c2s, s2c);
    findings_text(&stats->findings, output);
}
