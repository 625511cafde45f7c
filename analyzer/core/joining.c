/* SPDX-License-Identifier: MIT */
#include "joining.h"

#include "http_head.h"
#include "resume.h"
#include "tls.h"

#define GIVE_UP (256 * 1024)    /* bytes of one direction without a verdict: something that we do not read */
#define FRAMES_LEAST 3          /* over both directions */
#define START_LINE_MOST 8192    /* bytes; RFC 9112 section 3 asks that 8000 be taken */

struct joining {
    struct resume *halves[2];
    struct {
        uint64_t offset, bytes;         /* bytes: of all gaps together */
    } lost[2];
    bool fresh;
};

struct joining *joining_create(bool fresh, struct memory *memory)
{
    struct joining *joining = memory_allocate(memory, sizeof *joining);

    if (joining) {
        joining->fresh = fresh;
    }
    return joining;
}

void joining_destroy(struct joining *joining, struct memory *memory)
{
    resume_destroy(joining->halves[C2S], memory);
    resume_destroy(joining->halves[S2C], memory);
    memory_release(memory, joining, sizeof *joining);
}

/* Joined late, a start line must be whole enough to tell it from other text. */
static bool http_start_line(struct bytes view, bool request)
{
    static const char version[] = "HTTP/1.";
    size_t n = sizeof version - 1;

    if (!http_plausible_start(view, request)) {
        return false;
    }
    if (!request) {
        return view.length >= n && memcmp(view.data, version, n) == 0;
    }
    for (size_t i = 0; i + n < view.length && i < START_LINE_MOST; i++) {
        if (view.data[i] == '\n') {
            return false;
        }
        if (view.data[i] == ' ' && memcmp(view.data + i + 1, version, n) == 0) {
            return true;
        }
    }
    return false;
}

static struct bytes held(const struct joining *joining, enum direction direction)
{
    return joining->halves[direction] ? resume_bytes(joining->halves[direction]) : bytes_of(NULL, 0);
}

static bool too_much(const struct joining *joining)
{
    for (int direction = C2S; direction <= S2C; direction++) {
        const struct resume *half = joining->halves[direction];

        if (half && resume_passed(half) + resume_bytes(half).length >= GIVE_UP) {
            return true;
        }
    }
    return false;
}

/* The first bytes of a connection say what it speaks; whoever sends a request is the client. */
static struct joining_verdict judge_fresh(const struct joining *joining)
{
    struct bytes client = held(joining, C2S), server = held(joining, S2C);

    if (client.length > 0 && tls_is_start(client)) {
        return (struct joining_verdict){ tls_hello_whole(client) ? JOINING_TLS : JOINING_WAIT, false };
    }
    if (client.length > 0) {
        return (struct joining_verdict){ http_plausible_start(client, true) ? JOINING_HTTP : JOINING_OTHER,
                                         false };
    }
    if (http_plausible_start(server, false)) {
        return (struct joining_verdict){ JOINING_HTTP, false };
    }
    if (http_start_line(server, true)) {
        return (struct joining_verdict){ JOINING_HTTP, true };
    }
    /* a server that speaks first, in its own protocol: the client's first bytes will tell which */
    return (struct joining_verdict){ too_much(joining) ? JOINING_OTHER : JOINING_WAIT, false };
}

/* Evidence for frames with that assignment of roles: masked ones from `client`. */
static unsigned websocket_bits(const struct joining *joining, int client, bool ended)
{
    unsigned bits = 0, frames = 0;

    for (int direction = C2S; direction <= S2C; direction++) {
        struct resume *half = joining->halves[direction];

        if (half == NULL || resume_bytes(half).length == 0) {
            continue;
        }
        struct resume_verdict verdict =
            resume_judge(half, direction == client ? RESUME_MASKED : RESUME_UNMASKED, ended);
        if (!verdict.possible) {
            return 0;
        }
        bits += verdict.bits;
        frames += verdict.frames;
    }
    return frames >= FRAMES_LEAST ? bits : 0;
}

