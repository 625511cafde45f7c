/* SPDX-License-Identifier: MIT */

/* The plain SHA-1 calls, which OpenSSL 3 would rather see replaced: theirs cost neither the loading of
 * providers at the start nor a look-up at each handshake. */
#define OPENSSL_API_COMPAT 0x10100000L

#include "handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#define BIT(fault) (UINT64_C(1) << (fault))

#define KEY_LENGTH  24      /* base64 of 16 bytes: 22 characters and "==" */
#define WINDOW_MIN  8
#define WINDOW_MAX  15
#define DEFLATE     "permessage-deflate"

/* --- the key and the sum over it: RFC 6455 sections 1.3, 4.1 --- */

void handshake_sum(struct bytes key, struct handshake_sum *out)
{
    SHA_CTX context;

    SHA1_Init(&context);
    SHA1_Update(&context, key.data, key.length);
    SHA1_Update(&context, HANDSHAKE_GUID, sizeof HANDSHAKE_GUID - 1);
    SHA1_Final(out->sha1, &context);
    EVP_EncodeBlock((unsigned char *)out->accept, out->sha1, HANDSHAKE_SHA1_LENGTH);
}

/* RFC 4648 section 4. */
static const bool base64_characters[256] = {
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1,
    ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,
    ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
    ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1,
    ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
    ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1,
    ['9'] = 1,
    ['+'] = 1, ['/'] = 1,
};

/* Whether it decodes to 16 bytes. The last character's four unused bits are not looked at: section 4.2.1 asks
 * only for the length, and decoders pass over them (RFC 4648 section 3.5). */
static bool key_is_valid(struct bytes key)
{
    size_t n = 0;

    while (n < key.length && base64_characters[key.data[n]]) {
        n++;
    }
    return key.length == KEY_LENGTH && n == KEY_LENGTH - 2 && key.data[n] == '=' && key.data[n + 1] == '=';
}

/* --- reading fields --- */

/* The value of the first field of that name, empty without one. */
static struct bytes field_value(const struct http_head *head, enum http_name name)
{
    const struct http_field *field = http_next_field(head, name, NULL);

    return field ? field->value : bytes_of(NULL, 0);
}

/* The same for a field that has to be there, and once (RFC 6455 section 11.3). */
static struct bytes single_value(const struct http_head *head, enum http_name name, uint64_t missing,
                                 uint64_t repeated, uint64_t *faults)
{
    const struct http_field *field = http_next_field(head, name, NULL);

    if (field == NULL) {
        *faults |= missing;
        return bytes_of(NULL, 0);
    }
    if (http_next_field(head, name, field) != NULL) {
        *faults |= repeated;
    }
    return field->value;
}

/* A list that has to have an element (1#, section 4.3) and has none, though the field is there. */
static bool lists_nothing(const struct http_head *head, enum http_name name)
{
    struct http_list list = http_list_begin(head, name);
    struct bytes element;

    return http_next_field(head, name, NULL) != NULL && !http_list_walk(&list, &element);
}

static bool version_at_least_1_1(const struct http_head *head)
{
    return head->version_major > 1 || (head->version_major == 1 && head->version_minor >= 1);
}

/* --- extensions: RFC 6455 section 9.1 --- */

static struct bytes unquote(struct bytes value)
{
    if (value.length >= 2 && value.data[0] == '"' && value.data[value.length - 1] == '"') {
        return bytes_of(value.data + 1, value.length - 2);
    }
    return value;
}

bool handshake_parameter_next(struct bytes *extension, struct handshake_parameter *out)
{
    struct bytes piece;

    if (!http_split(extension, ';', &piece)) {
        return false;
    }
    out->has_value = piece.length > 0 && memchr(piece.data, '=', piece.length) != NULL;
    out->name = out->value = bytes_of(NULL, 0);
    http_split(&piece, '=', &out->name);
    out->value = unquote(http_trim(piece));
    return true;
}

static struct bytes extension_name(struct bytes extension)
{
    struct handshake_parameter name;

    handshake_parameter_next(&extension, &name);
    return name.name;
}

