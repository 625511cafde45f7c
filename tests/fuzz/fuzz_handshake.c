/* SPDX-License-Identifier: MIT */

/* A request's head and its answer's, one behind the other, either of them perhaps left out: the verdict goes
 * with the faults, what was agreed on is within its bounds, fields are found by number as by name, and a copy
 * of the request is judged as the request is. */

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

static void check_names(const struct http_head *head)
{
    static const struct {
        enum http_name name;
        const char *text;
    } names[] = {
        { HTTP_NAME_HOST, "host" },
        { HTTP_NAME_ORIGIN, "origin" },
        { HTTP_NAME_UPGRADE, "upgrade" },
        { HTTP_NAME_CONNECTION, "connection" },
        { HTTP_NAME_CONTENT_LENGTH, "content-length" },
        { HTTP_NAME_TRANSFER_ENCODING, "transfer-encoding" },
        { HTTP_NAME_KEY, "sec-websocket-key" },
        { HTTP_NAME_KEY1, "sec-websocket-key1" },
        { HTTP_NAME_ACCEPT, "sec-websocket-accept" },
        { HTTP_NAME_VERSION, "sec-websocket-version" },
        { HTTP_NAME_PROTOCOL, "sec-websocket-protocol" },
        { HTTP_NAME_EXTENSIONS, "sec-websocket-extensions" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct http_field *field = NULL;
        size_t nth = 0;

        do {
            field = http_next_field(head, names[i].name, field);
            assert(field == http_find(head, names[i].text, nth++));
        } while (field != NULL);
    }
}

static void check_copy(const struct http_head *request, const struct http_head *response,
                       const struct handshake *expected)
{
    struct memory memory = { .limit = 1 << 20 };
    struct http_head *kept = http_head_keep(request, &memory);
    struct handshake handshake;

    assert(kept != NULL && kept->field_count == request->field_count && bytes_equal(kept->raw, request->raw));
    for (size_t i = 0; i < kept->field_count; i++) {
        assert(bytes_equal(kept->fields[i].name, request->fields[i].name));
        assert(bytes_equal(kept->fields[i].value, request->fields[i].value));
    }
    handshake_judge(kept, response, &handshake);
    check(&handshake);
    assert(handshake.verdict == expected->verdict && handshake.faults == expected->faults);
    assert(bytes_equal(handshake.key, expected->key));
    http_head_release(kept, &memory);
    assert(memory.used == 0);
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
    if (asked) {
        check_names(&request);
        check_copy(&request, answered ? &response : NULL, &handshake);
    }
    if (answered) {
        check_names(&response);
    }
    return 0;
}
