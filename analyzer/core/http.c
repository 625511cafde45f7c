/* SPDX-License-Identifier: MIT */
#include "http.h"

#define BIT(fault) (1U << (fault))

_Static_assert(HTTP_FAULTS <= 32, "struct http_reader keeps them in 32 bits");

#define METHOD_MAX   32     /* the longest one registered has 17 */
#define PREFIX_MAX   64     /* bytes of an unfinished start line that are looked at for plausibility */
#define VERSION_SIZE 8      /* "HTTP/1.1" */

/* --- characters and text: RFC 9110 sections 5.5 and 5.6 --- */

/* Section 5.6.2: digits, letters and !#$%&'*+-.^_`|~ */
static const bool token_characters[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1,
    ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1,
    ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1,
    ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1,
    ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
    ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1,
    ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1,
    ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower_case(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

struct bytes http_trim(struct bytes text)
{
    while (text.length > 0 && (is_blank(text.data[0]) || text.data[0] == '\r' || text.data[0] == '\n')) {
        text = bytes_after(text, 1);
    }
    while (text.length > 0 && (is_blank(text.data[text.length - 1]) || text.data[text.length - 1] == '\r' ||
                               text.data[text.length - 1] == '\n')) {
        text.length--;
    }
    return text;
}

static size_t token_length(struct bytes text)
{
    size_t n = 0;

    while (n < text.length && token_characters[text.data[n]]) {
        n++;
    }
    return n;
}

bool http_is_token(struct bytes view)
{
    return view.length > 0 && token_length(view) == view.length;
}

/* n bytes of each, at least one. The first letter tells most names apart, and most senders write names as the
 * RFCs do: so two quick looks come first. */
static bool same_letters(const uint8_t *a, const char *b, size_t n)
{
    if (((a[0] ^ (uint8_t)b[0]) & 0xDF) != 0) {
        return false;
    }
    if (memcmp(a, b, n) == 0) {
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower_case(a[i]) != lower_case((uint8_t)b[i])) {
            return false;
        }
    }
    return true;
}

bool http_same_text(struct bytes a, const char *b)
{
    size_t n = strlen(b);

    return a.length == n && (n == 0 || same_letters(a.data, b, n));
}

/* How many bytes from the front are neither controls nor DEL; eight are looked at at once. */
static size_t plain_run(struct bytes text)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    size_t i = 0;
    uint64_t word;

    for (; text.length - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text.data + i, sizeof word);
        uint64_t deleted = word ^ each * 0x7F;

        if ((((word - each * ' ') & ~word) | ((deleted - each) & ~deleted)) & each * 0x80) {
            break;
        }
    }
    while (i < text.length && text.data[i] >= ' ' && text.data[i] != 0x7F) {
        i++;
    }
    return i;
}

/* Controls that may not stand in a value (RFC 9110 section 5.5); bytes from 0x80 on may. */
static uint64_t value_faults(struct bytes value)
{
    uint64_t faults = 0;

    for (value = bytes_after(value, plain_run(value)); value.length > 0;
         value = bytes_after(value, 1 + plain_run(bytes_after(value, 1)))) {
        if (value.data[0] == '\r') {
            faults |= BIT(HTTP_BARE_CR);
        } else if (value.data[0] != '\t') {
            faults |= BIT(HTTP_FIELD_VALUE);
        }
    }
    return faults;
}

/* How far it is to the separator, or to the end, quoted strings passed over (RFC 9110 section 5.6.4). */
static size_t length_before(struct bytes text, uint8_t separator)
{
    bool quoted = false;
    size_t n = 0;

    for (; n < text.length && (quoted || text.data[n] != separator); n++) {
        if (text.data[n] == '"') {
            quoted = !quoted;
        } else if (quoted && text.data[n] == '\\') {
            n++;    /* quoted-pair: at the very end, it is half a pair */
        }
    }
    return n < text.length ? n : text.length;
}

bool http_split(struct bytes *text, uint8_t separator, struct bytes *piece)
{
    if (text->length == 0) {
        return false;
    }
    const uint8_t *at = memchr(text->data, separator, text->length);
    size_t n = at ? (size_t)(at - text->data) : text->length;

    if (memchr(text->data, '"', n) != NULL) {
        n = length_before(*text, separator);
    }
    *piece = http_trim(bytes_first(*text, n));
    *text = bytes_after(*text, n + 1);
    return true;
}

