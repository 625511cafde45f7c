/* SPDX-License-Identifier: MIT */
#include "legs.h"

#include "digest.h"

#define MESSAGES_LEAST 2 /* that must be alike where the keys are not */

static void note_request(struct leg *leg, const struct event *event, const struct http_head *request)
{
    const struct http_field *key = http_find(request, "Sec-WebSocket-Key", 0);

    if (key == NULL || key->value.length == 0 || leg->key_length > 0) { /* a handshake repeats its request */
        return;
    }
    struct bytes kept = bytes_first(key->value, LEG_KEY_MAX);

    memcpy(leg->key, kept.data, kept.length);
    leg->key_length = (uint8_t)kept.length;
    leg->target = digest_bytes(DIGEST_START, request->target);
    leg->asked = event->time;
}

static void note_message(struct leg *leg, const struct event *event)
{
    uint32_t *count = &leg->count[event->direction];

    if (*count < LEG_MESSAGES) {
        leg->messages[event->direction][(*count)++] = digest_event(event);
    }
}

void leg_event(struct leg *leg, const struct event *event)
{
    const struct connection *connection = event->connection;

    if (leg->connection == 0) {
        *leg = (struct leg){
            .connection = connection->id,
            .client = connection->client,
            .server = connection->server,
            .last = event->time,
        };
    }
    leg->last = event->time > leg->last ? event->time : leg->last;
    if (event->kind == EVENT_HTTP && event->http.head->is_request) {
        note_request(leg, event, event->http.head);
    } else if (event->kind == EVENT_HANDSHAKE && event->handshake->request) {
        note_request(leg, event, event->handshake->request);
    } else if (event->kind == EVENT_MESSAGE) {
        note_message(leg, event);
    }
}

/* The messages that both have, up to the shorter one's end; false where any differ. */
static bool messages_agree(const struct leg *front, const struct leg *back, uint32_t *alike)
{
    *alike = 0;
    for (size_t side = 0; side < 2; side++) {
        uint32_t common = front->count[side] < back->count[side] ? front->count[side] : back->count[side];

        for (uint32_t i = 0; i < common; i++) {
            if (front->messages[side][i] != back->messages[side][i]) {
                return false;
            }
        }
        *alike += common;
    }
    return true;
}

bool legs_match(const struct leg *front, const struct leg *back, struct legs_evidence *evidence)
{
    bool together = front->connection != back->connection && front->key_length > 0 && back->key_length > 0 &&
                    back->asked >= front->asked && back->asked <= front->last;

    *evidence = (struct legs_evidence){
        .key = bytes_equal(bytes_of(front->key, front->key_length), bytes_of(back->key, back->key_length)),
        .target = front->target == back->target,
        .addresses = memcmp(&front->server.address, &back->client.address, sizeof front->server.address) == 0,
    };
    return together && messages_agree(front, back, &evidence->messages) &&
           (evidence->key ||
            (evidence->addresses && evidence->target && evidence->messages >= MESSAGES_LEAST));
}

void legs_explain(struct label *label, const struct legs_evidence *evidence)
{
    label_say(label, "%s%s%s", evidence->key ? "same Sec-WebSocket-Key, " : "another Sec-WebSocket-Key, but ",
              evidence->target ? "same path, " : "",
              evidence->addresses ? "the proxy's address on both, " : "");
    label_say(label, "%u message%s alike", evidence->messages, evidence->messages == 1 ? "" : "s");
}
