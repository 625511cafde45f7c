/* SPDX-License-Identifier: MIT */
#include "websocket.h"

#include "closing.h"
#include "frame_judge.h"
#include "pings.h"
#include "resume.h"

#define SECOND INT64_C(1000000000)

/* A frame, or a message, that one chunk did not finish. */
struct under_way {
    struct frame_reader reader;
    struct message_joiner joiner;
    uint64_t faults;            /* of the frame under way */
    uint8_t control_length;
    uint8_t control[FRAME_CONTROL_MAX];         /* unmasked payload of a control frame */
};

/* After a loss: bytes wait until a frame's start is found among them. */
struct seeking {
    struct resume *resume;
    uint64_t gap;
    uint64_t offset;            /* of the gap */
};

struct half {
    struct message_context context;
    struct under_way *under_way;        /* NULL between messages */
    struct seeking *seeking;            /* NULL while in step */
    int64_t last_frame;                 /* time at which the last frame began */
    struct frame_judge judge;
    bool broke_rule : 1;                /* the peer has to fail the connection, not to go on with it */
    bool ping_ignored : 1;              /* the peer's, when the peer sent its Close */
    bool given_up : 1;                  /* its end is not known: not WebSocket after all, or not found back */
    bool lossy : 1;                     /* bytes were lost at some time */
    bool cut : 1;                       /* ended inside a frame */
    bool unfinished : 1;                /* ended inside a message */
};

struct websocket {
    struct half halves[2];
    struct pings *pings;                /* NULL while none is outstanding */
    struct closing closing;
    struct handshake_deflate deflate;
    bool other_extension : 1;
    bool guessed : 1;
    bool broken : 1;                    /* its handshake broke a rule, and no frame of the client's came */
    bool ended : 1;                     /* a direction has */
    bool lingered : 1;                  /* none had, a second after both Closes */
};

/* What the handling of one chunk works with. */
struct pass {
    struct websocket *websocket;
    struct half *half;
    struct emitter *emitter;
    enum direction direction;
    struct tally *sent;
    uint64_t peer_saw;
    struct message_setting setting;
    struct under_way *under_way;
};

static void pass_init(struct pass *pass, struct websocket *websocket, struct emitter *emitter,
                      enum direction direction, uint64_t peer_saw, struct tally *sent)
{
    *pass = (struct pass){
        .websocket = websocket,
        .half = &websocket->halves[direction],
        .emitter = emitter,
        .direction = direction,
        .sent = sent,
        .peer_saw = peer_saw,
        .under_way = websocket->halves[direction].under_way,
        .setting = { .direction = direction,
                     .deflate = &websocket->deflate,
                     .limits = emitter->limits,
                     .memory = emitter->memory,
                     .windows = &emitter->windows,
                     .spare = &emitter->spare,
                     .scratch = emitter->scratch,
                     .context = &websocket->halves[direction].context,
                     .other_extension = websocket->other_extension,
                     .doubtful = websocket->guessed || websocket->other_extension },
    };
}

struct websocket *websocket_create(const struct handshake_deflate *deflate, bool other_extension,
                                   bool guessed, struct memory *memory)
{
    struct websocket *websocket = memory_allocate(memory, sizeof *websocket);

    if (websocket == NULL) {
        return NULL;
    }
    websocket->deflate = *deflate;
    websocket->other_extension = other_extension;
    websocket->guessed = guessed;
    if (guessed) {
        websocket->deflate = (struct handshake_deflate){ .agreed = true, .window_bits = { 15, 15 } };
    }
    for (int direction = C2S; direction <= S2C; direction++) {
        websocket->halves[direction].context.window_unknown = guessed;
        websocket->halves[direction].context.frames_lost = guessed;
    }
    return websocket;
}

void websocket_handshake_broken(struct websocket *websocket)
{
    websocket->broken = true;
}

static void seeking_release(struct half *half, struct memory *memory)
{
    if (half->seeking) {
        resume_destroy(half->seeking->resume, memory);
        memory_release(memory, half->seeking, sizeof *half->seeking);
        half->seeking = NULL;
    }
}