static struct joining_verdict judge_websocket(const struct joining *joining, bool ended)
{
    unsigned as_assumed = websocket_bits(joining, C2S, ended), swapped = websocket_bits(joining, S2C, ended);
    unsigned bits = as_assumed > swapped ? as_assumed : swapped;

    return (struct joining_verdict){ bits >= RESUME_PROOF_JOINED ? JOINING_WEBSOCKET : JOINING_WAIT,
                                     swapped > as_assumed };
}

static struct joining_verdict judge_late(const struct joining *joining, bool guess, bool ended)
{
    for (int direction = C2S; direction <= S2C; direction++) {
        struct bytes view = held(joining, (enum direction)direction);

        if (http_start_line(view, true)) {
            return (struct joining_verdict){ JOINING_HTTP, direction == S2C };
        }
        if (http_start_line(view, false)) {
            return (struct joining_verdict){ JOINING_HTTP, direction == C2S };
        }
        if (tls_is_record(view)) {
            return (struct joining_verdict){ JOINING_TLS, false };
        }
    }
    struct joining_verdict verdict = { JOINING_WAIT, false };
    if (guess) {
        verdict = judge_websocket(joining, ended);
    }
    if (verdict.protocol == JOINING_WAIT && (ended || too_much(joining))) {
        verdict.protocol = JOINING_OTHER;
    }
    return verdict;
}

/* Before the evidence, bytes that began inside something else: only a segment's start counts. */
static struct joining_verdict judge_chunk_start(const struct chunk *chunk, enum direction direction)
{
    if (chunk->segment_start && http_start_line(chunk->bytes, true)) {
        return (struct joining_verdict){ JOINING_HTTP, direction == S2C };
    }
    if (chunk->segment_start && http_start_line(chunk->bytes, false)) {
        return (struct joining_verdict){ JOINING_HTTP, direction == C2S };
    }
    return (struct joining_verdict){ JOINING_WAIT, false };
}

struct joining_verdict joining_chunk(struct joining *joining, enum direction direction,
                                     const struct chunk *chunk, bool guess, struct memory *memory)
{
    struct resume **half = &joining->halves[direction];

    if (chunk->gap > 0) {
        if (joining->lost[direction].bytes == 0) {
            joining->lost[direction].offset = chunk->offset;
        }
        joining->lost[direction].bytes += chunk->gap;
        resume_destroy(*half, memory);
        *half = NULL;
        joining->fresh = false;
        return (struct joining_verdict){ JOINING_WAIT, false };
    }
    if (*half == NULL) {
        *half = resume_create(chunk->offset, memory);
    }
    if (*half == NULL || !resume_add(*half, chunk->bytes, chunk->segment_start, memory)) {
        return (struct joining_verdict){ JOINING_OTHER, false };
    }
    if (joining->fresh) {
        return judge_fresh(joining);
    }
    struct joining_verdict verdict = judge_chunk_start(chunk, direction);
    return verdict.protocol != JOINING_WAIT ? verdict : judge_late(joining, guess, false);
}

struct joining_verdict joining_finish(const struct joining *joining, bool guess)
{
    if (joining->fresh) {
        return (struct joining_verdict){ JOINING_OTHER, false };
    }
    return judge_late(joining, guess, true);
}

bool joining_next(const struct joining *joining, enum direction direction, size_t *at, struct chunk *out)
{
    return joining->halves[direction] && resume_next(joining->halves[direction], at, out);
}

bool joining_whole(const struct joining *joining, enum direction direction, struct bytes *out)
{
    *out = held(joining, direction);
    return out->length > 0;
}

bool joining_is_fresh(const struct joining *joining)
{
    return joining->fresh;
}

bool joining_lost(const struct joining *joining, enum direction direction, uint64_t *offset, uint64_t *bytes)
{
    *offset = joining->lost[direction].offset;
    *bytes = joining->lost[direction].bytes;
    return *bytes > 0;
}

bool joining_offset(const struct joining *joining, enum direction direction, uint64_t *offset)
{
    if (joining->halves[direction] == NULL) {
        return false;
    }
    *offset = resume_offset(joining->halves[direction]);
    return true;
}
