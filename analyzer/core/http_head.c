/* SPDX-License-Identifier: MIT */
#include "http_head.h"

#define BIT(fault) (UINT64_C(1) << (fault))

#define METHOD_MAX   32     /* the longest one registered has 17 */
#define VERSION_SIZE 8      /* "HTTP/1.1" */

/* All but the fields, which field_count guards. */
static void clear_head(struct http_head *head, bool request)
{
    memset(head, 0, offsetof(struct http_head, fields));
    head->is_request = request;
}

static bool has_field(const struct http_head *head, enum http_name name)
{
    return (head->known >> name & 1) != 0;
}

/* --- lines --- */

struct line {
    struct bytes text;          /* without its end */
    bool plain;                 /* no control in it, and CR LF behind it: as nearly all are */
};

/* The next line; false while its LF has not come. A lone LF is taken for an end (RFC 9112 section 2.2). */
static bool take_line(struct bytes *input, struct line *line, uint64_t *faults)
{
    size_t plain = http_plain_length(*input);
    struct bytes rest = bytes_after(*input, plain);

    if (rest.length >= 2 && rest.data[0] == '\r' && rest.data[1] == '\n') {
        *line = (struct line){ bytes_first(*input, plain), true };
        *input = bytes_after(rest, 2);
        return true;
    }
    const uint8_t *lf = rest.length ? memchr(rest.data, '\n', rest.length) : NULL;

    if (lf == NULL) {
        return false;
    }
    *line = (struct line){ bytes_first(*input, (size_t)(lf - input->data)), false };
    *input = bytes_after(*input, line->text.length + 1);
    if (line->text.length > 0 && lf[-1] == '\r') {
        line->text.length--;
    } else {
        *faults |= BIT(HTTP_BARE_LF);
    }
    return true;
}

/* Controls that may not stand in a value (RFC 9110 section 5.5); bytes from 0x80 on may. */
static uint64_t value_faults(struct bytes value)
{
    uint64_t faults = 0;

    for (value = bytes_after(value, http_plain_length(value)); value.length > 0;
         value = bytes_after(value, 1 + http_plain_length(bytes_after(value, 1)))) {
        if (value.data[0] == '\r') {
            faults |= BIT(HTTP_BARE_CR);
        } else if (value.data[0] != '\t') {
            faults |= BIT(HTTP_FIELD_VALUE);
        }
    }
    return faults;
}

/* --- start lines: RFC 9112 sections 2.3, 3 and 4 --- */

static bool read_version(struct bytes text, struct http_head *head)
{
    if (text.length != VERSION_SIZE || memcmp(text.data, "HTTP/", 5) != 0 || !http_is_digit(text.data[5]) ||
        text.data[6] != '.' || !http_is_digit(text.data[7])) {
        return false;
    }
    head->version_major = text.data[5] - '0';
    head->version_minor = text.data[7] - '0';
    return true;
}

/* The four forms of section 3.2. */
static bool target_has_form(const struct http_head *head)
{
    struct bytes target = head->target;

    for (size_t i = 0; i < target.length; i++) {
        if (target.data[i] <= ' ' || target.data[i] >= 0x7F) {
            return false;
        }
    }
    if (target.length == 0) {
        return false;
    }
    if (http_same_text(head->method, "CONNECT")) {
        return target.data[0] != '/' && memchr(target.data, ':', target.length) != NULL;
    }
    if (target.data[0] == '*') {
        return target.length == 1;
    }
    return target.data[0] == '/' || memchr(target.data, ':', target.length) != NULL;
}

/* method SP request-target SP HTTP-version; a target with blanks in it is read and noted. */
static bool read_request_line(struct bytes line, struct http_head *head)
{
    struct bytes text = http_trim(line);
    size_t method = http_token_length(text);

    if (text.data != line.data || method == 0 || method > METHOD_MAX ||
        text.length < method + 1 + VERSION_SIZE ||
        !http_is_blank(text.data[method]) || !http_is_blank(text.data[text.length - VERSION_SIZE - 1]) ||
        !read_version(bytes_after(text, text.length - VERSION_SIZE), head)) {
        return false;
    }
    size_t middle = text.length - VERSION_SIZE - method;    /* the target and the blanks around it */

    head->method = bytes_first(text, method);
    head->target = http_trim(bytes_of(text.data + method, middle));
    if (text.length != line.length || middle != head->target.length + 2 || text.data[method] != ' ' ||
        text.data[method + middle - 1] != ' ' || !target_has_form(head)) {
        head->faults |= BIT(HTTP_START_LINE);
    }
    return true;
}