static void under_way_release(struct pass *pass)
{
    struct under_way *under_way = pass->half->under_way;

    if (under_way) {
        message_joiner_release(&under_way->joiner, &pass->setting);
        memory_release(pass->emitter->memory, under_way, sizeof *under_way);
        pass->half->under_way = NULL;
    }
}

void websocket_destroy(struct websocket *websocket, struct emitter *emitter)
{
    for (int direction = C2S; direction <= S2C; direction++) {
        struct pass pass;

        pass_init(&pass, websocket, emitter, (enum direction)direction, 0, NULL);
        under_way_release(&pass);
        seeking_release(pass.half, emitter->memory);
        message_context_release(&pass.half->context, &pass.setting);
    }
    pings_release(&websocket->pings, emitter->memory);
    closing_release(&websocket->closing, emitter->memory);
    memory_release(emitter->memory, websocket, sizeof *websocket);
}

/* --- Ping and Pong: sections 5.5.2 and 5.5.3 --- */

/* A Ping needs its Pong only from a peer that lived on: one that began frames a second later still. */
static bool ping_overdue(const struct websocket *websocket, enum direction side)
{
    return pings_overdue(websocket->pings, direction_reverse(side),
                         websocket->halves[side].last_frame - SECOND);
}

/* Section 5.5.2: unless it had the pinger's Close already. Known only of a side that has said all it had to
 * say: a Pong may be queued behind much else. */
static bool ping_ignored_by(const struct websocket *websocket, const struct websocket_end *end,
                            enum direction side)
{
    bool over = closing_sent(&websocket->closing, side) || end->fin;
    bool excused = closing_sent(&websocket->closing, direction_reverse(side));
    bool whole = !websocket->halves[C2S].lossy && !websocket->halves[S2C].lossy;

    return whole && over &&
           (websocket->halves[side].ping_ignored || (!excused && ping_overdue(websocket, side)));
}

/* --- a frame, from its header to its end --- */

/* Section 7.1.7: whoever sees one of these fails the connection and looks at nothing that follows. */
static void note_breach(struct half *half, uint64_t breaches)
{
    half->broke_rule |= breaches != 0;
}

static void emit_message(struct pass *pass, const struct message *message)
{
    static const uint64_t breaches =
        UINT64_C(1) << MESSAGE_NOT_UTF8 | UINT64_C(1) << MESSAGE_DEFLATE_CORRUPT;
    struct event event;

    event.kind = EVENT_MESSAGE;
    event.direction = pass->direction;
    event.faults = message->faults;
    event.message.message = message;
    note_breach(pass->half, message->faults & breaches);
    if (message->complete && message->opcode != FRAME_CONTINUATION) {
        pass->sent->messages++;
    }
    emit(pass->emitter, &event);
}

static void interrupt_message(struct pass *pass)
{
    struct message message;

    if (message_interrupt(&pass->under_way->joiner, &pass->setting, &message)) {
        emit_message(pass, &message);
    }
}

static struct frame_terms terms_of(const struct websocket *websocket)
{
    return (struct frame_terms){ .deflate = websocket->deflate.agreed,
                                 .other_extension = websocket->other_extension,
                                 .guessed = websocket->guessed };
}

static bool begin_frame(struct pass *pass)
{
    struct under_way *under_way = pass->under_way;
    const struct frame *frame = &under_way->reader.frame;
    struct frame_terms terms = terms_of(pass->websocket);

    pass->websocket->broken &= pass->direction == S2C;
    pass->half->last_frame = pass->emitter->time;
    under_way->control_length = 0;
    under_way->faults = frame_judge_header(&pass->half->judge, frame, pass->direction, &terms,
                                           closing_sent(&pass->websocket->closing, pass->direction));
    if (!frame_judge_believes(&pass->half->judge, under_way->faults, &terms)) {
        return false;
    }
    if (!frame_is_control(frame->opcode)) {
        if (frame->opcode == FRAME_TEXT || frame->opcode == FRAME_BINARY) {
            interrupt_message(pass);
        }
        under_way->faults |= message_frame_begin(&under_way->joiner, &pass->setting, frame);
    }
    under_way->faults &= ~frame_judge_excused(&terms);
    note_breach(pass->half, frame_judge_breaches(under_way->faults));
    return true;
}

