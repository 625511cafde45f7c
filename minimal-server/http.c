/* SPDX-License-Identifier: MIT */
#include <ctype.h>

#include "server.h"

bool http_is_only(const char *text, const char *characters)
{
    return *text && !text[strspn(text, characters)];
}

char *http_cut(char **text, const char *separator)
{
    char *piece = strsep(text, separator), *end;

    piece += strspn(piece, " \t");
    for (end = piece + strlen(piece); end > piece && strchr(" \t", end[-1]); end--) {
        end[-1] = '\0';
    }
    return piece;
}

/* --- fields ---------------------------------------------------------------------------------------- */

char *http_next_item(const struct request *request, const char *name, size_t *i)
{
    for (; *i < request->count && strcasecmp(request->names[*i], name) != 0; ++*i) {
    }
    return *i < request->count ? request->values[(*i)++] : NULL;
}

const char *http_field(const struct request *request, const char *name)
{
    size_t i = 0;
    const char *value = http_next_item(request, name, &i);

    return value && http_next_item(request, name, &i) ? "," : value;
}

bool http_has(const struct request *request, const char *name, const char *item)
{
    const char *value = NULL;

    for (size_t i = 0; (value = http_next_item(request, name, &i)) && strcasecmp(value, item) != 0;) {
    }
    return value;
}

/* --- parsing: each function returns NULL, or the refusal ------------------------------------------- */

/* RFC 9112 section 3. HTTP/1.0 knows no Upgrade, no Host, no pipelining: it is not spoken here. A target is a
 * path or, as to a proxy, a whole URI (section 3.2.2). */
static const char *parse_request_line(struct request *request, char *line)
{
    char *target, *version;
    bool absolute;

    request->method = strsep(&line, " ");
    target = strsep(&line, " ");
    version = line;
    if (!version || fnmatch("HTTP/[0-9].[0-9]", version, 0) != 0 || !http_is_only(request->method, TOKEN) ||
        !http_is_only(target, ALPHANUMERIC "-._~:/?[]@!$&'()*+,;=%")) {     /* RFC 3986 appendix A */
        return "400 This is no request line";
    }
    absolute = strncasecmp(target, "http://", 7) == 0;
    target += absolute ? 7 + strcspn(target + 7, "/?") : 0;
    request->path = strsep(&target, "?");
    request->path = absolute && !*request->path ? "/" : request->path;
    request->query = target;
    return fnmatch("HTTP/1.[1-9]", version, 0) ? "505 HTTP/1.1 is spoken here" :
           !fnmatch("@(POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)", request->method, FNM_EXTMATCH) ?
               "405 One can only GET here\r\nAllow: GET, HEAD" :
           fnmatch("@(GET|HEAD)", request->method, FNM_EXTMATCH) ? "501 This method is not known here" :
           *request->path != '/' ? "400 The target must be a path or an http URI" : NULL;
}

/* RFC 9112 sections 3.2, 6.1 and 6.3: one Host; content, of which nothing here has a use, is refused. */
static const char *check_fields(struct request *request)
{
    const char *host = http_field(request, "Host"), *length = http_field(request, "Content-Length");
    const char *coding = http_field(request, "Transfer-Encoding");

    return !host || !http_is_only(host, ALPHANUMERIC "-._~:[]!$&'()*+;=%") ? "400 There must be one Host" :
           length && (coding || !http_is_only(length, DIGITS)) ? "400 The length of the content is unclear" :
           coding ? "501 Transfer codings are not known here" :
           length && length[strspn(length, "0")] ? "413 Nothing here takes content" : NULL;
}

/* RFC 9112 section 5: a name is a token, so there is neither a blank before the colon nor a folded line. */
static const char *parse_head(struct request *request, char *head)
{
    const char *refusal = parse_request_line(request, strsep(&head, "\r"));
    char *line, *name;

    while (!refusal && *(line = strsep(&head, "\r") + 1)) {     /* + 1: the LF of the line before */
        name = strsep(&line, ":");
        refusal = !line || !http_is_only(name, TOKEN) ? "400 This is no field: name, colon, value" : NULL;
        while (!refusal && line) {
            request->names[request->count] = name;
            request->values[request->count] = http_cut(&line, ",");
            refusal = ++request->count > server.number[FIELDS_MAX] ? "431 There are too many fields" : NULL;
        }
    }
    return refusal ? refusal : check_fields(request);
}

/* --- answers --------------------------------------------------------------------------------------- */

void http_respond(struct client *client, const char *status, const char *fields, const void *bytes, size_t n)
{
    time_t now = time(NULL);
    char date[32];

    strftime(date, sizeof date, "%a, %d %b %Y %T GMT", gmtime(&now));
    buffer_print(&client->output, "HTTP/1.1 %s\r\nDate: %s\r\n%s%sContent-Length: %zu\r\n\r\n", status, date,
                 client->keep_alive ? "" : "Connection: close\r\n", fields, n);
    buffer_append(&client->output, bytes, client->head_only ? 0 : n);
    client_become(client, client->keep_alive ? REQUEST : DRAINING);
}

void http_refuse(struct client *client, const char *status)
{
    client->keep_alive = false;
    http_respond(client, status, "Content-Type: text/plain\r\n", status, strcspn(status, "\r"));
}

/* RFC 9112 section 2.2: lines end with CRLF and hold no other control. They are judged as they come, so that
 * who speaks TLS here, or ends lines with LF, learns it at once. */
size_t http_receive(struct client *client, uint8_t *bytes, size_t n)
{
    const uint8_t *end = memmem(bytes, n, "\r\n\r\n", 4);
    size_t size = end ? (size_t)(end - bytes) + 4 : n, clean = 0;
    struct request request = { .count = 0 };
    const char *refusal;

    if (n >= 2 && memcmp(bytes, "\r\n", 2) == 0) {
        return 2;       /* an empty line before a request is forgiven (RFC 9112 section 2.2) */
    }
    while (clean < size && (bytes[clean] == '\n') == (clean && bytes[clean - 1] == '\r') &&
           (!iscntrl(bytes[clean]) || memchr("\t\r\n", bytes[clean], 3))) {
        clean++;
    }
    refusal = size > server.number[HEAD_MAX] ? "431 The head is too large" :
              clean < size ? "400 A line holds a control, or does not end with CRLF" :
              end ? parse_head(&request, (char *)bytes) : NULL;
    if (!end && !refusal) {
        return 0;
    }
    client->head_only = request.method && strcmp(request.method, "HEAD") == 0;
    client->keep_alive = !http_has(&request, "Connection", "close");
    for (client->endpoint = endpoints;
         !refusal && client->endpoint->path && strcmp(client->endpoint->path, request.path) != 0;
         client->endpoint++) {
    }
    if (refusal) {
        http_refuse(client, refusal);
    } else if (client->endpoint->path) {
        client->endpoint->get(client, &request);
    } else {
        http_respond(client, "404 There is nothing at this path", "", "", 0);
    }
    return size;
}
