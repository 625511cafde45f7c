/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include "resume.h"

#define PENDING_MOST 32         /* pipelined requests whose kind is remembered; the rest count as ordinary */

struct exchange_gap {
    uint64_t bytes;             /* 0: none is open */
    uint64_t offset;
};

struct exchange {
    struct http_reader readers[2];
    struct exchange_gap gaps[2];        /* until the next head shows where HTTP goes on */
    uint8_t pending[PENDING_MOST];      /* enum http_answer_to of requests not answered, oldest first */
    uint32_t pending_count;
    struct http_head *request;          /* the upgrade request that waits; NULL without memory */
    struct resume *held;                /* what the client sent since, */
    struct exchange_gap refused;        /* and what there was no memory for before it: offset is its end */
    struct resume *behind;      /* what the server sent behind an answer that was lost */
    bool upgrading : 1;                 /* an upgrade request waits */
    bool seen_head : 1;                 /* this was HTTP at least once */
    bool lossy : 1;                     /* requests may have been missed */
    bool answers_lost : 1;              /* and answers: how many, nobody knows */
    bool unasked : 1;                   /* the answer under way is to a request that was not seen */
    bool data_before_answer : 1;
    bool held_lost : 1;         /* what is held begins behind a loss */
};

/* What the handling of one chunk works with. */
struct pass {
    struct exchange *exchange;
    struct emitter *emitter;
    enum direction direction;
    struct exchange_upgrade *upgrade;
};

struct exchange *exchange_create(bool lost, struct memory *memory)
{
    struct exchange *exchange = memory_allocate(memory, sizeof *exchange);

    if (exchange) {
        http_reader_init(&exchange->readers[C2S], true, lost);
        http_reader_init(&exchange->readers[S2C], false, lost);
        exchange->lossy = lost;
    }
    return exchange;
}

static void forget_request(struct exchange *exchange, struct memory *memory)
{
    http_head_release(exchange->request, memory);
    resume_destroy(exchange->behind, memory);
    exchange->request = NULL;
    exchange->behind = NULL;
    exchange->upgrading = false;
}

void exchange_destroy(struct exchange *exchange, struct memory *memory)
{
    http_reader_release(&exchange->readers[C2S], memory);
    http_reader_release(&exchange->readers[S2C], memory);
    forget_request(exchange, memory);
    resume_destroy(exchange->held, memory);
    memory_release(memory, exchange, sizeof *exchange);
}

/* --- which request an answer belongs to --- */

static void pending_push(struct exchange *exchange, enum http_answer_to kind)
{
    if (exchange->pending_count < PENDING_MOST) {
        exchange->pending[exchange->pending_count] = (uint8_t)kind;
    }
    exchange->pending_count++;
}

static enum http_answer_to pending_front(const struct exchange *exchange)
{
    if (exchange->pending_count > 0) {
        return (enum http_answer_to)exchange->pending[0];
    }
    return exchange->lossy ? HTTP_ANSWER_TO_UNKNOWN : HTTP_ANSWER_TO_OTHER;
}

static void pending_pop(struct exchange *exchange)
{
    if (exchange->pending_count == 0) {
        return;
    }
    exchange->pending_count--;
    memmove(exchange->pending, exchange->pending + 1, PENDING_MOST - 1);
    exchange->pending[PENDING_MOST - 1] = HTTP_ANSWER_TO_OTHER;
}

static enum http_answer_to kind_of(const struct http_head *request)
{
    if (http_same_text(request->method, "HEAD")) {
        return HTTP_ANSWER_TO_HEAD;
    }
    if (http_same_text(request->method, "CONNECT")) {
        return HTTP_ANSWER_TO_CONNECT;
    }
    return handshake_is_request(request) ? HTTP_ANSWER_TO_UPGRADE : HTTP_ANSWER_TO_OTHER;
}

/* --- events --- */

static void emit_http(struct pass *pass, const struct http_head *head)
{
    struct event event = { .kind = EVENT_HTTP,
                           .direction = pass->direction,
                           .faults = head->faults,
                           .http = { .head = head } };

    emit(pass->emitter, &event);
}

/* A gap that was open is closed by the next head, or by the end. */
static void close_gap(struct pass *pass, enum gap_resumed resumed)
{
    struct exchange_gap *gap = &pass->exchange->gaps[pass->direction];

    if (gap->bytes > 0) {
        emit_gap(pass->emitter, pass->direction, gap->offset, gap->bytes, 0, resumed);
        gap->bytes = 0;
    }
}

/* Whether the client waited for its answer shows only where nothing of either side is missing. With two keys
 * in the head, a third stands behind it. */
