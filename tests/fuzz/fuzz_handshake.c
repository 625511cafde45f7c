/* SPDX-License-Identifier: MIT */

/* A request's head and its answer's, one behind the other, either of them perhaps left out: the verdict goes
 * with the faults, and what was agreed on is within its bounds. */

#include "core/handshake.h"

#include <assert.h>
#include <stdlib.h>

/* The bytes of a view lie in one of the heads, or there are none. */
static void check_view(struct bytes view, const struct handshake *handshake)
{
    const struct http_head *heads[] = { handshake->request, handshake->response };
    bool inside = view.length == 0;

    for (size_t i = 0; i < 2 && !inside; i++) {
        const uint8_t *raw = heads[i] ? heads[i]->raw.data : NULL;

        inside = raw != NULL && view.data >= raw && view.data + view.length <= raw + heads[i]->raw.length;
    }
    assert(inside);
}

static void check(const struct handshake *handshake)
{
    const struct http_head *response = handshake->response;

    assert(handshake->faults >> HANDSHAKE_FAULTS == 0);
    assert((handshake->verdict == HANDSHAKE_UNANSWERED) == (response == NULL));
    assert(response == NULL || (handshake->verdict == HANDSHAKE_REFUSED) == (response->status != 101));
    assert(handshake->verdict != HANDSHAKE_BROKEN || handshake->faults != 0);
    check_view(handshake->key, handshake);
    check_view(handshake->accept, handshake);
    check_view(handshake->version, handshake);
    check_view(handshake->origin, handshake);
    check_view(handshake->host, handshake);
    check_view(handshake->subprotocol, handshake);
    for (enum direction side = C2S; side <= S2C; side++) {
        assert(handshake->deflate.window_bits[side] >= 8 && handshake->deflate.window_bits[side] <= 15);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_head request, response;
    struct handshake handshake;
    struct bytes text = { data, size };
    bool asked = http_parse_head(text, true, &request) == HTTP_HEAD;
    bool answered;

    text = asked ? bytes_after(text, request.raw.length) : text;
    answered = http_parse_head(text, false, &response) == HTTP_HEAD;
    if (asked || answered) {
        handshake_judge(asked ? &request : NULL, answered ? &response : NULL, &handshake);
        check(&handshake);
    }
    return 0;
}