static void frame_data(struct pass *pass, struct bytes slice)
{
    struct under_way *under_way = pass->under_way;
    const struct frame *frame = &under_way->reader.frame;
    uint64_t position = under_way->reader.position - slice.length;

    if (!frame_is_control(frame->opcode)) {
        message_frame_data(&under_way->joiner, &pass->setting, frame, slice, position);
        return;
    }
    if (position != under_way->control_length) {
        return;                         /* behind a hole, or more than a control frame may have */
    }
    slice = bytes_first(slice, (size_t)(FRAME_CONTROL_MAX - under_way->control_length));
    frame_unmask(under_way->control + under_way->control_length, slice.data, slice.length, frame->mask,
                 position);
    under_way->control_length = (uint8_t)(under_way->control_length + slice.length);
}

/* At a side's first Close, what the peer owes for earlier Pings is settled: later it need not answer. */
static void close_frame(struct pass *pass, struct event *event)
{
    struct websocket *websocket = pass->websocket;
    struct closing *closing = &websocket->closing;
    enum direction peer = direction_reverse(pass->direction);
    bool excused = closing->begun && websocket->halves[closing->first].broke_rule;

    if (!closing_sent(closing, pass->direction)) {
        websocket->halves[peer].ping_ignored = ping_overdue(websocket, peer);
    }
    uint64_t faults = closing_frame(closing, pass->direction, &event->frame, pass->peer_saw, excused,
                                    pass->emitter->memory);

    event->faults |= faults;
    note_breach(pass->half, frame_judge_breaches(faults));
}

/* Whether a Ping of the peer cannot have passed unseen: its side was captured, whole and from the start. */
static bool sees_all_pings(const struct pass *pass)
{
    const struct websocket *websocket = pass->websocket;
    const struct connection *connection = pass->emitter->connection;
    enum direction pinger = direction_reverse(pass->direction);

    return !websocket->guessed && !websocket->halves[C2S].lossy && !websocket->halves[S2C].lossy &&
           connection->sent[pinger].bytes > 0 && !pings_forgotten(websocket->pings, pinger);
}

static void pong_frame(struct pass *pass, struct event *event)
{
    struct emitter *emitter = pass->emitter;

    event->frame.round_trip = pings_answered(&pass->websocket->pings, direction_reverse(pass->direction),
                                             event->frame.payload, emitter->time, emitter->memory);
    if (event->frame.round_trip >= 0) {
        pass->half->ping_ignored = false;
    } else if (sees_all_pings(pass)) {
        event->faults |= UINT64_C(1) << FRAME_PONG_UNSOLICITED;
    }
}

static void control_frame(struct pass *pass, struct event *event)
{
    const struct under_way *under_way = pass->under_way;
    struct websocket *websocket = pass->websocket;
    struct emitter *emitter = pass->emitter;

    event->frame.payload = bytes_of(under_way->control, under_way->control_length);
    switch (event->frame.frame->opcode) {
    case FRAME_CLOSE:
        close_frame(pass, event);
        break;
    case FRAME_PING:
        pings_sent(&websocket->pings, pass->direction, event->frame.payload, emitter->time, emitter->memory);
        break;
    case FRAME_PONG:
        pong_frame(pass, event);
        break;
    default:
        break;
    }
}

static void end_frame(struct pass *pass)
{
    struct under_way *under_way = pass->under_way;
    const struct frame *frame = &under_way->reader.frame;
    struct message message;
    bool whole = false;
    struct event event;

    event.kind = EVENT_FRAME;
    event.direction = pass->direction;
    event.faults = under_way->faults;
    event.frame = (struct event_frame){ .frame = frame, .arrived = frame->length, .round_trip = -1 };
    pass->sent->frames++;
    pass->sent->payload += frame->length - frame->lost;
    if (frame_is_control(frame->opcode)) {
        control_frame(pass, &event);
    } else {
        event.frame.message = under_way->joiner.reserved ? 0 : pass->half->context.number;
        event.frame.compressed = under_way->joiner.compressed && !under_way->joiner.reserved;
        event.frame.payload = message_frame_payload(&under_way->joiner);
        whole = message_frame_end(&under_way->joiner, &pass->setting, frame, &message);
    }
    emit(pass->emitter, &event);
    if (whole) {
        emit_message(pass, &message);
    }
}