/* Three digits, and what follows is no part of them. */
static bool read_status_code(struct bytes text, struct http_head *head)
{
    if (http_token_length(text) != 3) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!http_is_digit(text.data[i])) {
            return false;
        }
        head->status = (uint16_t)(head->status * 10 + text.data[i] - '0');
    }
    return true;
}

/* HTTP-version SP status-code SP [ reason-phrase ]; the last SP is often left out. */
static bool read_status_line(struct bytes line, struct http_head *head)
{
    struct bytes rest = http_trim(bytes_after(line, VERSION_SIZE));

    if (!read_version(bytes_first(line, VERSION_SIZE), head) || line.length < VERSION_SIZE + 4 ||
        !http_is_blank(line.data[VERSION_SIZE]) || !read_status_code(rest, head)) {
        return false;
    }
    head->reason = http_trim(bytes_after(rest, 3));
    if (value_faults(head->reason) != 0 || line.data[VERSION_SIZE] != ' ' ||
        rest.data != line.data + VERSION_SIZE + 1 || line.length == VERSION_SIZE + 4 ||
        line.data[VERSION_SIZE + 4] != ' ') {
        head->faults |= BIT(HTTP_START_LINE);
    }
    if (head->status < 100 || head->status > 599) {
        head->faults |= BIT(HTTP_STATUS_RANGE);     /* RFC 9110 section 15 */
    }
    return true;
}

static bool read_start_line(const struct line *line, struct http_head *head)
{
    if (!line->plain && line->text.length > 0 && memchr(line->text.data, '\r', line->text.length) != NULL) {
        head->faults |= BIT(HTTP_BARE_CR);
    }
    return head->is_request ? read_request_line(line->text, head) : read_status_line(line->text, head);
}

/* An unfinished start line. False only where no bytes to come could make read_start_line take it. */
static bool plausible_prefix(struct bytes view, bool request)
{
    static const char response[] = "HTTP/";
    size_t n = view.length < sizeof response - 1 ? view.length : sizeof response - 1;

    if (!request) {
        return n == 0 || memcmp(view.data, response, n) == 0;
    }
    n = http_token_length(bytes_first(view, METHOD_MAX + 1));
    return n == view.length ? n <= METHOD_MAX : n > 0 && n <= METHOD_MAX && http_is_blank(view.data[n]);
}

void http_pass_empty_lines(struct bytes *input)
{
    size_t n = 0;

    while (n < input->length && (input->data[n] == '\r' || input->data[n] == '\n')) {
        n++;
    }
    *input = bytes_after(*input, n);
}

bool http_plausible_start(struct bytes view, bool request)
{
    struct http_head head;
    struct line line;

    clear_head(&head, request);
    http_pass_empty_lines(&view);
    return take_line(&view, &line, &head.faults) ? read_start_line(&line, &head)
                                                 : plausible_prefix(view, request);
}

/* --- fields: RFC 9112 section 5, and what they say of the body: section 6 --- */

/* What the fields have said so far that decides where the body ends, or must agree at the end of the head.
 * Judged field by field, so that fields beyond HTTP_FIELDS_MAX count as well. */
struct notes {
    unsigned hosts;
    bool length, length_invalid;
    bool coding, chunked_last;
};

static bool read_number(struct bytes text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t digit = (uint8_t)(text.data[i] - '0');

        if (digit > 9 || *number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
    }
    return true;
}

/* Several lengths, in a list or in several fields, are one where they are equal (RFC 9112 section 6.3). */
static void note_content_length(struct bytes value, struct http_head *head, struct notes *notes)
{
    struct bytes element;
    uint64_t length;
    bool any = false;

    while (http_list_next(&value, &element)) {
        if (!read_number(element, &length)) {
            notes->length_invalid = true;
            return;
        }
        if (notes->length && length != head->content_length) {
            notes->length_invalid = true;
        }
        notes->length = any = true;
        head->content_length = length;
    }
    if (!any) {
        notes->length = notes->length_invalid = true;
    }
}