static void emit_handshake(struct pass *pass, struct handshake *handshake)
{
    struct event event = { .kind = EVENT_HANDSHAKE, .direction = pass->direction, .handshake = handshake };

    if (pass->exchange->data_before_answer && !pass->exchange->lossy && !handshake->two_keys) {
        handshake->faults |= UINT64_C(1) << HANDSHAKE_DATA_BEFORE_ANSWER;
    }
    event.faults = handshake->faults;
    emit(pass->emitter, &event);
}

/* --- the upgrade --- */

static void note_upgrade(struct pass *pass, const struct handshake *handshake, bool asked)
{
    *pass->upgrade = (struct exchange_upgrade){ .deflate = handshake->deflate,
                                                .other_extension = handshake->other_extension,
                                                .unasked = !asked && pass->exchange->lossy,
                                                .broken = handshake->verdict == HANDSHAKE_BROKEN };
}

/* The final answer to an upgrade request, or a 101 that answers something else. */
static enum exchange_outcome upgrade_answered(struct pass *pass, const struct http_head *response, bool asked)
{
    struct exchange *exchange = pass->exchange;
    struct handshake handshake;

    handshake_judge(asked ? exchange->request : NULL, response, &handshake);
    if (!asked && !exchange->lossy) {
        handshake.faults |= UINT64_C(1) << HANDSHAKE_UNASKED;
        handshake.verdict = HANDSHAKE_BROKEN;
    }
    emit_handshake(pass, &handshake);
    note_upgrade(pass, &handshake, asked);
    if (asked) {
        forget_request(exchange, pass->emitter->memory);
    }
    if (response->status != 101) {
        return EXCHANGE_GOES_ON;
    }
    return handshake.two_keys ? EXCHANGE_OTHER : EXCHANGE_WEBSOCKET;
}

/* The answer was not captured. What the client sends shows that it was a 101. */
static enum exchange_outcome upgrade_assumed(struct pass *pass)
{
    const struct http_head *request = pass->exchange->request;
    struct handshake handshake;

    if (request) {
        handshake_judge(request, NULL, &handshake);
        handshake.verdict = HANDSHAKE_ACCEPTED;
        emit_handshake(pass, &handshake);
    }
    *pass->upgrade = (struct exchange_upgrade){ .guessed = true, .gap = pass->exchange->gaps[S2C].bytes };
    pass->exchange->gaps[S2C].bytes = 0;
    return EXCHANGE_WEBSOCKET;
}

/* No answer was captured, and none of its consequences. */
static void upgrade_unanswered(struct pass *pass)
{
    struct exchange *exchange = pass->exchange;
    struct handshake handshake;

    if (exchange->request) {
        handshake_judge(exchange->request, NULL, &handshake);
        handshake.verdict = HANDSHAKE_UNANSWERED;
        emit_handshake(pass, &handshake);
    }
    forget_request(exchange, pass->emitter->memory);
}

/* --- messages --- */

/* An answer may come before the request's body has ended, so it is expected from the request's head on. Where
 * answers were lost, whoever asks again has had them. */
static void message_begun(struct pass *pass, const struct http_head *head)
{
    struct exchange *exchange = pass->exchange;

    if (pass->direction == S2C) {
        exchange->unasked = exchange->pending_count == 0;
        return;
    }
    if (exchange->answers_lost) {
        memset(exchange->pending, HTTP_ANSWER_TO_OTHER, sizeof exchange->pending);
        exchange->pending_count = 0;
        exchange->unasked = true;       /* an answer that is still under way */
    }
    pending_push(exchange, kind_of(head));
}

static enum exchange_outcome request_ended(struct pass *pass, const struct http_head *head)
{
    bool upgrade = kind_of(head) == HTTP_ANSWER_TO_UPGRADE;

    if (http_is_http2_preface(head)) {
        emit_notice(pass->emitter, pass->direction, NOTICE_HTTP2, 0, 0);
        return EXCHANGE_HTTP2;
    }
    emit_http(pass, head);
    if (upgrade && !pass->exchange->upgrading && pass->exchange->pending_count > 0) {
        pass->exchange->upgrading = true;
        pass->exchange->held_lost = false;
        pass->exchange->refused = (struct exchange_gap){ 0 };
        pass->exchange->request = http_head_keep(head, pass->emitter->memory);
    }
    return EXCHANGE_GOES_ON;
}