/* Tokens throughout, in quotes or not: the section gives no other meaning to quoted values. */
static bool extension_is_well_formed(struct bytes extension)
{
    struct handshake_parameter parameter;
    bool named = false;

    if (extension.data[extension.length - 1] == ';') {
        return false;
    }
    while (handshake_parameter_next(&extension, &parameter)) {
        if (!http_is_token(parameter.name) || (parameter.has_value && !http_is_token(parameter.value)) ||
            (parameter.has_value && !named)) {
            return false;
        }
        named = true;
    }
    return true;
}

/* Whether the head lists an extension of that name, before a certain element of its or anywhere (NULL). */
static bool lists_extension(const struct http_head *head, struct bytes name, const uint8_t *before)
{
    struct http_list list = http_list_begin(head, HTTP_NAME_EXTENSIONS);
    struct bytes element;

    while (http_list_walk(&list, &element) && element.data != before) {
        if (bytes_equal(extension_name(element), name)) {
            return true;
        }
    }
    return false;
}

/* --- permessage-deflate: RFC 7692 section 7.1 --- */

/* What an offer or an answer says, by the sender that each parameter binds. */
struct terms {
    bool valid;
    bool no_context_takeover[2];
    bool window[2];             /* present */
    uint8_t window_bits[2];     /* WINDOW_MAX where there is no value, or none that can be */
};

static const struct {
    const char *name;
    enum direction sender;
    bool is_window;
} deflate_parameters[] = {
    { "server_no_context_takeover", S2C, false },
    { "client_no_context_takeover", C2S, false },
    { "server_max_window_bits", S2C, true },
    { "client_max_window_bits", C2S, true },
};
#define DEFLATE_PARAMETERS (sizeof deflate_parameters / sizeof deflate_parameters[0])