static void note_transfer_coding(struct bytes value, struct notes *notes)
{
    struct bytes element, coding;

    while (http_list_next(&value, &element)) {
        notes->coding = true;
        http_split(&element, ';', &coding);
        notes->chunked_last = http_same_text(coding, "chunked");
    }
}

static void note_connection(struct bytes value, struct http_head *head)
{
    struct bytes element;

    while (http_list_next(&value, &element)) {
        head->connection_upgrade |= http_same_text(element, "Upgrade");
    }
}

static void note_field(const struct http_field *field, struct http_head *head, struct notes *notes)
{
    head->known |= 1U << field->known;
    switch (field->known) {
    case HTTP_NAME_HOST:
        notes->hosts++;
        break;
    case HTTP_NAME_CONNECTION:
        note_connection(field->value, head);
        break;
    case HTTP_NAME_CONTENT_LENGTH:
        note_content_length(field->value, head, notes);
        break;
    case HTTP_NAME_TRANSFER_ENCODING:
        note_transfer_coding(field->value, notes);
        break;
    default:
        break;
    }
}

#define NAME_MOST 24

/* By length, which hardly two of them share. */
static const struct {
    enum http_name name;
    const char *text;
} known_names[NAME_MOST + 1][2] = {
    [4] = { { HTTP_NAME_HOST, "Host" } },
    [6] = { { HTTP_NAME_ORIGIN, "Origin" } },
    [7] = { { HTTP_NAME_UPGRADE, "Upgrade" } },
    [10] = { { HTTP_NAME_CONNECTION, "Connection" } },
    [14] = { { HTTP_NAME_CONTENT_LENGTH, "Content-Length" } },
    [17] = { { HTTP_NAME_TRANSFER_ENCODING, "Transfer-Encoding" }, { HTTP_NAME_KEY, "Sec-WebSocket-Key" } },
    [18] = { { HTTP_NAME_KEY1, "Sec-WebSocket-Key1" } },
    [20] = { { HTTP_NAME_ACCEPT, "Sec-WebSocket-Accept" } },
    [21] = { { HTTP_NAME_VERSION, "Sec-WebSocket-Version" } },
    [22] = { { HTTP_NAME_PROTOCOL, "Sec-WebSocket-Protocol" } },
    [24] = { { HTTP_NAME_EXTENSIONS, "Sec-WebSocket-Extensions" } },
};

static enum http_name known_name(struct bytes name)
{
    for (size_t i = 0; i < 2 && name.length <= NAME_MOST; i++) {
        const char *text = known_names[name.length][i].text;

        if (text != NULL && http_same_letters(name, bytes_of(text, name.length))) {
            return known_names[name.length][i].name;
        }
    }
    return HTTP_NAME_OTHER;
}

/* What is wrong with a name that is no token, or that no colon follows; blanks around it are taken off. */
static uint64_t name_faults(struct bytes *name, bool colon)
{
    struct bytes whole = *name;
    bool space_before_colon = colon && whole.length > 0 && http_is_blank(whole.data[whole.length - 1]);
    bool space_in_front = whole.length > 0 && http_is_blank(whole.data[0]);

    *name = http_trim(whole);
    return (space_before_colon ? BIT(HTTP_SPACE_BEFORE_COLON) : 0) |
           (!colon || space_in_front || !http_is_token(*name) ? BIT(HTTP_FIELD_NAME) : 0);
}

/* field-name ":" OWS field-value OWS */
static void read_field(const struct line *line, struct http_head *head, struct http_field *field)
{
    const uint8_t *colon = memchr(line->text.data, ':', line->text.length);
    size_t before = colon ? (size_t)(colon - line->text.data) : line->text.length;
    struct bytes value = bytes_after(line->text, before + 1);

    field->name = bytes_first(line->text, before);
    field->value = http_trim(value);
    field->known = known_name(field->name);
    if (!line->plain) {
        head->faults |= value_faults(value);
    }
    if (colon == NULL || (field->known == HTTP_NAME_OTHER && !http_is_token(field->name))) {
        head->faults |= name_faults(&field->name, colon != NULL);
        field->known = known_name(field->name);
    }
}