static enum exchange_outcome switched(struct pass *pass, const struct http_head *head,
                                      enum http_answer_to kind)
{
    if (kind == HTTP_ANSWER_TO_UPGRADE) {
        return upgrade_answered(pass, head, true);
    }
    if (handshake_is_answer(head)) {
        return upgrade_answered(pass, head, false);
    }
    if (http_lists(head, HTTP_NAME_UPGRADE, "h2c")) {
        emit_notice(pass->emitter, pass->direction, NOTICE_HTTP2, 0, 0);
        return EXCHANGE_HTTP2;
    }
    return EXCHANGE_OTHER;
}

static enum exchange_outcome response_ended(struct pass *pass, const struct http_head *head)
{
    bool unasked = pass->exchange->unasked;
    enum http_answer_to kind = unasked ? HTTP_ANSWER_TO_UNKNOWN : pending_front(pass->exchange);

    emit_http(pass, head);
    if (head->status >= 100 && head->status < 200 && head->status != 101) {
        return EXCHANGE_GOES_ON;        /* interim: the final answer is still to come */
    }
    if (!unasked) {
        pending_pop(pass->exchange);
    }
    if (head->status == 101) {
        return switched(pass, head, kind);
    }
    if (kind == HTTP_ANSWER_TO_CONNECT && head->status >= 200 && head->status < 300) {
        return EXCHANGE_TUNNEL;
    }
    return kind == HTTP_ANSWER_TO_UPGRADE ? upgrade_answered(pass, head, true) : EXCHANGE_GOES_ON;
}

static enum exchange_outcome message_ended(struct pass *pass, const struct http_head *head)
{
    pass->exchange->seen_head = true;
    close_gap(pass, GAP_GUESS);
    return pass->direction == C2S ? request_ended(pass, head) : response_ended(pass, head);
}

static enum exchange_outcome refused(struct pass *pass, bool head_too_long)
{
    close_gap(pass, GAP_NO);
    if (head_too_long) {
        emit_notice(pass->emitter, pass->direction, NOTICE_HEAD_LIMIT, 0, pass->emitter->limits->head);
    } else if (pass->exchange->seen_head) {
        emit_notice(pass->emitter, pass->direction, NOTICE_NOT_HTTP, 0, 0);
    }
    return EXCHANGE_OTHER;
}

/* --- bytes --- */

/* The upgrade was refused: what the client sent meanwhile is HTTP. */
static bool held_is_due(const struct exchange *exchange)
{
    return exchange->held && !exchange->upgrading;
}

static enum exchange_outcome read_messages(struct pass *pass, struct bytes *input, bool segment_start)
{
    struct exchange *exchange = pass->exchange;
    struct http_reader *reader = &exchange->readers[pass->direction];
    const uint8_t *first = input->data;
    struct http_head head;
    enum exchange_outcome outcome = EXCHANGE_GOES_ON;

    while (outcome == EXCHANGE_GOES_ON) {
        if (pass->direction == S2C && held_is_due(exchange)) {
            break;                      /* what comes next may answer what waits there */
        }
        if (pass->direction == S2C) {
            reader->answer_to = (uint8_t)pending_front(exchange);
        } else if (exchange->upgrading && input->length > 0) {
            break;                      /* the answer decides what these bytes are */
        }
        switch (http_step(reader, input, segment_start && input->data == first, &head,
                          pass->emitter->limits, pass->emitter->memory)) {
        case HTTP_MORE:
            return EXCHANGE_GOES_ON;
        case HTTP_HEAD:
            message_begun(pass, &head);
            break;
        case HTTP_END:
            outcome = message_ended(pass, &head);
            break;
        case HTTP_REFUSED:
            outcome = refused(pass, false);
            break;
        case HTTP_HEAD_TOO_LONG:
            outcome = refused(pass, true);
            break;
        }
    }
    return outcome;
}

/* Answers were lost, and where the next one begins is not known yet. */
static bool answers_gone(const struct exchange *exchange)
{
    return exchange->answers_lost && http_is_lost(&exchange->readers[S2C]);
}

/* No frame of a client begins like a request: its second byte has the mask bit. */
static bool held_is_request(const struct exchange *exchange)
{
    struct bytes held = exchange->held ? resume_bytes(exchange->held) : bytes_of(NULL, 0);

    return held.length >= 2 && http_plausible_start(held, true);
}

/* The client sends although its upgrade is not answered yet; or the answer was lost. A request then shows
 * that it was a refusal, and frames that it was a 101. */
