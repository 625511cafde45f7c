/* SPDX-License-Identifier: MIT */
#include "parser.h"

#include "core/frame.h"
#include "payload.h"

static bool take_mask(struct parser *parser, struct item_frame *frame)
{
    struct payload_words words = { .word = parser->words.word + parser->at,
                                   .left = parser->words.count - parser->at };
    struct bytes key = { 0 };

    if (parser_accept(parser, "none") || parser_accept(parser, "drawn")) {
        bool none = parser_same_text(parser->words.word[parser->at - 1].text, "none");

        frame->mask = none ? MASK_NONE : MASK_DRAWN;
        return true;
    }
    if (!payload_begins(&words)) {
        return parser_expected(parser, "none, drawn or a key such as hex 37fa213d");
    }
    if (!parser_take_payload(parser, &key)) {
        return false;
    }
    if (key.length != sizeof frame->key) {
        return parser_fail(parser, "a masking key has four bytes");
    }
    memcpy(frame->key, key.data, sizeof frame->key);
    frame->mask = MASK_GIVEN;
    return true;
}

static bool take_length_form(struct parser *parser, struct item_frame *frame)
{
    uint32_t bits;

    if (!parser_take_u32(parser, "7, 16 or 64 (bits of the length)", 7, 64, &bits)) {
        return false;
    }
    frame->length_bits = (uint8_t)bits;
    return bits == 7 || bits == 16 || bits == 64 || parser_fail(parser, "a length has 7, 16 or 64 bits");
}

static bool take_announced(struct parser *parser, struct item_frame *frame)
{
    frame->announced_given = true;
    return parser_take_number(parser, "the length to announce", 0, UINT64_MAX, &frame->announced);
}

static bool take_compress(struct parser *parser, struct item_frame *frame)
{
    frame->compress = COMPRESS_NORMAL;
    if (parser_accept(parser, "stored")) {
        frame->compress = COMPRESS_STORED;
    } else if (parser_accept(parser, "final")) {
        frame->compress = COMPRESS_FINAL;
    }
    return true;
}

static bool take_rsv(struct parser *parser, struct item_frame *frame)
{
    uint32_t bits;
    bool taken = parser_take_u32(parser, "three bits as a number from 0 to 7", 0, 7, &bits);

    frame->rsv = (uint8_t)bits;
    frame->rsv_given = true;
    return taken;
}

static bool take_fragments(struct parser *parser, struct item_frame *frame)
{
    return parser_take_sizes(parser, 0, &frame->fragments);
}

static bool take_only(struct parser *parser, struct item_frame *frame)
{
    uint32_t only;
    bool taken = parser_take_u32(parser, "how many of its bytes are sent", 0, UINT32_MAX, &only);

    frame->only = only;
    return taken;
}

static bool take_times(struct parser *parser, struct item_frame *frame)
{
    return parser_take_u32(parser, "how often", 1, 100000, &frame->times);
}

static bool take_unfinished(struct parser *parser, struct item_frame *frame)
{
    (void)parser;
    frame->fin = false;
    return true;
}

static const struct {
    const char *name;
    bool (*take)(struct parser *parser, struct item_frame *frame);
} frame_options[] = {
    { "nofin", take_unfinished }, { "rsv", take_rsv },           { "mask", take_mask },
    { "bits", take_length_form }, { "announce", take_announced }, { "deflate", take_compress },
    { "fragments", take_fragments }, { "only", take_only },      { "times", take_times },
};
#define FRAME_OPTIONS (sizeof frame_options / sizeof frame_options[0])

static bool read_frame_options(struct parser *parser, struct item_frame *frame)
{
    while (parser_peek(parser) != NULL) {
        size_t i = 0;

        while (i < FRAME_OPTIONS && !parser_accept(parser, frame_options[i].name)) {
            i++;
        }
        if (i == FRAME_OPTIONS) {
            return parser_expected(parser, "payload, or one of nofin, rsv, mask, bits, announce, deflate, "
                                         "fragments, only, times");
        }
        if (!frame_options[i].take(parser, frame)) {
            return false;
        }
    }
    return true;
}

static bool read_frame(struct parser *parser, struct item *item, uint8_t opcode)
{
    item->kind = ITEM_FRAME;
    item->frame.opcode = opcode;
    item->frame.fin = true;
    item->frame.only = SIZE_MAX;
    item->frame.times = 1;
    if (!parser_take_payload(parser, &item->frame.payload) || !read_frame_options(parser, &item->frame)) {
        return false;
    }
    return item->frame.payload.length <= parser->conversation->arena.limit / item->frame.times ||
           parser_fail(parser, "that payload that often is more than a script's memory");
}

static bool read_text(struct parser *parser, struct item *item)
{
    return read_frame(parser, item, FRAME_TEXT);
}

static bool read_binary(struct parser *parser, struct item *item)
{
    return read_frame(parser, item, FRAME_BINARY);
}

static bool read_continuation(struct parser *parser, struct item *item)
{
    return read_frame(parser, item, FRAME_CONTINUATION);
}

static bool read_ping(struct parser *parser, struct item *item)
{
    return read_frame(parser, item, FRAME_PING);
}

static bool read_pong(struct parser *parser, struct item *item)
{
    return read_frame(parser, item, FRAME_PONG);
}

static bool read_any_frame(struct parser *parser, struct item *item)
{
    uint32_t opcode;

    return parser_take_u32(parser, "an opcode", 0, 15, &opcode) && read_frame(parser, item, (uint8_t)opcode);
}

/* close [CODE] [reason]: the code stands before the rest of the body. */
static bool read_close(struct parser *parser, struct item *item)
{
    bool coded = parser_at_number(parser);
    uint32_t code = 0;

    if (coded && !parser_take_u32(parser, "a close code", 0, UINT16_MAX, &code)) {
        return false;
    }
    if (!read_frame(parser, item, FRAME_CLOSE)) {
        return false;
    }
    if (!coded) {
        return true;
    }
    uint8_t *body = parser_allocate(parser, 2 + item->frame.payload.length);

    if (body == NULL) {
        return false;
    }
    body[0] = (uint8_t)(code >> 8);
    body[1] = (uint8_t)code;
    if (item->frame.payload.length > 0) {
        memcpy(body + 2, item->frame.payload.data, item->frame.payload.length);
    }
    item->frame.payload = bytes_of(body, 2 + item->frame.payload.length);
    return true;
}

/* compress window BITS | compress takeover | compress no-takeover, or several of them */
static bool read_compress(struct parser *parser, struct item *item)
{
    uint32_t bits = 15;

    item->kind = ITEM_COMPRESS;
    item->compress.takeover = true;
    while (parser_peek(parser) != NULL) {
        if (parser_accept(parser, "window")) {
            if (!parser_take_u32(parser, "window bits", 8, 15, &bits)) {
                return false;
            }
        } else if (parser_accept(parser, "no-takeover")) {
            item->compress.takeover = false;
        } else {
            return parser_expected(parser, "window BITS or no-takeover");
        }
    }
    item->compress.window_bits = (uint8_t)bits;
    return true;
}

static const struct verb verbs[] = {
    { "text", read_text, 0 },
    { "binary", read_binary, 0 },
    { "continue", read_continuation, 0 },
    { "ping", read_ping, 0 },
    { "pong", read_pong, 0 },
    { "close", read_close, 0 },
    { "frame", read_any_frame, 0 },
    { "compress", read_compress, 0 },
};

const struct verb *script_frame_verb(struct parser *parser)
{
    return parser_accept_verb(parser, verbs, sizeof verbs / sizeof verbs[0]);
}