/* 8 to 15 in decimal without leading zeros (sections 7.1.2.1 and 7.1.2.2). */
static bool read_window_bits(struct bytes value, uint8_t *bits)
{
    unsigned number = 0;

    if (value.length < 1 || value.length > 2 || value.data[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        number = number * 10 + value.data[i] - '0';
    }
    *bits = (uint8_t)number;
    return number >= WINDOW_MIN && number <= WINDOW_MAX;
}

static bool read_window(const struct handshake_parameter *parameter, enum direction sender, bool offer,
                        struct terms *terms)
{
    uint8_t bits = 0;

    terms->window[sender] = true;
    if (!parameter->has_value) {
        return offer && sender == C2S;      /* "I can do with less, if you ask": section 7.1.2.2 */
    }
    if (!read_window_bits(parameter->value, &bits)) {
        return false;
    }
    terms->window_bits[sender] = bits;
    return true;
}

static size_t find_deflate_parameter(struct bytes name)
{
    size_t i = 0;

    while (i < DEFLATE_PARAMETERS && !bytes_equal(name, bytes_of_text(deflate_parameters[i].name))) {
        i++;
    }
    return i;
}

static struct terms read_terms(struct bytes extension, bool offer)
{
    struct terms terms = { .valid = true, .window_bits = { WINDOW_MAX, WINDOW_MAX } };
    struct handshake_parameter parameter;
    bool seen[DEFLATE_PARAMETERS] = { false };

    handshake_parameter_next(&extension, &parameter);       /* the extension's name */
    while (handshake_parameter_next(&extension, &parameter)) {
        size_t i = find_deflate_parameter(parameter.name);

        if (i == DEFLATE_PARAMETERS || seen[i]) {
            terms.valid = false;
            continue;
        }
        seen[i] = true;
        if (deflate_parameters[i].is_window) {
            terms.valid &= read_window(&parameter, deflate_parameters[i].sender, offer, &terms);
        } else {
            terms.valid &= !parameter.has_value;
            terms.no_context_takeover[deflate_parameters[i].sender] = true;
        }
    }
    return terms;
}

/* Where an answer does not keep to an offer. */
static uint64_t compare_terms(const struct terms *offer, const struct terms *answer)
{
    uint64_t faults = 0;

    if (answer->window[C2S] && !offer->window[C2S]) {
        faults |= BIT(HANDSHAKE_DEFLATE_CLIENT_WINDOW);     /* section 7.1.2.2 */
    }
    if (offer->window[S2C] &&
        (!answer->window[S2C] || answer->window_bits[S2C] > offer->window_bits[S2C])) {
        faults |= BIT(HANDSHAKE_DEFLATE_SERVER_WINDOW);     /* section 7.1.2.1 */
    }
    if (offer->no_context_takeover[S2C] && !answer->no_context_takeover[S2C]) {
        faults |= BIT(HANDSHAKE_DEFLATE_TAKEOVER);          /* section 7.1.1.1 */
    }
    return faults;
}

/* An answer agrees with one of the offers, or its faults are those against the first (section 5). Offers that
 * had to be declined do not count. */
static uint64_t judge_deflate_answer(const struct http_head *request, const struct terms *answer)
{
    struct http_list list = http_list_begin(request, HTTP_NAME_EXTENSIONS);
    struct bytes element;
    uint64_t first = BIT(HANDSHAKE_EXTENSION_UNOFFERED);
    bool any = false;

    while (http_list_walk(&list, &element)) {
        if (!bytes_equal(extension_name(element), bytes_of_text(DEFLATE))) {
            continue;
        }
        struct terms offer = read_terms(element, true);
        uint64_t faults = compare_terms(&offer, answer);

        if (offer.valid && faults == 0) {
            return 0;
        }
        if (offer.valid && !any) {
            first = faults;
            any = true;
        }
    }
    return first;
}

/* Agreed even where the answer breaks a rule: the frames that follow will most likely be compressed. */
static void agree_on_deflate(struct bytes extension, struct handshake *out)
{
    struct terms answer = read_terms(extension, false);

    out->deflate.agreed = true;
    memcpy(out->deflate.no_context_takeover, answer.no_context_takeover, sizeof answer.no_context_takeover);
    memcpy(out->deflate.window_bits, answer.window_bits, sizeof answer.window_bits);
    if (!answer.valid) {
        out->faults |= BIT(HANDSHAKE_DEFLATE_INVALID);
    }
    if (out->request != NULL) {
        out->faults |= judge_deflate_answer(out->request, &answer);
    }
}

/* --- the request: RFC 6455 sections 4.1 and 4.2.1 --- */

bool handshake_is_request(const struct http_head *request)
{
    return http_next_field(request, HTTP_NAME_KEY, NULL) != NULL ||
           http_lists(request, HTTP_NAME_UPGRADE, "websocket") ||
           http_next_field(request, HTTP_NAME_KEY1, NULL) != NULL;
}

bool handshake_is_answer(const struct http_head *response)
{
    return response->status == 101 && (http_lists(response, HTTP_NAME_UPGRADE, "websocket") ||
                                       http_next_field(response, HTTP_NAME_ACCEPT, NULL) != NULL);
}

static void judge_key(const struct http_head *request, struct handshake *out)
{
    out->key = single_value(request, HTTP_NAME_KEY, BIT(HANDSHAKE_KEY_MISSING),
                            BIT(HANDSHAKE_KEY_REPEATED), &out->faults);
    if (!(out->faults & BIT(HANDSHAKE_KEY_MISSING)) && !key_is_valid(out->key)) {
        out->faults |= BIT(HANDSHAKE_KEY_INVALID);
    }
    if (http_next_field(request, HTTP_NAME_KEY1, NULL) != NULL) {
        out->faults |= BIT(HANDSHAKE_OLD_DRAFT);
        out->two_keys = true;
    }
}

/* Versions below 13 were drafts; browsers once spoke 7 and 8. */
static void judge_version(const struct http_head *request, struct handshake *out)
{
    out->version = single_value(request, HTTP_NAME_VERSION, BIT(HANDSHAKE_VERSION_MISSING),
                                BIT(HANDSHAKE_VERSION_REPEATED), &out->faults);
    if (out->version.length == 0) {
        out->faults |= BIT(HANDSHAKE_VERSION_MISSING);
        return;
    }
    if (http_same_text(out->version, "13")) {
        return;
    }
    out->faults |= BIT(HANDSHAKE_VERSION_OTHER);
    if ((out->version.length == 1 && out->version.data[0] >= '0' && out->version.data[0] <= '9') ||
        (out->version.length == 2 && out->version.data[0] == '1' && out->version.data[1] < '3')) {
        out->faults |= BIT(HANDSHAKE_OLD_DRAFT);
    }
}

/* Whether the head lists that subprotocol, by its exact name, before a certain element or anywhere (NULL). */
static bool lists_protocol(const struct http_head *head, struct bytes name, const uint8_t *before)
{
    struct http_list list = http_list_begin(head, HTTP_NAME_PROTOCOL);
    struct bytes element;

    while (http_list_walk(&list, &element) && element.data != before) {
        if (bytes_equal(element, name)) {
            return true;
        }
    }
    return false;
}

static void judge_offered_protocols(const struct http_head *request, struct handshake *out)
{
    struct http_list list = http_list_begin(request, HTTP_NAME_PROTOCOL);
    struct bytes element;

    if (lists_nothing(request, HTTP_NAME_PROTOCOL)) {
        out->faults |= BIT(HANDSHAKE_OFFERED_PROTOCOL_INVALID);
    }
    while (http_list_walk(&list, &element)) {
        if (!http_is_token(element)) {
            out->faults |= BIT(HANDSHAKE_OFFERED_PROTOCOL_INVALID);
        }
        if (lists_protocol(request, element, element.data)) {
            out->faults |= BIT(HANDSHAKE_OFFERED_PROTOCOL_TWICE);
        }
    }
}

static void judge_offered_extensions(const struct http_head *request, struct handshake *out)
{
    struct http_list list = http_list_begin(request, HTTP_NAME_EXTENSIONS);
    struct bytes element;

    if (lists_nothing(request, HTTP_NAME_EXTENSIONS)) {
        out->faults |= BIT(HANDSHAKE_OFFERED_EXTENSION_SYNTAX);
    }
    while (http_list_walk(&list, &element)) {
        if (!extension_is_well_formed(element)) {
            out->faults |= BIT(HANDSHAKE_OFFERED_EXTENSION_SYNTAX);
        } else if (bytes_equal(extension_name(element), bytes_of_text(DEFLATE)) &&
                   !read_terms(element, true).valid) {
            out->faults |= BIT(HANDSHAKE_OFFERED_DEFLATE_INVALID);
        }
    }
}

static void judge_request(const struct http_head *request, struct handshake *out)
{
    if (!bytes_equal(request->method, bytes_of_text("GET"))) {
        out->faults |= BIT(HANDSHAKE_METHOD);
    }
    if (!version_at_least_1_1(request)) {
        out->faults |= BIT(HANDSHAKE_HTTP_VERSION);
    }
    if (!http_lists(request, HTTP_NAME_UPGRADE, "websocket")) {
        out->faults |= BIT(HANDSHAKE_UPGRADE_MISSING);
    }
    if (!request->connection_upgrade) {
        out->faults |= BIT(HANDSHAKE_CONNECTION_MISSING);
    }
    if (request->target.length > 0 && memchr(request->target.data, '#', request->target.length) != NULL) {
        out->faults |= BIT(HANDSHAKE_TARGET_FRAGMENT);      /* section 3 */
    }
    judge_key(request, out);
    judge_version(request, out);
    judge_offered_protocols(request, out);
    judge_offered_extensions(request, out);
}

/* Section 4.2.1: what makes a server refuse, Host (RFC 9112 section 3.2) included. A server may speak a draft
 * as well (section 4.4), and the one with two keys has rules of its own. */
static bool request_had_to_be_refused(const struct handshake *handshake)
{
    static const uint64_t refusals =
        BIT(HANDSHAKE_METHOD) | BIT(HANDSHAKE_HTTP_VERSION) | BIT(HANDSHAKE_UPGRADE_MISSING) |
        BIT(HANDSHAKE_CONNECTION_MISSING) | BIT(HANDSHAKE_KEY_MISSING) | BIT(HANDSHAKE_KEY_REPEATED) |
        BIT(HANDSHAKE_KEY_INVALID) | BIT(HANDSHAKE_VERSION_MISSING) | BIT(HANDSHAKE_VERSION_REPEATED) |
        BIT(HANDSHAKE_VERSION_OTHER) | BIT(HANDSHAKE_OFFERED_PROTOCOL_INVALID) |
        BIT(HANDSHAKE_OFFERED_EXTENSION_SYNTAX);
    uint64_t faults = handshake->faults & refusals;

    if (handshake->two_keys) {
        return false;
    }
    if (handshake->faults & BIT(HANDSHAKE_OLD_DRAFT)) {
        faults &= ~BIT(HANDSHAKE_VERSION_OTHER);
    }
    return faults != 0 ||
           (handshake->request->faults & (BIT(HTTP_HOST_MISSING) | BIT(HTTP_HOST_REPEATED))) != 0;
}

/* --- the answer: RFC 6455 sections 4.1 (what the client checks) and 4.2.2 --- */

static void judge_accept(const struct http_head *response, struct handshake *out)
{
    if (out->two_keys) {
        return;         /* they are answered by 16 bytes behind the head */
    }
    out->accept = single_value(response, HTTP_NAME_ACCEPT, BIT(HANDSHAKE_ACCEPT_MISSING),
                               BIT(HANDSHAKE_ACCEPT_REPEATED), &out->faults);
    if (!(out->faults & BIT(HANDSHAKE_ACCEPT_MISSING)) && out->key.length > 0 &&
        !bytes_equal(out->accept, bytes_of_text(out->accept_expected))) {
        out->faults |= BIT(HANDSHAKE_ACCEPT_WRONG);
    }
}

static void judge_switch(const struct http_head *response, struct handshake *out)
{
    const struct http_field *upgrade = http_next_field(response, HTTP_NAME_UPGRADE, NULL);

    if (!version_at_least_1_1(response)) {
        out->faults |= BIT(HANDSHAKE_ANSWER_HTTP_VERSION);
    }
    if (upgrade == NULL || !http_same_text(upgrade->value, "websocket") ||
        http_next_field(response, HTTP_NAME_UPGRADE, upgrade) != NULL) {
        out->faults |= BIT(HANDSHAKE_ANSWER_UPGRADE);
    }
    if (!response->connection_upgrade) {
        out->faults |= BIT(HANDSHAKE_ANSWER_CONNECTION);
    }
}

static void judge_protocol(const struct http_head *response, struct handshake *out)
{
    const struct http_field *field = http_next_field(response, HTTP_NAME_PROTOCOL, NULL);
    struct http_list list = http_list_begin(response, HTTP_NAME_PROTOCOL);
    struct bytes second;

    if (field == NULL) {
        return;
    }
    http_list_walk(&list, &out->subprotocol);
    if (http_list_walk(&list, &second)) {
        out->faults |= BIT(HANDSHAKE_PROTOCOL_SEVERAL);     /* sections 4.2.2 and 11.3.4 */
    }
    if (out->request != NULL && !lists_protocol(out->request, out->subprotocol, NULL)) {
        out->faults |= BIT(HANDSHAKE_PROTOCOL_UNOFFERED);
    }
}

static void judge_extension(const struct http_head *response, struct bytes element, struct handshake *out)
{
    struct bytes name = extension_name(element);
    bool deflate = bytes_equal(name, bytes_of_text(DEFLATE));

    if (!extension_is_well_formed(element)) {
        out->faults |= BIT(HANDSHAKE_EXTENSION_SYNTAX);
    }
    if (deflate && lists_extension(response, name, element.data)) {
        out->faults |= BIT(HANDSHAKE_EXTENSION_TWICE);      /* two would share RSV1: RFC 7692 section 5 */
    } else if (deflate) {
        agree_on_deflate(element, out);
    } else {
        out->other_extension = true;
        out->faults |= BIT(HANDSHAKE_EXTENSION_UNKNOWN);
        if (out->request != NULL && !lists_extension(out->request, name, NULL)) {
            out->faults |= BIT(HANDSHAKE_EXTENSION_UNOFFERED);
        }
    }
}

static void judge_accepted(const struct http_head *response, struct handshake *out)
{
    const struct http_field *field = http_next_field(response, HTTP_NAME_EXTENSIONS, NULL);
    struct http_list list = http_list_begin(response, HTTP_NAME_EXTENSIONS);
    struct bytes element;

    judge_switch(response, out);
    judge_accept(response, out);
    judge_protocol(response, out);
    if (field != NULL && http_next_field(response, HTTP_NAME_EXTENSIONS, field) != NULL) {
        out->faults |= BIT(HANDSHAKE_EXTENSIONS_REPEATED);  /* section 11.3.2, but see 4.2.2 */
    }
    if (lists_nothing(response, HTTP_NAME_EXTENSIONS)) {
        out->faults |= BIT(HANDSHAKE_EXTENSION_SYNTAX);
    }
    while (http_list_walk(&list, &element)) {
        judge_extension(response, element, out);
    }
}

/* Section 4.4: who refuses a version names those that it speaks. */
static void judge_refused(const struct http_head *response, struct handshake *out)
{
    uint64_t version = BIT(HANDSHAKE_VERSION_OTHER) | BIT(HANDSHAKE_VERSION_MISSING);

    if (response->status == 426 && (out->faults & version) != 0 &&
        http_next_field(response, HTTP_NAME_VERSION, NULL) == NULL) {
        out->faults |= BIT(HANDSHAKE_VERSIONS_NOT_NAMED);
    }
}

/* Faults after which a strict peer would have failed the connection instead of going on. What only the client
 * did wrong, and no server has to mind, is not among them. */
static bool is_broken(uint64_t faults)
{
    static const uint64_t breaking =
        BIT(HANDSHAKE_ACCEPT_MISSING) | BIT(HANDSHAKE_ACCEPT_REPEATED) | BIT(HANDSHAKE_ACCEPT_WRONG) |
        BIT(HANDSHAKE_ANSWER_HTTP_VERSION) | BIT(HANDSHAKE_ANSWER_UPGRADE) |
        BIT(HANDSHAKE_ANSWER_CONNECTION) | BIT(HANDSHAKE_PROTOCOL_UNOFFERED) |
        BIT(HANDSHAKE_PROTOCOL_SEVERAL) | BIT(HANDSHAKE_EXTENSION_UNOFFERED) |
        BIT(HANDSHAKE_EXTENSION_SYNTAX) | BIT(HANDSHAKE_EXTENSION_TWICE) |
        BIT(HANDSHAKE_DEFLATE_INVALID) | BIT(HANDSHAKE_DEFLATE_CLIENT_WINDOW) |
        BIT(HANDSHAKE_DEFLATE_SERVER_WINDOW) | BIT(HANDSHAKE_DEFLATE_TAKEOVER) |
        BIT(HANDSHAKE_ACCEPTED_BAD_REQUEST) | BIT(HANDSHAKE_UNASKED);

    return (faults & breaking) != 0;
}

/* --- the pair --- */

static void read_request(const struct http_head *request, bool asked, struct handshake *out)
{
    struct handshake_sum sum;

    out->origin = field_value(request, HTTP_NAME_ORIGIN);
    out->host = field_value(request, HTTP_NAME_HOST);
    if (asked) {
        judge_request(request, out);
    }
    if (out->key.length > 0) {
        handshake_sum(out->key, &sum);
        memcpy(out->accept_expected, sum.accept, sizeof sum.accept);
    }
}

static enum handshake_verdict judge_response(const struct http_head *response, bool asked,
                                             struct handshake *out)
{
    if (response->status != 101) {
        judge_refused(response, out);
        return HANDSHAKE_REFUSED;
    }
    if (!asked) {
        out->faults |= BIT(HANDSHAKE_UNASKED);
    } else if (out->request != NULL && request_had_to_be_refused(out)) {
        out->faults |= BIT(HANDSHAKE_ACCEPTED_BAD_REQUEST);
    }
    judge_accepted(response, out);
    return is_broken(out->faults) ? HANDSHAKE_BROKEN : HANDSHAKE_ACCEPTED;
}

void handshake_judge(const struct http_head *request, const struct http_head *response, struct handshake *out)
{
    bool asked = request == NULL || handshake_is_request(request);

    *out = (struct handshake){
        .verdict = HANDSHAKE_UNANSWERED,
        .request = request,
        .response = response,
        .deflate = { .window_bits = { WINDOW_MAX, WINDOW_MAX } },
    };
    if (request != NULL) {
        read_request(request, asked, out);
    }
    if (response != NULL) {
        out->verdict = judge_response(response, asked, out);
    }
}