static enum exchange_outcome hold(struct pass *pass, struct bytes bytes, uint64_t offset, bool segment_start,
                                  bool alone)
{
    struct exchange *exchange = pass->exchange;
    struct memory *memory = pass->emitter->memory;
    bool unanswerable = alone || answers_gone(exchange);

    exchange->data_before_answer |= !unanswerable;
    if (exchange->held == NULL) {
        exchange->held = resume_create(offset, memory);
    }
    if (exchange->held == NULL) {
        exchange->refused.bytes += bytes.length;
        exchange->refused.offset = offset + bytes.length;
    }
    if (exchange->held == NULL || !resume_add(exchange->held, bytes, segment_start, memory)) {
        emit_notice(pass->emitter, C2S, NOTICE_MEMORY_LIMIT, offset, bytes.length);
        return EXCHANGE_GOES_ON;
    }
    if (unanswerable && held_is_request(exchange)) {
        upgrade_unanswered(pass);
    } else if (unanswerable && resume_judge(exchange->held, RESUME_MASKED, false).bits >= RESUME_PROOF) {
        return upgrade_assumed(pass);
    }
    return EXCHANGE_GOES_ON;
}

/* After a refusal HTTP goes on with what the client had sent meanwhile. */
static enum exchange_outcome read_held(struct pass *pass)
{
    struct resume *held = pass->exchange->held;
    struct pass client = *pass;
    struct bytes bytes = resume_bytes(held);

    client.direction = C2S;
    pass->exchange->held = NULL;
    pass->exchange->data_before_answer = false;
    enum exchange_outcome outcome = read_messages(&client, &bytes, true);
    if (outcome == EXCHANGE_GOES_ON && bytes.length > 0) {
        outcome = hold(&client, bytes, resume_offset(held), true, false);
    }
    resume_destroy(held, pass->emitter->memory);
    return outcome;
}

/* While the client's bytes are held: those behind the gap may begin anywhere. */
static void skip_held_gap(struct pass *pass, const struct chunk *chunk)
{
    struct exchange *exchange = pass->exchange;
    struct memory *memory = pass->emitter->memory;
    uint64_t skipped = exchange->held ? resume_bytes(exchange->held).length : 0;

    emit_gap(pass->emitter, C2S, chunk->offset, chunk->gap, skipped, GAP_NO);
    http_skip(&exchange->readers[C2S], chunk->gap, memory);
    resume_destroy(exchange->held, memory);
    exchange->held = NULL;
    exchange->held_lost = exchange->lossy = true;
    exchange->refused = (struct exchange_gap){ .offset = chunk->offset + chunk->gap };
}

static enum exchange_outcome skip_gap(struct pass *pass, const struct chunk *chunk)
{
    struct exchange *exchange = pass->exchange;
    struct exchange_gap gap = { .bytes = chunk->gap, .offset = chunk->offset };
    struct bytes nothing = bytes_of(NULL, 0);
    bool exact = false;

    close_gap(pass, GAP_NO);
    if (pass->direction == C2S && exchange->upgrading) {
        skip_held_gap(pass, chunk);
    } else if (http_skip(&exchange->readers[pass->direction], chunk->gap, pass->emitter->memory)) {
        emit_gap(pass->emitter, pass->direction, gap.offset, gap.bytes, 0, GAP_EXACT);
        exact = true;
    } else {
        exchange->gaps[pass->direction] = gap;
        exchange->lossy = true;
        exchange->answers_lost |= pass->direction == S2C;
    }
    if (pass->direction == S2C) {
        resume_destroy(exchange->behind, pass->emitter->memory);
        exchange->behind = NULL;
    }
    if (exchange->upgrading && answers_gone(exchange) && held_is_request(exchange)) {
        upgrade_unanswered(pass);
    }
    return exact ? read_messages(pass, &nothing, false) : EXCHANGE_GOES_ON;     /* the body may end there */
}

/* The answer to the upgrade was lost, and what comes now is no HTTP. */
static bool answer_lost(const struct pass *pass, const struct chunk *chunk)
{
    const struct exchange *exchange = pass->exchange;

    return pass->direction == S2C && exchange->upgrading && answers_gone(exchange) &&
           pending_front(exchange) == HTTP_ANSWER_TO_UPGRADE &&
           !(chunk->segment_start && http_plausible_start(chunk->bytes, false));
}

/* The rest of a refusal, or frames? */
static enum exchange_outcome hold_behind_answer(struct pass *pass, const struct chunk *chunk)
{
    struct exchange *exchange = pass->exchange;
    struct memory *memory = pass->emitter->memory;

