/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* --- slices ------------------------------------------------------------------------------------------ */

bool slice_is(struct slice slice, const char *text)
{
    return slice.size == strlen(text) && memcmp(slice.at, text, slice.size) == 0;
}

bool slice_like(struct slice slice, const char *text)
{
    return slice.size == strlen(text) && strncasecmp(slice.at, text, slice.size) == 0;
}

/* How many of the first bytes are in the set. */
static size_t span(struct slice slice, const char *set)
{
    size_t i = 0;

    while (i < slice.size && slice.at[i] && strchr(set, slice.at[i])) {
        i++;
    }
    return i;
}

bool slice_is_token(struct slice slice)
{
    static const char set[] = "!#$%&'*+-.^_`|~0123456789"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return slice.size && span(slice, set) == slice.size;
}

bool slice_number(struct slice slice, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < slice.size; i++) {
        *number = *number * 10 + (uint64_t)(slice.at[i] - '0');
    }
    return slice.size && slice.size <= 15 && span(slice, "0123456789") == slice.size;
}

struct slice slice_cut(struct slice *rest, char separator)
{
    const char *found = rest->size ? memchr(rest->at, separator, rest->size) : NULL;
    size_t size = found ? (size_t)(found - rest->at) : rest->size;
    struct slice before = { rest->at, size };
    size_t blanks = span(before, " \t");

    *rest = found ? (struct slice){ found + 1, rest->size - size - 1 } : (struct slice){ rest->at + size, 0 };
    before = (struct slice){ before.at + blanks, before.size - blanks };
    while (before.size && strchr(" \t", before.at[before.size - 1])) {
        before.size--;
    }
    return before;
}

/* --- fields -------------------------------------------------------------------------------------------- */

size_t http_field(const struct request *request, const char *name, struct slice *value)
{
    size_t count = 0;

    *value = (struct slice){ "", 0 };
    for (size_t i = 0; i < request->count; i++) {
        if (slice_like(request->fields[i].name, name) && count++ == 0) {
            *value = request->fields[i].value;
        }
    }
    return count;
}

bool http_next_item(const struct request *request, const char *name, size_t *i, struct slice *list,
                    struct slice *item)
{
    for (;;) {
        while (list->size) {
            *item = slice_cut(list, ',');
            if (item->size) {
                return true;        /* empty items are none (RFC 9110 section 5.6.1.2) */
            }
        }
        while (*i < request->count && !slice_like(request->fields[*i].name, name)) {
            ++*i;
        }
        if (*i == request->count) {
            return false;
        }
        *list = request->fields[(*i)++].value;
    }
}

bool http_has_token(const struct request *request, const char *name, const char *token)
{
    struct slice list = { "", 0 }, item;
    size_t i = 0;

    while (http_next_item(request, name, &i, &list, &item)) {
        if (slice_like(item, token)) {
            return true;
        }
    }
    return false;
}

/* --- parsing: each function returns NULL, or the refusal ---------------------------------------------------- */

const char *http_judge(const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rules[i].broken) {
            return rules[i].refusal;
        }
    }
    return NULL;
}

/* RFC 9112 section 3. HTTP/1.0 knows no Upgrade, no Host, no pipelining: it is not spoken here. A target is a
 * path or, as to a proxy, a whole URI, whose host then counts (section 3.2.2). */
static const char *parse_request_line(struct request *request, struct slice line)
{
    const char *space = memchr(line.at, ' ', line.size), *last = memrchr(line.at, ' ', line.size);
    struct slice target = space == last ? (struct slice){ "", 0 } : (struct slice){ space + 1, (size_t)(last - space - 1) };
    struct slice version = last ? (struct slice){ last + 1, (size_t)(line.at + line.size - last - 1) } : line;
    bool is_version = version.size == 8 && memcmp(version.at, "HTTP/", 5) == 0 && isdigit((unsigned char)version.at[5]) &&
                      version.at[6] == '.' && isdigit((unsigned char)version.at[7]);
    bool is_target = target.size > 0;

    request->method = (struct slice){ line.at, space ? (size_t)(space - line.at) : 0 };
    for (size_t i = 0; i < target.size; i++) {
        is_target = is_target && isgraph((unsigned char)target.at[i]) && target.at[i] != '#';
    }
    if (target.size > 7 && strncasecmp(target.at, "http://", 7) == 0) {
        struct slice rest = { target.at + 7, target.size - 7 };

        request->host = (struct slice){ rest.at, strcspn(rest.at, "/? ") };
        target = (struct slice){ rest.at + request->host.size, rest.size - request->host.size };
        target = target.size ? target : (struct slice){ "/", 1 };
    }
    request->query = target;
    request->target = slice_cut(&request->query, '?');
    return http_judge((const struct rule[]){
        { !slice_is_token(request->method) || !is_target || !is_version, "400 This is no request line" },
        { is_version && (version.at[5] != '1' || version.at[7] == '0'), "505 HTTP/1.1 is spoken here" },
        { !slice_is(request->method, "GET") && !slice_is(request->method, "HEAD"),
          "405 One can only GET here\r\nAllow: GET, HEAD" },
        { !request->target.size || *request->target.at != '/', "400 The target must be a path or an http URI" },
    }, 4);
}