bool http_list_next(struct bytes *list, struct bytes *element)
{
    while (http_split(list, ',', element)) {
        if (element->length > 0) {
            return true;
        }
    }
    return false;
}

/* --- looking things up in a head --- */

/* The first field of that name from *next on, which is moved behind it. */
static const struct http_field *find_next(const struct http_head *head, const char *name, size_t *next)
{
    size_t length = strlen(name);

    while (*next < head->field_count) {
        const struct http_field *field = &head->fields[(*next)++];

        if (field->name.length == length && same_letters(field->name.data, name, length)) {
            return field;
        }
    }
    return NULL;
}

const struct http_field *http_find(const struct http_head *head, const char *name, size_t nth)
{
    size_t next = 0;
    const struct http_field *field = find_next(head, name, &next);

    while (field != NULL && nth-- > 0) {
        field = find_next(head, name, &next);
    }
    return field;
}

struct http_list http_list_begin(const struct http_head *head, const char *name)
{
    return (struct http_list){ .head = head, .name = name };
}

bool http_list_walk(struct http_list *list, struct bytes *element)
{
    while (!http_list_next(&list->rest, element)) {
        const struct http_field *field = find_next(list->head, list->name, &list->next_field);

        if (field == NULL) {
            return false;
        }
        list->rest = field->value;
    }
    return true;
}

bool http_lists(const struct http_head *head, const char *name, const char *token)
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

/* --- start lines: RFC 9112 sections 2.3, 3 and 4 --- */

/* All fields but the array, which field_count guards. */
static void clear_head(struct http_head *head, bool request)
{
    head->is_request = request;
    head->version_major = head->version_minor = 0;
    head->method = head->target = head->reason = head->raw = bytes_of(NULL, 0);
    head->status = 0;
    head->field_count = 0;
    head->framing = HTTP_NO_BODY;
    head->content_length = head->body_length = 0;
    head->complete = false;
    head->faults = 0;
}