    if (exchange->behind == NULL) {
        exchange->behind = resume_create(chunk->offset, memory);
    }
    if (exchange->behind == NULL ||
        !resume_add(exchange->behind, chunk->bytes, chunk->segment_start, memory)) {
        emit_notice(pass->emitter, S2C, NOTICE_MEMORY_LIMIT, chunk->offset, chunk->bytes.length);
        return EXCHANGE_GOES_ON;
    }
    return resume_judge(exchange->behind, RESUME_UNMASKED, false).bits >= RESUME_PROOF
               ? upgrade_assumed(pass)
               : EXCHANGE_GOES_ON;
}

/* Reads on as long as what was held is due. */
static enum exchange_outcome read_on(struct pass *pass, struct bytes *input)
{
    enum exchange_outcome outcome = EXCHANGE_GOES_ON;

    while (outcome == EXCHANGE_GOES_ON && held_is_due(pass->exchange)) {
        outcome = read_held(pass);
        if (outcome == EXCHANGE_GOES_ON) {
            outcome = read_messages(pass, input, false);
        }
    }
    return outcome;
}

enum exchange_outcome exchange_chunk(struct exchange *exchange, struct emitter *emitter,
                                     enum direction direction, const struct chunk *chunk, bool alone,
                                     struct bytes *rest, struct exchange_upgrade *upgrade)
{
    struct pass pass = { exchange, emitter, direction, upgrade };
    struct bytes input = chunk->bytes;
    enum exchange_outcome outcome = EXCHANGE_GOES_ON;

    *rest = bytes_of(NULL, 0);
    if (chunk->gap > 0) {
        outcome = skip_gap(&pass, chunk);
    } else if (answer_lost(&pass, chunk)) {
        outcome = hold_behind_answer(&pass, chunk);
        input = bytes_of(NULL, 0);
    } else {
        outcome = read_messages(&pass, &input, chunk->segment_start);
    }
    if (outcome == EXCHANGE_GOES_ON) {
        outcome = read_on(&pass, &input);
    }
    if (outcome == EXCHANGE_GOES_ON && input.length > 0) {
        uint64_t offset = chunk->offset + (chunk->bytes.length - input.length);
        bool starts = chunk->segment_start || input.length < chunk->bytes.length;

        outcome = hold(&pass, input, offset, starts, alone);
        input = bytes_of(NULL, 0);
        if (outcome == EXCHANGE_GOES_ON) {
            outcome = read_on(&pass, &input);
        }
    }
    *rest = input;
    return outcome;
}

struct exchange_held exchange_held(const struct exchange *exchange)
{
    const struct exchange_gap *gap = &exchange->gaps[C2S];

    if (exchange->held == NULL && gap->bytes > 0) {     /* the request itself was lost */
        return (struct exchange_held){ .offset = gap->offset + gap->bytes, .gap = gap->bytes, .lost = true };
    }
    struct exchange_held held = { .offset = exchange->refused.offset,
                                  .gap = exchange->refused.bytes,
                                  .lost = exchange->held_lost };

    if (exchange->held) {
        held.bytes = resume_bytes(exchange->held);
        held.offset = resume_offset(exchange->held);
        held.gap += resume_passed(exchange->held);
    }
    held.lost |= held.gap > 0;
    return held;
}

const struct resume *exchange_behind_answer(const struct exchange *exchange)
{
    return exchange->behind;
}

void exchange_end(struct exchange *exchange, struct emitter *emitter, enum direction direction, bool by_fin)
{
    struct pass pass = { exchange, emitter, direction, NULL };
    struct exchange_upgrade upgrade;
    struct http_head head;

    pass.upgrade = &upgrade;
    if (http_finish(&exchange->readers[direction], &head) == HTTP_END) {
        head.faults &= by_fin ? UINT64_MAX : ~(UINT64_C(1) << HTTP_BODY_CUT);
        message_ended(&pass, &head);
    }
    close_gap(&pass, GAP_NO);
}

/* What is left unproven at the end: frames of the client, in step behind its request, or of the server. */
static bool answer_shows(const struct exchange *exchange)
{
    return (exchange->held && !exchange->data_before_answer && !held_is_request(exchange) &&
            resume_judge(exchange->held, RESUME_MASKED, true).frames > 0) ||
           (exchange->behind &&
            resume_judge(exchange->behind, RESUME_UNMASKED, true).bits >= RESUME_PROOF_END);
}

enum exchange_outcome exchange_finish(struct exchange *exchange, struct emitter *emitter,
                                      struct exchange_upgrade *upgrade)
{
    struct pass pass = { exchange, emitter, C2S, upgrade };

    if (!exchange->upgrading) {
        return EXCHANGE_GOES_ON;
    }
    if (answer_shows(exchange)) {
        return upgrade_assumed(&pass);
    }
    upgrade_unanswered(&pass);
    return EXCHANGE_GOES_ON;
}
