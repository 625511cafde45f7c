/* SPDX-License-Identifier: MIT */
#include "place.h"

enum part {                     /* of a frame: what a rule speaks of */
    PART_FIRST,                 /* FIN, RSV, opcode */
    PART_SECOND,                /* mask bit, 7-bit length */
    PART_LENGTH,                /* the second byte and the longer length behind it */
    PART_MASK,
    PART_CODE,                  /* the first two bytes of a Close's payload */
    PART_REASON,                /* of a Close: the payload behind its code */
};

static const enum part frame_parts[FRAME_FAULTS] = {
    [FRAME_RSV_UNAGREED] = PART_FIRST,
    [FRAME_RSV1_ON_CONTROL] = PART_FIRST,
    [FRAME_RSV1_ON_CONTINUATION] = PART_FIRST,
    [FRAME_OPCODE_RESERVED] = PART_FIRST,
    [FRAME_NOT_MASKED] = PART_SECOND,
    [FRAME_MASKED] = PART_SECOND,
    [FRAME_LENGTH_NOT_MINIMAL] = PART_LENGTH,
    [FRAME_LENGTH_TOP_BIT] = PART_LENGTH,
    [FRAME_CONTROL_TOO_LONG] = PART_LENGTH,
    [FRAME_CONTROL_FRAGMENTED] = PART_FIRST,
    [FRAME_CONTINUATION_ORPHAN] = PART_FIRST,
    [FRAME_MESSAGE_INTERRUPTED] = PART_FIRST,
    [FRAME_CLOSE_ONE_BYTE] = PART_SECOND,
    [FRAME_CLOSE_CODE_NEVER_SENT] = PART_CODE,
    [FRAME_CLOSE_CODE_UNDEFINED] = PART_CODE,
    [FRAME_CLOSE_CODE_WRONG_SIDE] = PART_CODE,
    [FRAME_CLOSE_REASON_NOT_UTF8] = PART_REASON,
    [FRAME_CLOSE_ANSWER_DIFFERS] = PART_CODE,
    [FRAME_DATA_AFTER_CLOSE] = PART_FIRST,
    [FRAME_CONTROL_AFTER_CLOSE] = PART_FIRST,
    [FRAME_MASK_ZERO] = PART_MASK,
    [FRAME_MASK_REPEATED] = PART_MASK,
    [FRAME_PONG_UNSOLICITED] = PART_FIRST,
};

struct span place_in_frame(const struct frame *frame, enum frame_fault fault)
{
    size_t mask_at = frame->header_length - (frame->masked ? sizeof frame->mask : 0);

    switch (frame_parts[fault]) {
    case PART_FIRST:
        return (struct span){ 0, 1 };
    case PART_SECOND:
        return (struct span){ 1, 2 };
    case PART_LENGTH:
        return (struct span){ 1, mask_at };
    case PART_MASK:
        return (struct span){ mask_at, frame->header_length };
    case PART_CODE:
        return (struct span){ frame->header_length, frame->header_length + 2U };
    case PART_REASON:
        break;
    }
    return (struct span){ frame->header_length + 2U, SIZE_MAX };
}

static const char *const http_fields[HTTP_FAULTS] = {
    [HTTP_HOST_MISSING] = "Host",
    [HTTP_HOST_REPEATED] = "Host",
    [HTTP_LENGTH_INVALID] = "Content-Length",
    [HTTP_LENGTH_AND_CODING] = "Transfer-Encoding",
    [HTTP_LENGTH_FORBIDDEN] = "Content-Length",
    [HTTP_CODING_FORBIDDEN] = "Transfer-Encoding",
    [HTTP_CODING_NOT_FINAL] = "Transfer-Encoding",
    [HTTP_UPGRADE_NOT_IN_CONNECTION] = "Connection",
    [HTTP_UPGRADE_NOT_NAMED] = "Upgrade",
};

static const char *const handshake_fields[HANDSHAKE_FAULTS] = {
    [HANDSHAKE_UPGRADE_MISSING] = "Upgrade",
    [HANDSHAKE_CONNECTION_MISSING] = "Connection",
    [HANDSHAKE_KEY_MISSING] = "Sec-WebSocket-Key",
    [HANDSHAKE_KEY_REPEATED] = "Sec-WebSocket-Key",
    [HANDSHAKE_KEY_INVALID] = "Sec-WebSocket-Key",
    [HANDSHAKE_VERSION_MISSING] = "Sec-WebSocket-Version",
    [HANDSHAKE_VERSION_REPEATED] = "Sec-WebSocket-Version",
    [HANDSHAKE_VERSION_OTHER] = "Sec-WebSocket-Version",
    [HANDSHAKE_OFFERED_PROTOCOL_INVALID] = "Sec-WebSocket-Protocol",
    [HANDSHAKE_OFFERED_PROTOCOL_TWICE] = "Sec-WebSocket-Protocol",
    [HANDSHAKE_OFFERED_EXTENSION_SYNTAX] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_OFFERED_DEFLATE_INVALID] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_ACCEPT_MISSING] = "Sec-WebSocket-Accept",
    [HANDSHAKE_ACCEPT_REPEATED] = "Sec-WebSocket-Accept",
    [HANDSHAKE_ACCEPT_WRONG] = "Sec-WebSocket-Accept",
    [HANDSHAKE_ANSWER_UPGRADE] = "Upgrade",
    [HANDSHAKE_ANSWER_CONNECTION] = "Connection",
    [HANDSHAKE_PROTOCOL_UNOFFERED] = "Sec-WebSocket-Protocol",
    [HANDSHAKE_PROTOCOL_SEVERAL] = "Sec-WebSocket-Protocol",
    [HANDSHAKE_EXTENSION_UNOFFERED] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_EXTENSION_SYNTAX] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_EXTENSION_TWICE] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_EXTENSIONS_REPEATED] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_DEFLATE_INVALID] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_DEFLATE_CLIENT_WINDOW] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_DEFLATE_SERVER_WINDOW] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_DEFLATE_TAKEOVER] = "Sec-WebSocket-Extensions",
    [HANDSHAKE_VERSIONS_NOT_NAMED] = "Sec-WebSocket-Version",
    [HANDSHAKE_EXTENSION_UNKNOWN] = "Sec-WebSocket-Extensions",
};

const char *place_http_field(enum http_fault fault)
{
    return http_fields[fault];
}

const char *place_handshake_field(enum handshake_fault fault)
{
    return handshake_fields[fault];
}
