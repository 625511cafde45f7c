/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <fnmatch.h>

#include "server.h"

/* RFC 3986 appendix A */
#define TARGET ALPHANUMERIC "-._~:/?[]@!$&'()*+,;=%"

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
    while (*i < request->count && strcasecmp(request->items[*i].name, name) != 0) {
        ++*i;
    }
    return *i < request->count ? request->items[(*i)++].value : NULL;
}

const char *http_field(const struct request *request, const char *name)
{
    size_t i = 0;
    const char *value = http_next_item(request, name, &i);

    return value && http_next_item(request, name, &i) ? "," : value;
}

/* --- parsing: each function returns NULL, or the refusal ------------------------------------------- */

/* RFC 9112 section 3. HTTP/1.0 knows no Upgrade, no Host, no pipelining: it is not spoken here. A target is a
 * path or, as to a proxy, a whole URI (section 3.2.2). */
static const char *parse_request_line(struct request *request, char *line)
{
    static char root[] = "/", nothing[] = "";
    char *target, *version;

    request->method = strsep(&line, " ");
    target = line ? strsep(&line, " ") : nothing;
    version = line ? line : nothing;
    if (!http_is_only(request->method, TOKEN) || !http_is_only(target, TARGET) ||
        fnmatch("HTTP/[0-9].[0-9]", version, 0)) {
        return "400 This is no request line";
    }
    target += strncasecmp(target, "http://", 7) == 0 ? 7 + strcspn(target + 7, "/?") : 0;
    request->query = *target ? target : root;
    request->path = strsep(&request->query, "?");
    request->query = request->query ? request->query : nothing;
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

    return !host || !*host || strpbrk(host, " \t,/@\"") ? "400 There must be one Host" :
           length && (coding || !http_is_only(length, DIGITS)) ? "400 The length of the content is unclear" :
           coding ? "501 Transfer codings are not known here" :
           length && length[strspn(length, "0")] ? "413 Nothing here takes content" : NULL;
}

/* RFC 9112 sections 2.2 and 5: lines end with CRLF and hold no other control; a name is a token, so there is
 * neither a blank before the colon nor a folded line. */
static const char *parse_head(struct request *request, char *head, size_t size)
{
    size_t fields = 0;
    const char *refusal;
    char *line, *name;

    for (size_t i = 0; i < size; i++) {
        if ((head[i] == '\n') != (i && head[i - 1] == '\r') ||
            (iscntrl((unsigned char)head[i]) && !memchr("\t\r\n", head[i], 3))) {
            return "400 A line holds a control";
        }
    }
    refusal = parse_request_line(request, strsep(&head, "\r"));
    while (!refusal && *(line = strsep(&head, "\r") + 1)) {     /* + 1: the LF of the line before */
        name = strsep(&line, ":");
        refusal = !line || !http_is_only(name, TOKEN) ? "400 This is no field: name, colon, value" :
                  ++fields > server.number[FIELDS_MAX] ? "431 The head has too many fields" : NULL;
        while (!refusal && line) {
            char *value = http_cut(&line, ",");
            bool connection = strcasecmp(name, "Connection") == 0, upgrade = strcasecmp(name, "Upgrade") == 0;

            request->close |= connection && strcasecmp(value, "close") == 0;
            request->upgrade |= connection && strcasecmp(value, "upgrade") == 0;
            request->websocket |= upgrade && strcasecmp(value, "websocket") == 0;
            request->items[request->count].name = name;
            request->items[request->count].value = value;
            refusal = ++request->count == ITEMS_MAX ? "431 The fields have too many items" : NULL;
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
    client_become(client, REQUEST);
    if (!client->keep_alive) {
        client_finish(client);
    }
}

void http_refuse(struct client *client, const char *status)
{
    client->keep_alive = false;
    http_respond(client, status, "Content-Type: text/plain\r\n", status, strcspn(status, "\r"));
}

size_t http_receive(struct client *client, uint8_t *bytes, size_t n)
{
    const uint8_t *end = memmem(bytes, n, "\r\n\r\n", 4);
    size_t size = end ? (size_t)(end - bytes) + 4 : n;
    struct request request = { .count = 0 };
    const char *refusal;

    if (n >= 2 && memcmp(bytes, "\r\n", 2) == 0) {
        return 2;       /* an empty line before a request is forgiven (RFC 9112 section 2.2) */
    }
    if (!end && size <= server.number[HEAD_MAX]) {
        return 0;
    }
    refusal = size > server.number[HEAD_MAX] ? "431 The head is too large" :
              parse_head(&request, (char *)bytes, size);
    client->head_only = request.method && strcmp(request.method, "HEAD") == 0;
    client->keep_alive = !request.close;
    client->endpoint = endpoints;
    while (!refusal && client->endpoint->path && strcmp(client->endpoint->path, request.path) != 0) {
        client->endpoint++;
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
