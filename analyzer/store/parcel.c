/* SPDX-License-Identifier: MIT */
#include "parcel.h"

/* --- packing --------------------------------------------------------------------------------------- */

static void add_piece(struct parcel *parcel, struct bytes piece)
{
    parcel->pieces[parcel->piece_count++] = piece;
}

static struct kept_head keep_head(struct parcel *parcel, const struct http_head *head)
{
    if (head == NULL) {
        return (struct kept_head){ .length = 0 };
    }
    add_piece(parcel, head->raw);
    return (struct kept_head){
        .length = (uint32_t)head->raw.length,
        .is_request = head->is_request,
        .complete = head->complete,
        .framing = head->framing,
        .content_length = head->content_length,
        .body_length = head->body_length,
        .faults = head->faults,
    };
}

static void pack_handshake(struct parcel *parcel, const struct handshake *handshake)
{
    parcel->fixed.handshake = (struct kept_handshake){
        .verdict = handshake->verdict,
        .other_extension = handshake->other_extension,
        .faults = handshake->faults,
    };
    parcel->fixed.handshake.request = keep_head(parcel, handshake->request);
    parcel->fixed.handshake.response = keep_head(parcel, handshake->response);
    parcel->fixed_bytes.length = sizeof parcel->fixed.handshake;
}

static void pack_frame(struct parcel *parcel, const struct event_frame *frame)
{
    parcel->fixed.frame = (struct kept_frame){
        .frame = *frame->frame,
        .message = frame->message,
        .arrived = frame->arrived,
        .round_trip = frame->round_trip,
        .close_code = frame->close_code,
        .compressed = frame->compressed,
    };
    parcel->fixed_bytes.length = sizeof parcel->fixed.frame;
    add_piece(parcel, frame->payload);
}

static void pack_close(struct parcel *parcel, const struct event_close *close)
{
    parcel->fixed.close = (struct kept_close){
        .close = *close,
        .reason_length = (uint32_t)close->reason.length,
        .name_length = (uint32_t)close->server_name.length,
    };
    parcel->fixed_bytes.length = sizeof parcel->fixed.close;
    add_piece(parcel, close->reason);
    add_piece(parcel, close->server_name);
}

static void pack_segment(struct parcel *parcel, const struct event_segment *segment)
{
    parcel->segment = *segment->segment;
    parcel->fixed.segment = *segment;
    parcel->fixed_bytes.length = sizeof parcel->fixed.segment;
    add_piece(parcel, bytes_of(&parcel->segment, sizeof parcel->segment));
}

void parcel_pack(struct parcel *parcel, const struct event *event)
{
    parcel->fixed_bytes = bytes_of(&parcel->fixed, 0);
    parcel->piece_count = 0;
    switch (event->kind) {
    case EVENT_HTTP:
        parcel->fixed.head = keep_head(parcel, event->http.head);
        parcel->fixed_bytes.length = sizeof parcel->fixed.head;
        break;
    case EVENT_HANDSHAKE:
        pack_handshake(parcel, event->handshake);
        break;
    case EVENT_FRAME:
    case EVENT_CUT:
        pack_frame(parcel, &event->frame);
        break;
    case EVENT_MESSAGE:
        parcel->fixed.message = *event->message.message;
        parcel->fixed_bytes.length = sizeof parcel->fixed.message;
        add_piece(parcel, event->message.message->payload);
        break;
    case EVENT_CLOSE:
        pack_close(parcel, &event->close);
        break;
    case EVENT_GAP:
        parcel->fixed.gap = event->gap;
        parcel->fixed_bytes.length = sizeof parcel->fixed.gap;
        break;
    case EVENT_NOTICE:
        parcel->fixed.notice = event->notice;
        parcel->fixed_bytes.length = sizeof parcel->fixed.notice;
        break;
    case EVENT_SEGMENT:
        pack_segment(parcel, &event->segment);
        break;
    default:
        break;
    }
}

/* --- unpacking ------------------------------------------------------------------------------------- */

/* The head, read again from the front of *payload. NULL where none was kept. */
static const struct http_head *take_head(const struct kept_head *kept, struct bytes *payload,
                                         struct http_head *head)
{
    struct bytes raw = bytes_first(*payload, kept->length);