/* Section 5.2: a line that begins with a blank goes on with the field before it. */
static void read_fold(struct bytes line, struct http_head *head, struct http_field *field)
{
    head->faults |= BIT(HTTP_FOLDED_FIELD) | value_faults(line);
    field->value.length = (size_t)(line.data + line.length - field->value.data);
    field->value = http_trim(field->value);
}

/* Where the field of the next line goes: into the head, or where that is full, aside. */
static struct http_field *next_field(struct http_head *head, struct http_field *aside)
{
    if (head->field_count < HTTP_FIELDS_MAX) {
        return &head->fields[head->field_count++];
    }
    head->faults |= BIT(HTTP_FIELDS_LIMIT);
    return aside;
}

/* The lines up to the empty one; false while that has not come. */
static bool read_fields(struct bytes *input, struct http_head *head, struct notes *notes)
{
    struct http_field aside, *field = NULL;
    struct line line;

    while (take_line(input, &line, &head->faults)) {
        if (field != NULL && line.text.length > 0 && http_is_blank(line.text.data[0])) {
            read_fold(line.text, head, field);
            continue;
        }
        if (field != NULL) {
            note_field(field, head, notes);
        }
        if (line.text.length == 0) {
            return true;
        }
        field = next_field(head, &aside);
        read_field(&line, head, field);
    }
    return false;
}

/* 1xx, 204 and 304: RFC 9112 section 6.3 item 1. */
static bool status_has_no_body(uint16_t status)
{
    return status / 100 == 1 || status == 204 || status == 304;
}

/* RFC 9112 section 6.3, items 1 and 3 to 8. A length or coding that cannot be relied on makes the receiver
 * close the connection, so what follows belongs to that message. */
static enum http_framing framing_of(const struct http_head *head, const struct notes *notes)
{
    if (!head->is_request && status_has_no_body(head->status)) {
        return HTTP_NO_BODY;
    }
    if (notes->coding) {
        return notes->chunked_last ? HTTP_CHUNKED : HTTP_UNTIL_CLOSE;
    }
    if (notes->length_invalid) {
        return HTTP_UNTIL_CLOSE;
    }
    if (notes->length) {
        return HTTP_BY_LENGTH;
    }
    return head->is_request ? HTTP_NO_BODY : HTTP_UNTIL_CLOSE;
}

static uint64_t request_faults(const struct http_head *head, const struct notes *notes)
{
    uint64_t faults = 0;

    if (notes->hosts == 0 && head->version_major == 1 && head->version_minor >= 1) {
        faults |= BIT(HTTP_HOST_MISSING);       /* RFC 9112 section 3.2 */
    }
    if (notes->hosts > 1) {
        faults |= BIT(HTTP_HOST_REPEATED);
    }
    if (notes->coding && !notes->chunked_last) {
        faults |= BIT(HTTP_CODING_NOT_FINAL);   /* RFC 9112 section 6.3 item 4 */
    }
    return faults;
}

/* Fields that may not come with this status: RFC 9110 section 8.6, RFC 9112 section 6.1. */
static uint64_t forbidden_faults(bool length, bool coding)
{
    return (length ? BIT(HTTP_LENGTH_FORBIDDEN) : 0) | (coding ? BIT(HTTP_CODING_FORBIDDEN) : 0);
}

static void judge_head(struct http_head *head, const struct notes *notes)
{
    head->framing = framing_of(head, notes);
    if (head->is_request) {
        head->faults |= request_faults(head, notes);
    } else if (head->status / 100 == 1 || head->status == 204) {
        head->faults |= forbidden_faults(notes->length, notes->coding);
    }
    if (notes->length_invalid) {
        head->faults |= BIT(HTTP_LENGTH_INVALID);
    }
    if (notes->length && notes->coding) {
        head->faults |= BIT(HTTP_LENGTH_AND_CODING);        /* RFC 9112 section 6.2 */
    }
    if (has_field(head, HTTP_NAME_UPGRADE) && !head->connection_upgrade) {
        head->faults |= BIT(HTTP_UPGRADE_NOT_IN_CONNECTION);    /* RFC 9110 section 7.8 */
    }
    if (head->status == 426 && !has_field(head, HTTP_NAME_UPGRADE)) {
        head->faults |= BIT(HTTP_UPGRADE_NOT_NAMED);        /* RFC 9110 section 15.5.22 */
    }
}

