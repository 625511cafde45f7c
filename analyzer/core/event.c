/* SPDX-License-Identifier: MIT */
#include "event.h"

const char *event_kind_name(enum event_kind kind)
{
    static const char *const names[EVENT_KINDS] = {
        [EVENT_CONNECTION] = "connection", [EVENT_HTTP] = "http",       [EVENT_HANDSHAKE] = "handshake",
        [EVENT_FRAME] = "frame",           [EVENT_MESSAGE] = "message", [EVENT_CLOSE] = "close",
        [EVENT_GAP] = "gap",               [EVENT_NOTICE] = "notice",   [EVENT_CUT] = "cut",
        [EVENT_SEGMENT] = "segment",
    };

    return names[kind];
}

const char *event_direction_name(enum direction direction)
{
    return direction == C2S ? "c2s" : "s2c";
}

const char *event_close_name(enum close_how how)
{
    static const char *const names[] = {
        [CLOSE_HANDSHAKE] = "close-handshake",
        [CLOSE_FIN] = "fin",
        [CLOSE_RST] = "rst",
        [CLOSE_IDLE] = "idle",
        [CLOSE_END_OF_CAPTURE] = "end-of-capture",
    };

    return names[how];
}

const char *event_resumed_name(enum gap_resumed resumed)
{
    static const char *const names[] = {
        [GAP_EXACT] = "exact",
        [GAP_GUESS] = "guess",
        [GAP_NO] = "no",
    };

    return names[resumed];
}

const char *event_verdict_name(enum handshake_verdict verdict)
{
    static const char *const names[] = {
        [HANDSHAKE_ACCEPTED] = "accepted",
        [HANDSHAKE_REFUSED] = "refused",
        [HANDSHAKE_BROKEN] = "broken",
        [HANDSHAKE_UNANSWERED] = "unanswered",
    };

    return names[verdict];
}

const char *event_protocol_name(enum protocol protocol)
{
    static const char *const names[PROTOCOL_KINDS] = {
        [PROTOCOL_UNKNOWN] = "unknown", [PROTOCOL_HTTP] = "http",     [PROTOCOL_WEBSOCKET] = "websocket",
        [PROTOCOL_TLS] = "tls",         [PROTOCOL_HTTP2] = "http/2", [PROTOCOL_OTHER] = "other",
    };

    return names[protocol];
}