    *payload = bytes_after(*payload, kept->length);
    if (kept->length == 0 || http_parse_head(raw, kept->is_request, head) != HTTP_HEAD) {
        return NULL;
    }
    head->framing = kept->framing;
    head->content_length = kept->content_length;
    head->body_length = kept->body_length;
    head->complete = kept->complete;
    head->faults = kept->faults;
    return head;
}

static bool take_http(const void *fixed, struct bytes payload, struct store_event *out)
{
    struct kept_head kept;

    memcpy(&kept, fixed, sizeof kept);
    out->event.http.head = take_head(&kept, &payload, kept.is_request ? &out->request : &out->response);
    return out->event.http.head != NULL;
}

static bool take_handshake(const void *fixed, struct bytes payload, struct store_event *out)
{
    struct kept_handshake kept;

    memcpy(&kept, fixed, sizeof kept);
    const struct http_head *request = take_head(&kept.request, &payload, &out->request);
    const struct http_head *response = take_head(&kept.response, &payload, &out->response);

    if (request == NULL && response == NULL) {
        return false;
    }
    handshake_judge(request, response, &out->handshake);
    out->handshake.verdict = kept.verdict;
    out->handshake.other_extension = kept.other_extension;
    out->handshake.faults = kept.faults;
    out->event.handshake = &out->handshake;
    return true;
}

static void take_frame(const void *fixed, struct bytes payload, struct store_event *out)
{
    struct kept_frame kept;

    memcpy(&kept, fixed, sizeof kept);
    out->frame = kept.frame;
    out->event.frame = (struct event_frame){
        .frame = &out->frame,
        .payload = payload,
        .message = kept.message,
        .arrived = kept.arrived,
        .compressed = kept.compressed,
        .close_code = kept.close_code,
        .close_reason = kept.frame.opcode == FRAME_CLOSE ? bytes_after(payload, 2) : bytes_of(NULL, 0),
        .round_trip = kept.round_trip,
    };
}

static void take_message(const void *fixed, struct bytes payload, struct store_event *out)
{
    memcpy(&out->message, fixed, sizeof out->message);
    out->message.payload = payload;
    out->message.truncated = out->message.truncated || payload.length < out->message.length;
    out->event.message.message = &out->message;
}

static void take_close(const void *fixed, struct bytes payload, struct store_event *out)
{
    struct kept_close kept;

    memcpy(&kept, fixed, sizeof kept);
    out->event.close = kept.close;
    out->event.close.reason = bytes_first(payload, kept.reason_length);
    out->event.close.server_name = bytes_first(bytes_after(payload, kept.reason_length), kept.name_length);
}

static void take_segment(const void *fixed, struct bytes payload, struct store_event *out)
{
    memcpy(&out->event.segment, fixed, sizeof out->event.segment);
    memset(&out->segment, 0, sizeof out->segment);
    if (payload.length == sizeof out->segment) {
        memcpy(&out->segment, payload.data, sizeof out->segment);
    }
    out->segment.cut += (uint32_t)out->segment.payload.length;
    out->segment.payload = bytes_of(NULL, 0);
    out->event.segment.segment = &out->segment;
}

bool parcel_unpack(const void *fixed, struct bytes payload, struct store_event *out)
{
    switch (out->event.kind) {
    case EVENT_HTTP:
        return take_http(fixed, payload, out);
    case EVENT_HANDSHAKE:
        return take_handshake(fixed, payload, out);
    case EVENT_FRAME:
    case EVENT_CUT:
        take_frame(fixed, payload, out);
        return true;
    case EVENT_MESSAGE:
        take_message(fixed, payload, out);
        return true;
    case EVENT_CLOSE:
        take_close(fixed, payload, out);
        return true;
    case EVENT_GAP:
        memcpy(&out->event.gap, fixed, sizeof out->event.gap);
        return true;
    case EVENT_NOTICE:
        memcpy(&out->event.notice, fixed, sizeof out->event.notice);
        return true;
    case EVENT_SEGMENT:
        take_segment(fixed, payload, out);
        return true;
    default:
        return true;
    }
}