/* --- a direction in step --- */

static void give_up(struct pass *pass, enum notice_fault why, uint64_t offset)
{
    pass->half->given_up = true;
    emit_notice(pass->emitter, pass->direction, why, offset, 0);
}

/* What the chunk leaves unfinished is kept; what a former one left and this one finished goes. */
static void settle_under_way(struct pass *pass, struct under_way *local)
{
    struct under_way *under_way = pass->under_way;
    bool needed = !pass->half->given_up &&
                  (frame_under_way(&under_way->reader) || message_under_way(&under_way->joiner));

    if (!needed) {
        message_joiner_release(&under_way->joiner, &pass->setting);
        under_way_release(pass);
        return;
    }
    message_keep(&under_way->joiner, &pass->setting);
    if (under_way != local) {
        return;
    }
    pass->half->under_way = memory_allocate(pass->emitter->memory, sizeof *local);
    if (pass->half->under_way) {
        *pass->half->under_way = *local;
    } else {
        message_joiner_release(&local->joiner, &pass->setting);
        give_up(pass, NOTICE_MEMORY_LIMIT, local->reader.offset);
    }
}

/* Takes steps until the input is used up; false when this is not WebSocket after all. */
static bool run_frames(struct pass *pass, struct bytes input)
{
    struct frame_reader *reader = &pass->under_way->reader;
    struct bytes slice;

    while (input.length > 0 || reader->in_payload) {
        switch (frame_step(reader, &input, &slice)) {
        case FRAME_MORE:
            return true;
        case FRAME_BEGIN:
            if (!begin_frame(pass)) {
                return false;
            }
            break;
        case FRAME_DATA:
            frame_data(pass, slice);
            break;
        case FRAME_END:
            end_frame(pass);
            break;
        }
    }
    return true;
}

static void in_step(struct pass *pass, struct bytes input, uint64_t offset)
{
    struct under_way local;

    pass->under_way = pass->half->under_way;
    if (pass->under_way == NULL) {
        pass->under_way = &local;
        frame_reader_init(&local.reader, offset);
        message_joiner_init(&local.joiner);
        local.faults = 0;
        local.control_length = 0;
    }
    if (!run_frames(pass, input)) {
        bool guess = pass->websocket->guessed || pass->half->lossy;

        give_up(pass, guess ? NOTICE_GUESS_WRONG : NOTICE_NOT_WEBSOCKET,
                pass->under_way->reader.frame.offset);
    }
    settle_under_way(pass, &local);
}

/* --- a direction out of step --- */

static void seek(struct pass *pass, uint64_t gap, uint64_t gap_offset, uint64_t offset)
{
    struct memory *memory = pass->emitter->memory;
    struct seeking *seeking = memory_allocate(memory, sizeof *seeking);

    if (seeking) {
        seeking->gap = gap;
        seeking->offset = gap_offset;
        seeking->resume = resume_create(offset, memory);
    }
    if (seeking == NULL || seeking->resume == NULL) {
        memory_release(memory, seeking, sizeof *seeking);
        emit_gap(pass->emitter, pass->direction, gap_offset, gap, 0, GAP_NO);
        give_up(pass, NOTICE_MEMORY_LIMIT, offset);
        return;
    }
    pass->half->seeking = seeking;
}

/* Decoding goes on at that place among the bytes that waited. */
static void found(struct pass *pass, size_t at)
{
    struct seeking seeking = *pass->half->seeking;
    struct bytes bytes = bytes_after(resume_bytes(seeking.resume), at);
    uint64_t offset = resume_offset(seeking.resume) + at;

    memory_release(pass->emitter->memory, pass->half->seeking, sizeof *pass->half->seeking);
    pass->half->seeking = NULL;
    if (seeking.gap > 0) {
        emit_gap(pass->emitter, pass->direction, seeking.offset, seeking.gap,
                 offset - seeking.offset - seeking.gap, GAP_GUESS);
    }
    in_step(pass, bytes, offset);
    resume_destroy(seeking.resume, pass->emitter->memory);
}