static bool read_version(struct bytes text, struct http_head *head)
{
    if (text.length != VERSION_SIZE || memcmp(text.data, "HTTP/", 5) != 0 || !is_digit(text.data[5]) ||
        text.data[6] != '.' || !is_digit(text.data[7])) {
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
    size_t method = token_length(text);

    if (text.data != line.data || method == 0 || method > METHOD_MAX ||
        text.length < method + 1 + VERSION_SIZE ||
        !is_blank(text.data[method]) || !is_blank(text.data[text.length - VERSION_SIZE - 1]) ||
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

/* HTTP-version SP status-code SP [ reason-phrase ]; the last SP is often left out. */
static bool read_status_line(struct bytes line, struct http_head *head)
{
    struct bytes code;
    struct bytes rest = http_trim(bytes_after(line, VERSION_SIZE));

    if (!read_version(bytes_first(line, VERSION_SIZE), head) || line.length < VERSION_SIZE + 4 ||
        !is_blank(line.data[VERSION_SIZE]) || token_length(rest) != 3) {
        return false;
    }
    code = bytes_first(rest, 3);
    for (size_t i = 0; i < code.length; i++) {
        if (!is_digit(code.data[i])) {
            return false;
        }
        head->status = (uint16_t)(head->status * 10 + code.data[i] - '0');
    }
    head->reason = http_trim(bytes_after(rest, 3));
    if (value_faults(head->reason) != 0 || line.data[VERSION_SIZE] != ' ' ||
        code.data != line.data + VERSION_SIZE + 1 || line.length == VERSION_SIZE + 4 ||
        line.data[VERSION_SIZE + 4] != ' ') {
        head->faults |= BIT(HTTP_START_LINE);
    }
    if (head->status < 100 || head->status > 599) {
        head->faults |= BIT(HTTP_STATUS_RANGE);     /* RFC 9110 section 15 */
    }
    return true;
}

static bool read_start_line(struct bytes line, struct http_head *head)
{
    if (line.length > 0 && memchr(line.data, '\r', line.length) != NULL) {
        head->faults |= BIT(HTTP_BARE_CR);
    }
    return head->is_request ? read_request_line(line, head) : read_status_line(line, head);
}

/* The next line without its end (RFC 9112 section 2.2: a lone LF is taken for one); false while its LF has
 * not come. */
static bool take_line(struct bytes *input, struct bytes *line, uint64_t *faults)
{
    const uint8_t *lf = input->length ? memchr(input->data, '\n', input->length) : NULL;

    if (lf == NULL) {
        return false;
    }
    *line = bytes_first(*input, (size_t)(lf - input->data));
    *input = bytes_after(*input, line->length + 1);
    if (line->length > 0 && lf[-1] == '\r') {
        line->length--;
    } else {
        *faults |= BIT(HTTP_BARE_LF);
    }
    return true;
}

/* An unfinished start line. False only where no bytes to come could make read_start_line take it. */
static bool plausible_prefix(struct bytes view, bool request)
{
    static const char response[] = "HTTP/";
    size_t n = view.length < sizeof response - 1 ? view.length : sizeof response - 1;

    if (!request) {
        return n == 0 || memcmp(view.data, response, n) == 0;
    }
    n = token_length(bytes_first(view, METHOD_MAX + 1));
    return n == view.length ? n <= METHOD_MAX : n > 0 && n <= METHOD_MAX && is_blank(view.data[n]);
}

/* RFC 9112 section 2.2: empty lines before a start line are ignored. */
static void pass_empty_lines(struct bytes *input)
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
    struct bytes line;

    clear_head(&head, request);
    pass_empty_lines(&view);
    return take_line(&view, &line, &head.faults) ? read_start_line(line, &head)
                                                 : plausible_prefix(view, request);
}

/* --- fields: RFC 9112 section 5, and what they say of the body: section 6 --- */

/* What the fields have said so far that decides where the body ends, or must agree at the end of the head.
 * Judged field by field, so that fields beyond HTTP_FIELDS_MAX count as well. */
struct notes {
    unsigned hosts;
    bool upgrade, connection_upgrade;
    bool length, length_invalid;
    bool coding, chunked_last;
};

/* Several lengths, in a list or in several fields, are one where they are equal (RFC 9112 section 6.3). */
static void note_content_length(struct bytes value, struct http_head *head, struct notes *notes)
{
    struct bytes element;
    bool any = false;

    while (http_list_next(&value, &element)) {
        uint64_t length = 0;

        for (size_t i = 0; i < element.length; i++) {
            uint8_t digit = (uint8_t)(element.data[i] - '0');

            if (digit > 9 || length > (UINT64_MAX - digit) / 10) {
                notes->length_invalid = true;
                return;
            }
            length = length * 10 + digit;
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

static void note_connection(struct bytes value, struct notes *notes)
{
    struct bytes element;

    while (http_list_next(&value, &element)) {
        notes->connection_upgrade |= http_same_text(element, "Upgrade");
    }
}

static void note_field(const struct http_field *field, struct http_head *head, struct notes *notes)
{
    switch (field->name.length) {
    case 4:
        notes->hosts += http_same_text(field->name, "Host");
        break;
    case 7:
        notes->upgrade |= http_same_text(field->name, "Upgrade");
        break;
    case 10:
        if (http_same_text(field->name, "Connection")) {
            note_connection(field->value, notes);
        }
        break;
    case 14:
        if (http_same_text(field->name, "Content-Length")) {
            note_content_length(field->value, head, notes);
        }
        break;
    case 17:
        if (http_same_text(field->name, "Transfer-Encoding")) {
            note_transfer_coding(field->value, notes);
        }
        break;
    default:
        break;
    }
}

/* What is wrong with a name that is no token, or that no colon follows; blanks around it are taken off. */
static uint64_t name_faults(struct bytes *name, bool colon)
{
    struct bytes whole = *name;
    bool space_before_colon = colon && whole.length > 0 && is_blank(whole.data[whole.length - 1]);
    bool space_in_front = whole.length > 0 && is_blank(whole.data[0]);

    *name = http_trim(whole);
    return (space_before_colon ? BIT(HTTP_SPACE_BEFORE_COLON) : 0) |
           (!colon || space_in_front || !http_is_token(*name) ? BIT(HTTP_FIELD_NAME) : 0);
}

/* field-name ":" OWS field-value OWS */
static void read_field(struct bytes line, struct http_head *head, struct http_field *field)
{
    size_t name = token_length(line);
    const uint8_t *colon = line.data + name;

    if (name == line.length || *colon != ':') {     /* not the common case */
        colon = memchr(line.data, ':', line.length);
    }
    size_t before = colon ? (size_t)(colon - line.data) : line.length;
    struct bytes value = bytes_after(line, before + 1);

    field->name = bytes_of(line.data, before);
    field->value = http_trim(value);
    head->faults |= value_faults(value);
    if (before != name || colon == NULL || name == 0) {
        head->faults |= name_faults(&field->name, colon != NULL);
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
    struct bytes line;

    while (take_line(input, &line, &head->faults)) {
        if (field != NULL && line.length > 0 && is_blank(line.data[0])) {
            read_fold(line, head, field);
            continue;
        }
        if (field != NULL) {
            note_field(field, head, notes);
        }
        if (line.length == 0) {
            return true;
        }
        field = next_field(head, &aside);
        read_field(line, head, field);
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
    if (notes->upgrade && !notes->connection_upgrade) {
        head->faults |= BIT(HTTP_UPGRADE_NOT_IN_CONNECTION);    /* RFC 9110 section 7.8 */
    }
}

enum http_step http_parse_head(struct bytes view, bool request, struct http_head *head)
{
    struct notes notes = { 0 };
    struct bytes rest = view, line;

    clear_head(head, request);
    if (!take_line(&rest, &line, &head->faults)) {
        return plausible_prefix(view, request) ? HTTP_MORE : HTTP_REFUSED;
    }
    if (!read_start_line(line, head)) {
        return HTTP_REFUSED;
    }
    if (!read_fields(&rest, head, &notes)) {
        return HTTP_MORE;
    }
    head->raw = bytes_first(view, view.length - rest.length);
    judge_head(head, &notes);
    return HTTP_HEAD;
}

/* RFC 9112 section 6.3, items 1 and 2: what the head cannot know. */
static void apply_answer_to(struct http_head *head, enum http_answer_to answer_to)
{
    if (head->is_request) {
        return;
    }
    if (answer_to == HTTP_ANSWER_TO_HEAD) {
        head->framing = HTTP_NO_BODY;
    } else if (answer_to == HTTP_ANSWER_TO_CONNECT && head->status / 100 == 2) {
        head->framing = HTTP_NO_BODY;
        head->faults |= forbidden_faults(http_find(head, "Content-Length", 0) != NULL,
                                         http_find(head, "Transfer-Encoding", 0) != NULL);
    }
}

/* --- the reader: gathering heads --- */

void http_reader_init(struct http_reader *reader, bool requests, bool lost)
{
    *reader = (struct http_reader){
        .is_request = requests,
        .state = lost ? HTTP_STATE_LOST : HTTP_STATE_HEAD,
    };
}

void http_reader_release(struct http_reader *reader, struct memory *memory)
{
    memory_release(memory, reader->buffer, reader->capacity);
    reader->buffer = NULL;
    reader->buffered = reader->capacity = reader->line_start = 0;
}

/* Adds to the buffer, which doubles as it grows: a head that arrives byte by byte costs linear time. */
static bool buffer_append(struct http_reader *reader, struct bytes bytes, struct memory *memory)
{
    size_t needed = reader->buffered + bytes.length;
    size_t capacity = reader->capacity * (size_t)2;

    if (needed > UINT32_MAX / 2) {
        return false;
    }
    if (needed > reader->capacity) {
        capacity = capacity > needed ? capacity : needed;
        uint8_t *grown = memory_resize(memory, reader->buffer, reader->capacity, capacity);

        if (grown == NULL) {
            return false;
        }
        reader->buffer = grown;
        reader->capacity = (uint32_t)capacity;
    }
    memcpy(reader->buffer + reader->buffered, bytes.data, bytes.length);
    reader->buffered = (uint32_t)needed;
    return true;
}

static void lose(struct http_reader *reader, struct memory *memory)
{
    http_reader_release(reader, memory);
    reader->state = HTTP_STATE_LOST;
}

/* Not HTTP. Where the start line was a guess, the guess was wrong. */
static enum http_step refuse(struct http_reader *reader, enum http_step why, struct memory *memory)
{
    if (reader->resuming) {
        lose(reader, memory);
        return HTTP_MORE;
    }
    http_reader_release(reader, memory);
    reader->state = HTTP_STATE_REFUSED;
    return why;
}

static enum http_step begin_message(struct http_reader *reader, struct http_head *head, struct memory *memory)
{
    static const uint8_t body_states[] = {
        [HTTP_NO_BODY] = HTTP_STATE_END,
        [HTTP_BY_LENGTH] = HTTP_STATE_BODY,
        [HTTP_CHUNKED] = HTTP_STATE_CHUNK_SIZE,
        [HTTP_UNTIL_CLOSE] = HTTP_STATE_UNTIL_CLOSE,
    };

    if (reader->resuming && head->faults & BIT(HTTP_FIELD_NAME)) {
        return refuse(reader, HTTP_REFUSED, memory);
    }
    apply_answer_to(head, reader->answer_to);
    reader->framing = (uint8_t)head->framing;
    reader->faults = (uint32_t)head->faults;
    reader->remaining = head->framing == HTTP_BY_LENGTH ? head->content_length : 0;
    reader->body_length = 0;
    reader->line_length = 0;
    reader->state = body_states[head->framing];
    reader->state_after = HTTP_STATE_HEAD;
    reader->cut = reader->resuming = reader->after_cr = false;
    reader->head_current = true;
    return HTTP_HEAD;
}

/* Whether the line that has just become whole is the empty one that ends a head. */
static bool last_line_is_empty(const struct http_reader *reader)
{
    uint32_t length = reader->buffered - reader->line_start;

    return length == 1 || (length == 2 && reader->buffer[reader->line_start] == '\r');
}

/* A piece has been added to a head that is not whole: can it still become one? */
static bool still_plausible(struct http_reader *reader, size_t piece)
{
    struct bytes view = bytes_of(reader->buffer, reader->buffered);
    bool in_start_line = reader->line_start == 0;

    if (view.data[view.length - 1] == '\n') {
        reader->line_start = reader->buffered;
        return !in_start_line || http_plausible_start(view, reader->is_request);
    }
    return !in_start_line || view.length - piece >= PREFIX_MAX || plausible_prefix(view, reader->is_request);
}

/* A head that did not arrive whole is put together line by line, so that no byte behind it is copied. */
static enum http_step gather_head(struct http_reader *reader, struct bytes *input, struct http_head *head,
                                  const struct limits *limits, struct memory *memory)
{
    while (input->length > 0 && reader->buffered < limits->head) {
        struct bytes piece = bytes_first(*input, limits->head - reader->buffered);
        const uint8_t *lf = memchr(piece.data, '\n', piece.length);

        if (lf != NULL) {
            piece.length = (size_t)(lf - piece.data) + 1;
        }
        *input = bytes_after(*input, piece.length);
        if (!buffer_append(reader, piece, memory)) {
            lose(reader, memory);
            return HTTP_MORE;
        }
        if (lf != NULL && last_line_is_empty(reader)) {
            http_parse_head(bytes_of(reader->buffer, reader->buffered), reader->is_request, head);
            return begin_message(reader, head, memory);
        }
        if (!still_plausible(reader, piece.length)) {
            return refuse(reader, HTTP_REFUSED, memory);
        }
    }
    return reader->buffered < limits->head ? HTTP_MORE : refuse(reader, HTTP_HEAD_TOO_LONG, memory);
}

static enum http_step read_head(struct http_reader *reader, struct bytes *input, struct http_head *head,
                                const struct limits *limits, struct memory *memory)
{
    if (reader->buffered > 0) {
        return gather_head(reader, input, head, limits, memory);
    }
    pass_empty_lines(input);
    if (input->length == 0) {
        return HTTP_MORE;
    }
    switch (http_parse_head(bytes_first(*input, limits->head), reader->is_request, head)) {
    case HTTP_HEAD:
        *input = bytes_after(*input, head->raw.length);
        return begin_message(reader, head, memory);
    case HTTP_MORE:
        return gather_head(reader, input, head, limits, memory);
    default:
        return refuse(reader, HTTP_REFUSED, memory);
    }
}

static void pass_all(struct bytes *input)
{
    *input = bytes_after(*input, input->length);
}

/* After a loss: a start line at the start of a segment is believed, for now. A request's is judged more
 * strictly than one in its place, since any text begins with a word and a blank. */
static bool find_start(struct http_reader *reader, struct bytes *input, bool segment_start)
{
    bool found = segment_start && input->length > 0 && http_plausible_start(*input, reader->is_request) &&
                 (reader->is_request ? memchr(input->data, '\n', input->length) != NULL
                                     : input->length > VERSION_SIZE);

    if (!found) {
        pass_all(input);
        return false;
    }
    reader->resuming = true;
    reader->state = HTTP_STATE_HEAD;
    return true;
}

/* --- the reader: passing over bodies (RFC 9112 sections 6 and 7) ------------------------------------------
 * One function per state. Each takes what it can from the input and sets the state that follows; false when
 * the input is used up before. */

/* The rest of the body cannot be told from what follows it. */
static bool break_message(struct http_reader *reader)
{
    reader->faults |= BIT(HTTP_CHUNK_MALFORMED);
    reader->cut = true;
    reader->state_after = HTTP_STATE_LOST;
    reader->state = HTTP_STATE_END;
    return true;
}

static bool begin_line(struct http_reader *reader, enum http_state state)
{
    reader->line_length = 0;
    reader->after_cr = false;
    reader->state = (uint8_t)state;
    return true;
}

static bool line_is_empty(const struct http_reader *reader)
{
    return reader->line_length == 0 || (reader->line_length == 1 && reader->after_cr);
}

static void count_line(struct http_reader *reader, size_t n)
{
    reader->line_length = n < 2 && reader->line_length + n < 2 ? (uint8_t)(reader->line_length + n) : 2;
}

/* Takes bytes through the next LF; true when it has come. */
static bool pass_line(struct http_reader *reader, struct bytes *input)
{
    const uint8_t *lf = input->length ? memchr(input->data, '\n', input->length) : NULL;
    size_t n = lf ? (size_t)(lf - input->data) : input->length;

    if (n > 0) {
        reader->after_cr = input->data[n - 1] == '\r';
        count_line(reader, n);
    }
    *input = bytes_after(*input, n);
    if (lf == NULL) {
        return false;
    }
    *input = bytes_after(*input, 1);
    if (!reader->after_cr) {
        reader->faults |= BIT(HTTP_BARE_LF);
    }
    return true;
}

static bool pass_content(struct http_reader *reader, struct bytes *input)
{
    uint64_t n = reader->remaining < input->length ? reader->remaining : input->length;

    *input = bytes_after(*input, (size_t)n);
    reader->remaining -= n;
    reader->body_length += n;
    return reader->remaining == 0;
}

static int hex_value(uint8_t c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c = lower_case(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* chunk-size = 1*HEXDIG, here at most 2^64 - 1. */
static bool pass_chunk_size(struct http_reader *reader, struct bytes *input)
{
    for (; input->length > 0; *input = bytes_after(*input, 1)) {
        uint8_t c = input->data[0];
        int digit = hex_value(c);

        if (digit < 0) {
            bool ends_size = is_blank(c) || c == ';' || c == '\r' || c == '\n';

            reader->state = HTTP_STATE_CHUNK_EXTENSION;
            return ends_size && reader->line_length > 0 ? true : break_message(reader);
        }
        if (reader->remaining >> 60 != 0) {
            return break_message(reader);
        }
        reader->remaining = reader->remaining << 4 | (unsigned)digit;
        count_line(reader, 1);
    }
    return false;
}

static bool pass_chunk_extension(struct http_reader *reader, struct bytes *input)
{
    if (!pass_line(reader, input)) {
        return false;
    }
    return begin_line(reader, reader->remaining > 0 ? HTTP_STATE_CHUNK_DATA : HTTP_STATE_TRAILER);
}

static bool pass_chunk_end(struct http_reader *reader, struct bytes *input)
{
    for (; input->length > 0; *input = bytes_after(*input, 1)) {
        if (input->data[0] == '\n') {
            return pass_line(reader, input) && begin_line(reader, HTTP_STATE_CHUNK_SIZE);
        }
        if (input->data[0] != '\r' || reader->after_cr) {
            return break_message(reader);
        }
        reader->after_cr = true;
    }
    return false;
}

static bool pass_trailer(struct http_reader *reader, struct bytes *input)
{
    if (!pass_line(reader, input)) {
        return false;
    }
    return begin_line(reader, line_is_empty(reader) ? HTTP_STATE_END : HTTP_STATE_TRAILER);
}

static bool pass_body(struct http_reader *reader, struct bytes *input)
{
    switch (reader->state) {
    case HTTP_STATE_BODY:
        return pass_content(reader, input) && begin_line(reader, HTTP_STATE_END);
    case HTTP_STATE_CHUNK_SIZE:
        return pass_chunk_size(reader, input);
    case HTTP_STATE_CHUNK_EXTENSION:
        return pass_chunk_extension(reader, input);
    case HTTP_STATE_CHUNK_DATA:
        return pass_content(reader, input) && begin_line(reader, HTTP_STATE_CHUNK_END);
    case HTTP_STATE_CHUNK_END:
        return pass_chunk_end(reader, input);
    case HTTP_STATE_TRAILER:
        return pass_trailer(reader, input);
    default:    /* HTTP_STATE_UNTIL_CLOSE */
        reader->body_length += input->length;
        pass_all(input);
        return false;
    }
}

/* --- the reader: steps --- */

static bool in_body(const struct http_reader *reader)
{
    return reader->state >= HTTP_STATE_BODY && reader->state <= HTTP_STATE_UNTIL_CLOSE;
}

/* The input that *head is a view of is about to go, and its body is still arriving. Without memory the
 * HTTP_END will come without a head. */
static enum http_step keep_head(struct http_reader *reader, const struct http_head *head,
                                struct memory *memory)
{
    if (reader->head_current && reader->buffered == 0) {
        buffer_append(reader, head->raw, memory);
    }
    reader->head_current = false;
    return HTTP_MORE;
}

/* States that can be left without another byte are. */
static void settle(struct http_reader *reader)
{
    struct bytes nothing = bytes_of(NULL, 0);

    while (in_body(reader) && pass_body(reader, &nothing)) {
        continue;
    }
}

static enum http_step end_message(struct http_reader *reader, struct http_head *head)
{
    if (!reader->head_current) {
        clear_head(head, reader->is_request);
        if (reader->buffered > 0) {
            http_parse_head(bytes_of(reader->buffer, reader->buffered), reader->is_request, head);
        }
    }
    head->framing = reader->framing;
    head->faults = reader->faults;
    head->body_length = reader->body_length;
    head->complete = !reader->cut;
    reader->state = HTTP_STATE_OVER;
    return HTTP_END;
}

static void forget_message(struct http_reader *reader, struct memory *memory)
{
    http_reader_release(reader, memory);
    reader->head_current = false;
    reader->state = reader->state_after;
}

enum http_step http_step(struct http_reader *reader, struct bytes *input, bool segment_start,
                         struct http_head *head, const struct limits *limits, struct memory *memory)
{
    enum http_step step;

    for (;;) {
        switch (reader->state) {
        case HTTP_STATE_OVER:
            forget_message(reader, memory);
            break;
        case HTTP_STATE_LOST:
            if (!find_start(reader, input, segment_start)) {
                return HTTP_MORE;
            }
            break;
        case HTTP_STATE_HEAD:
            step = read_head(reader, input, head, limits, memory);
            if (reader->state == HTTP_STATE_LOST) {
                pass_all(input);
            }
            return step;
        case HTTP_STATE_END:
            return end_message(reader, head);
        case HTTP_STATE_REFUSED:
            return HTTP_REFUSED;
        default:
            if (!pass_body(reader, input)) {
                return keep_head(reader, head, memory);
            }
        }
    }
}

/* What is under way ends here, and where the next message begins is not known. */
static bool skip_past_message(struct http_reader *reader)
{
    reader->cut = true;
    reader->state_after = HTTP_STATE_LOST;
    reader->state = HTTP_STATE_END;
    return false;
}

bool http_skip(struct http_reader *reader, uint64_t gap, struct memory *memory)
{
    settle(reader);
    switch (reader->state) {
    case HTTP_STATE_BODY:
    case HTTP_STATE_CHUNK_DATA:
        if (gap > reader->remaining) {
            return skip_past_message(reader);
        }
        reader->remaining -= gap;
        reader->body_length += gap;
        return true;
    case HTTP_STATE_UNTIL_CLOSE:
        reader->body_length += gap;
        return true;
    case HTTP_STATE_END:
        reader->state_after = HTTP_STATE_LOST;
        return false;
    case HTTP_STATE_REFUSED:
        return false;
    case HTTP_STATE_HEAD:
    case HTTP_STATE_LOST:
    case HTTP_STATE_OVER:
        lose(reader, memory);
        return false;
    default:    /* between chunks */
        return skip_past_message(reader);
    }
}

enum http_step http_finish(struct http_reader *reader, struct http_head *head)
{
    settle(reader);
    if (in_body(reader)) {
        if (reader->state != HTTP_STATE_UNTIL_CLOSE) {
            reader->cut = true;
            reader->faults |= BIT(HTTP_BODY_CUT);       /* RFC 9112 section 8 */
        }
        reader->state = HTTP_STATE_END;
    }
    return reader->state == HTTP_STATE_END ? end_message(reader, head) : HTTP_MORE;
}