/* RFC 9112 sections 3.2, 6.1 and 6.3: one Host; content, of which nothing here has a use, is refused. */
static const char *check_fields(struct request *request)
{
    struct slice host, length, coding;
    size_t hosts = http_field(request, "Host", &host);
    size_t lengths = http_field(request, "Content-Length", &length);
    size_t codings = http_field(request, "Transfer-Encoding", &coding);
    uint64_t content = 0;
    bool is_length = !lengths || slice_number(length, &content);

    request->host = request->host.size ? request->host : host;
    return http_judge((const struct rule[]){
        { hosts != 1 || !host.size || strcspn(host.at, " \t,/@\"\r") < host.size, "400 There must be one Host" },
        { lengths > 1 || (lengths && codings) || !is_length, "400 The length of the content is unclear" },
        { codings, "501 Transfer codings are not known here" },
        { content, "413 Nothing here takes content" },
    }, 4);
}

/* RFC 9112 sections 2.2 and 5: lines end with CRLF and hold no other control; a name is a token, so there is
 * neither a blank before the colon nor a folded line. */
static const char *parse_head(struct request *request, struct slice head, size_t fields_max)
{
    const char *refusal = NULL;

    for (bool first = true; head.size && !refusal; first = false) {
        size_t size = (size_t)((const char *)memmem(head.at, head.size, "\r\n", 2) - head.at);
        struct slice line = { head.at, size }, value = line, name;

        for (size_t i = 0; i < size; i++) {
            refusal = iscntrl((unsigned char)line.at[i]) && line.at[i] != '\t' ? "400 A line holds a control" : refusal;
        }
        head = (struct slice){ head.at + size + 2, head.size - size - 2 };
        if (first && !refusal) {
            refusal = parse_request_line(request, line);
        } else if (!refusal) {
            const char *colon = memchr(line.at, ':', size);

            name = (struct slice){ line.at, colon ? (size_t)(colon - line.at) : 0 };
            slice_cut(&value, ':');
            refusal = !slice_is_token(name) ? "400 This is no field: name, colon, value" :
                      request->count == fields_max ? "431 The head has too many fields" : NULL;
            request->fields[refusal ? 0 : request->count++] = (struct field){ name, slice_cut(&value, '\n') };
        }
    }
    return refusal ? refusal : check_fields(request);
}

/* --- answers ------------------------------------------------------------------------------------------- */

void http_respond(struct client *client, const char *status, const char *fields, const void *content, size_t n)
{
    time_t now = time(NULL);
    struct tm utc;
    char date[32];

    strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime_r(&now, &utc));
    buffer_print(&client->output, "HTTP/1.1 %s\r\nDate: %s\r\n%s%sContent-Length: %zu\r\n\r\n", status, date,
                 client->keep_alive ? "" : "Connection: close\r\n", fields, n);
    buffer_append(&client->output, content, client->head_only ? 0 : n);
    client_enter(client, ROOMS);
    if (client->keep_alive) {
        client->state = REQUEST;
        client_set_deadline(client, KEEP_ALIVE_TIME);
    } else {
        client_finish(client);
    }
}

void http_refuse(struct client *client, const char *status)
{
    struct buffer *line = NULL;
    size_t size = strcspn(status, "\r");

    buffer_print(&line, "%.*s%c%s", (int)size, status, '\n', status + size);
    client->keep_alive = false;
    http_respond(client, status, "Content-Type: text/plain\r\n", line->bytes, size + 1);
    buffer_consume(&line, buffer_size(line));
}

size_t http_receive(struct client *client, uint8_t *bytes, size_t n)
{
    const uint64_t *limits = client->server->options.number;
    const uint8_t *end = memmem(bytes, n, "\r\n\r\n", 4);
    size_t size = end ? (size_t)(end - bytes) + 4 : n;
    struct request request = { .count = 0 };
    const char *refusal;

    client->head_only = false;
    if (n >= 2 && memcmp(bytes, "\r\n", 2) == 0) {
        return 2;       /* an empty line before a request is forgiven (RFC 9112 section 2.2) */
    }
    if (size <= limits[HEAD_MAX] && !end) {
        return 0;
    }
    refusal = size > limits[HEAD_MAX] ? "431 The head is too large" :
              parse_head(&request, (struct slice){ (const char *)bytes, size - 2 }, limits[FIELDS_MAX]);
    client->head_only = slice_is(request.method, "HEAD");
    client->keep_alive = !http_has_token(&request, "Connection", "close");
    client->endpoint = endpoint_find(request.target);
    if (refusal) {
        http_refuse(client, refusal);
    } else if (client->endpoint) {
        client->endpoint->get(client, &request);
    } else {
        http_respond(client, "404 There is nothing at this path", "", "", 0);
    }
    return size;
}