/* A new gap, or the end, while still out of step: what waited is lost, unless it proves itself now. */
static bool stop_seeking(struct pass *pass)
{
    struct seeking *seeking = pass->half->seeking;
    struct resume_verdict verdict = resume_judge(
        seeking->resume, pass->direction == C2S ? RESUME_MASKED : RESUME_UNMASKED, true);

    if (verdict.bits >= RESUME_PROOF_END) {
        found(pass, verdict.at);
        return true;
    }
    if (seeking->gap > 0) {
        emit_gap(pass->emitter, pass->direction, seeking->offset, seeking->gap,
                 resume_passed(seeking->resume) + resume_bytes(seeking->resume).length, GAP_NO);
    }
    seeking_release(pass->half, pass->emitter->memory);
    return false;
}

static void out_of_step(struct pass *pass, const struct chunk *chunk)
{
    struct resume *resume = pass->half->seeking->resume;

    resume_add(resume, chunk->bytes, chunk->segment_start, pass->emitter->memory);
    struct resume_verdict verdict =
        resume_judge(resume, pass->direction == C2S ? RESUME_MASKED : RESUME_UNMASKED, false);

    if (verdict.bits >= RESUME_PROOF) {
        found(pass, verdict.at);
    }
}

/* Bytes lost inside a payload of known length are counted off; a header among them means to seek. */
static void skip_gap(struct pass *pass, const struct chunk *chunk)
{
    struct under_way *under_way = pass->half->under_way;
    uint64_t left = chunk->gap;
    bool was_under_way = false;

    pass->half->lossy = true;
    if (under_way && under_way->reader.in_payload) {
        pass->under_way = under_way;
        was_under_way = true;
        left = frame_skip(&under_way->reader, chunk->gap);
        if (!frame_is_control(under_way->reader.frame.opcode)) {
            message_frame_lost(&under_way->joiner, &pass->setting, chunk->gap - left);
        }
        run_frames(pass, bytes_of(NULL, 0));
    }
    if (left == 0) {
        emit_gap(pass->emitter, pass->direction, chunk->offset, chunk->gap, 0, GAP_EXACT);
        settle_under_way(pass, NULL);
        return;
    }
    if (under_way) {
        pass->under_way = under_way;
        if (!was_under_way || message_under_way(&under_way->joiner)) {
            message_resync(&under_way->joiner, &pass->setting);
            interrupt_message(pass);
        }
        under_way_release(pass);
    }
    message_context_resync(&pass->half->context);
    seek(pass, chunk->gap, chunk->offset, chunk->offset + chunk->gap);
}

void websocket_chunk(struct websocket *websocket, struct emitter *emitter, enum direction direction,
                     const struct chunk *chunk, uint64_t peer_saw, struct tally *sent)
{
    struct pass pass;

    pass_init(&pass, websocket, emitter, direction, peer_saw, sent);
    if (pass.half->given_up) {
        if (chunk->gap > 0) {
            emit_gap(emitter, direction, chunk->offset, chunk->gap, 0, GAP_NO);
        }
    } else if (chunk->gap > 0) {
        if (pass.half->seeking) {
            stop_seeking(&pass);
        }
        if (!pass.half->seeking && !pass.half->given_up) {
            skip_gap(&pass, chunk);
        }
    } else if (pass.half->seeking) {
        out_of_step(&pass, chunk);
    } else {
        in_step(&pass, chunk->bytes, chunk->offset);
    }
}

void websocket_lost(struct websocket *websocket, struct emitter *emitter, enum direction direction,
                    uint64_t offset, uint64_t gap)
{
    struct pass pass;

    pass_init(&pass, websocket, emitter, direction, 0, NULL);
    pass.half->lossy = true;
    message_context_resync(&pass.half->context);
    seek(&pass, gap, offset - gap, offset);
}

static void emit_cut(struct pass *pass)
{
    const struct under_way *under_way = pass->under_way;
    struct event event = { .kind = EVENT_CUT,
                           .direction = pass->direction,
                           .faults = under_way->faults,
                           .frame = { .frame = &under_way->reader.frame,
                                      .arrived = under_way->reader.position,
                                      .round_trip = -1 } };

    if (under_way->reader.in_payload) {
        emit(pass->emitter, &event);
    }
}