enum http_step http_parse_head(struct bytes view, bool request, struct http_head *head)
{
    struct notes notes = { 0 };
    struct bytes rest = view;
    struct line line;

    clear_head(head, request);
    if (!take_line(&rest, &line, &head->faults)) {
        return plausible_prefix(view, request) ? HTTP_MORE : HTTP_REFUSED;
    }
    if (!read_start_line(&line, head)) {
        return HTTP_REFUSED;
    }
    if (!read_fields(&rest, head, &notes)) {
        return HTTP_MORE;
    }
    head->raw = bytes_first(view, view.length - rest.length);
    judge_head(head, &notes);
    return HTTP_HEAD;
}

/* RFC 9112 section 6.3, items 1 and 2. */
void http_answers(struct http_head *head, enum http_answer_to answer_to)
{
    if (head->is_request) {
        return;
    }
    if (answer_to == HTTP_ANSWER_TO_HEAD) {
        head->framing = HTTP_NO_BODY;
    } else if (answer_to == HTTP_ANSWER_TO_CONNECT && head->status / 100 == 2) {
        head->framing = HTTP_NO_BODY;
        head->faults |= forbidden_faults(has_field(head, HTTP_NAME_CONTENT_LENGTH),
                                         has_field(head, HTTP_NAME_TRANSFER_ENCODING));
    }
}

/* --- keeping a head --- */

static size_t size_of_fields(const struct http_head *head)
{
    return offsetof(struct http_head, fields) + head->field_count * sizeof head->fields[0];
}

/* The same place in a copy. */
static struct bytes moved(struct bytes view, const uint8_t *from, const uint8_t *to)
{
    return view.data ? bytes_of(to + (view.data - from), view.length) : view;
}

struct http_head *http_head_keep(const struct http_head *head, struct memory *memory)
{
    size_t size = size_of_fields(head);
    struct http_head *kept = memory_resize(memory, NULL, 0, size + head->raw.length);

    if (kept == NULL) {
        return NULL;
    }
    const uint8_t *from = head->raw.data, *to = (uint8_t *)kept + size;

    memcpy(kept, head, size);
    memcpy((uint8_t *)kept + size, from, head->raw.length);
    kept->raw = moved(head->raw, from, to);
    kept->method = moved(head->method, from, to);
    kept->target = moved(head->target, from, to);
    kept->reason = moved(head->reason, from, to);
    for (size_t i = 0; i < head->field_count; i++) {
        kept->fields[i].name = moved(head->fields[i].name, from, to);
        kept->fields[i].value = moved(head->fields[i].value, from, to);
    }
    return kept;
}

void http_head_release(struct http_head *kept, struct memory *memory)
{
    if (kept != NULL) {
        memory_release(memory, kept, size_of_fields(kept) + kept->raw.length);
    }
}

/* --- looking things up in a head --- */

const struct http_field *http_next_field(const struct http_head *head, enum http_name name,
                                         const struct http_field *behind)
{
    const struct http_field *end = head->fields + head->field_count;

    if (!has_field(head, name)) {
        return NULL;
    }
    for (const struct http_field *field = behind ? behind + 1 : head->fields; field < end; field++) {
        if (field->known == name) {
            return field;
        }
    }
    return NULL;
}

const struct http_field *http_find(const struct http_head *head, const char *name, size_t nth)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (http_same_text(head->fields[i].name, name) && nth-- == 0) {
            return &head->fields[i];
        }
    }
    return NULL;
}

struct http_list http_list_begin(const struct http_head *head, enum http_name name)
{
    return (struct http_list){ .head = head, .name = name };
}

bool http_list_walk(struct http_list *list, struct bytes *element)
{
    while (!http_list_next(&list->rest, element)) {
        const struct http_field *field = http_next_field(list->head, list->name, list->field);

        if (field == NULL) {
            return false;
        }
        list->field = field;
        list->rest = field->value;
    }
    return true;
}

bool http_lists(const struct http_head *head, enum http_name name, const char *token)
{
    struct http_list list = http_list_begin(head, name);
    struct bytes element;

    while (http_list_walk(&list, &element)) {
        if (http_same_text(element, token)) {
            return true;
        }
    }
    return false;
}

bool http_is_http2_preface(const struct http_head *head)
{
    return head->is_request && head->version_major == 2 && http_same_text(head->method, "PRI");
}