/* Section 7.1.1: when both have said Close, TCP is closed at once. */
static bool lingers(const struct websocket *websocket, int64_t now)
{
    const struct half *halves = websocket->halves;
    int64_t last = halves[C2S].last_frame > halves[S2C].last_frame ? halves[C2S].last_frame
                                                                   : halves[S2C].last_frame;

    return closing_answered(&websocket->closing) && now - last > SECOND;
}

void websocket_end(struct websocket *websocket, struct emitter *emitter, enum direction direction,
                   struct tally *sent)
{
    struct pass pass;

    pass_init(&pass, websocket, emitter, direction, 0, sent);
    websocket->lingered |= !websocket->ended && lingers(websocket, emitter->time);
    websocket->ended = true;
    if (pass.half->seeking && !stop_seeking(&pass)) {
        pass.half->given_up = true;
    }
    if (pass.half->under_way) {
        pass.under_way = pass.half->under_way;
        pass.half->cut = frame_under_way(&pass.under_way->reader);
        pass.half->unfinished = message_under_way(&pass.under_way->joiner);
        emit_cut(&pass);
        interrupt_message(&pass);
        under_way_release(&pass);
    }
}

/* --- the connection's end --- */

static uint64_t close_fault_if(bool condition, enum close_fault client, enum close_fault server,
                               enum direction side)
{
    return condition ? UINT64_C(1) << (side == C2S ? client : server) : 0;
}

/* Who hung up before the peer's Close had come owes no answer to it, nor who had to fail the connection for
 * what came before it, which may have been lost. */
static uint64_t side_faults(const struct websocket *websocket, const struct websocket_end *end,
                            enum direction side)
{
    const struct half *half = &websocket->halves[side], *peer = &websocket->halves[direction_reverse(side)];
    const struct closing *closing = &websocket->closing;
    bool judged = end->fin && !half->lossy && !half->given_up;
    bool closed = closing_sent(closing, side);
    bool asked = closing_sent(closing, direction_reverse(side)) && end->peer_saw >= closing->first_end &&
                 !peer->broke_rule && !peer->lossy;
    bool refused = websocket->broken && side == C2S;

    return close_fault_if(judged && !end->followed && !closed && !asked && !refused,
                          CLOSE_WITHOUT_CLOSE_FRAME_CLIENT, CLOSE_WITHOUT_CLOSE_FRAME_SERVER, side) |
           close_fault_if(judged && !closed && asked,
                          CLOSE_UNANSWERED_BY_CLIENT, CLOSE_UNANSWERED_BY_SERVER, side) |
           close_fault_if(judged && half->cut, CLOSE_FRAME_CUT_CLIENT, CLOSE_FRAME_CUT_SERVER, side) |
           close_fault_if(judged && half->unfinished && !half->cut,
                          CLOSE_MESSAGE_UNFINISHED_CLIENT, CLOSE_MESSAGE_UNFINISHED_SERVER, side) |
           close_fault_if(ping_ignored_by(websocket, end, side),
                          CLOSE_PING_UNANSWERED_BY_CLIENT, CLOSE_PING_UNANSWERED_BY_SERVER, side);
}

/* The server is to close TCP first, and soon: a client that had to wait for it may do so itself. */
static uint64_t tcp_faults(const struct websocket *websocket, const struct websocket_end *server)
{
    if (websocket->lingered) {
        return server->fin ? UINT64_C(1) << CLOSE_TCP_LATE_BY_SERVER : 0;
    }
    return server->followed ? UINT64_C(1) << CLOSE_TCP_BY_CLIENT_FIRST : 0;
}

void websocket_summary(const struct websocket *websocket, const struct websocket_end ends[2],
                       struct event_close *close, uint64_t *faults)
{
    const struct half *halves = websocket->halves;
    const enum close_how tcp = close->how;

    closing_describe(&websocket->closing, close);
    if (closing_answered(&websocket->closing)) {
        *faults |= tcp_faults(websocket, &ends[S2C]);
    }
    for (int side = C2S; side <= S2C; side++) {
        bool all_seen = ends[!side].seen && !halves[!side].given_up;

        close->api_code[side] = closing_code(&websocket->closing, (enum direction)side, all_seen, tcp);
        close->cut[side] = halves[side].cut;
        *faults |= side_faults(websocket, &ends[side], (enum direction)side);
    }
}
