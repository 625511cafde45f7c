/* SPDX-License-Identifier: MIT */
/* server_conformance PORT - is the server on this port one that a strict client of RFC 6455 can live with?
 *
 * Each case is a row: what the client sends, and what must come back. Frames are written as text:
 *
 *   81'Hello'          first byte 81, masked, with this payload        82*70000   70,000 times 'x'
 *   82:00FF            the payload in hex                              89         none
 *   !8100              these very bytes, nothing added                 c1'Hello'  payload deflated (RFC 7692)
 *   |                  what stands before is sent, then a pause        ~          from here byte by byte
 *
 * and what must come back as frames too, unmasked, or as
 *
 *   C1002              a Close with this code, then the end of the connection; C is a Close without a code
 *
 * A row that expects no Close ends with the client's own, code 1000, which must be answered: the server was
 * alive and had nothing more to say. Every frame from the server is held to the RFC: unmasked, in its
 * shortest form, no reserved bit beyond what was agreed, nothing after Close.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ACCEPT  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define HOST    "Host: localhost\r\n"
#define AGREED  "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
#define GET     "GET /echo HTTP/1.1\r\n"
#define SHAKE   GET HOST UPGRADE KEY VERSION

enum { BIG = 1 << 21, PATIENCE_MS = 5000 };

struct payload {
    uint8_t first;
    bool deflated;
    size_t size;
    uint8_t *bytes;
};

static struct {
    int port, fd;
    uint8_t in[BIG];
    size_t size;
    bool ended, reset;
    z_stream deflater, inflater;
    unsigned passed, failed;
} it;

/* --- the wire -------------------------------------------------------------------------------------- */

static void open_connection(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)it.port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    it.fd = socket(AF_INET, SOCK_STREAM, 0);
    it.size = 0;
    it.ended = it.reset = false;
    if (connect(it.fd, (struct sockaddr *)&address, sizeof address)) {
        perror("connect");
        exit(1);
    }
}

/* The server may have ended the connection already: then what it said is what counts. */
static void send_bytes(const uint8_t *bytes, size_t n, bool one_by_one)
{
    while (n) {
        ssize_t sent = send(it.fd, bytes, one_by_one ? 1 : n, MSG_NOSIGNAL);

        if (sent <= 0) {
            return;
        }
        bytes += sent;
        n -= (size_t)sent;
        if (one_by_one) {
            struct timespec pause = { .tv_nsec = 20000 };

            nanosleep(&pause, NULL);
        }
    }
}

/* Reads on; false when there is no more, be it the end or silence. */
static bool read_more(int patience_ms)
{
    struct pollfd ready = { .fd = it.fd, .events = POLLIN };
    ssize_t got;

    if (it.ended || poll(&ready, 1, patience_ms) <= 0) {
        return false;
    }
    got = recv(it.fd, it.in + it.size, sizeof it.in - it.size, 0);
    it.ended = got <= 0;
    it.reset = got < 0;
    it.size += got > 0 ? (size_t)got : 0;
    return got > 0;
}

static void drop(size_t n)
{
    it.size -= n;
    memmove(it.in, it.in + n, it.size);
}

static bool complain(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool complain(const char *name, const char *format, ...)
{
    va_list values;

    printf("FAILED %s: ", name);
    va_start(values, format);
    vprintf(format, values);
    va_end(values);
    putchar('\n');
    return false;
}

/* --- the notation ---------------------------------------------------------------------------------- */

static unsigned hex(const char *text)
{
    char pair[3] = { text[0], text[1], '\0' };

    return (unsigned)strtoul(pair, NULL, 16);
}

/* Reads 'text', :hex, *count or nothing; returns what follows. The bytes are the caller's to free. */
static const char *read_payload(const char *at, struct payload *payload)
{
    payload->bytes = malloc(BIG);
    payload->size = 0;
    if (*at == '*') {
        payload->size = strtoul(at + 1, (char **)(uintptr_t)&at, 10);
        memset(payload->bytes, 'x', payload->size);
    } else if (*at == '\'') {
        for (at++; *at != '\''; at++) {
            payload->bytes[payload->size++] = (uint8_t)*at;
        }
        at++;
    } else if (*at == ':' || *at == '!') {
        for (at++; *at && *at != ' '; at += 2) {
            payload->bytes[payload->size++] = (uint8_t)hex(at);
        }
    }
    return at;
}

static const char *read_frame(const char *at, struct payload *payload)
{
    payload->first = (uint8_t)hex(at);
    payload->deflated = *at == 'c';
    return read_payload(at + 2, payload);
}

static void deflate_payload(struct payload *payload)
{
    uint8_t *to = malloc(BIG);

    it.deflater.next_in = payload->bytes;
    it.deflater.avail_in = (unsigned)payload->size;
    it.deflater.next_out = to;
    it.deflater.avail_out = BIG;
    deflateReset(&it.deflater);
    deflate(&it.deflater, Z_SYNC_FLUSH);
    free(payload->bytes);
    payload->bytes = to;
    payload->size = BIG - it.deflater.avail_out - 4;
}

static bool inflate_payload(const uint8_t *from, size_t n, uint8_t *to, size_t *size)
{
    uint8_t *whole = malloc(n + 4);
    int status;

    memcpy(whole, from, n);
    memcpy(whole + n, "\x00\x00\xFF\xFF", 4);
    it.inflater.next_in = whole;
    it.inflater.avail_in = (unsigned)n + 4;
    it.inflater.next_out = to;
    it.inflater.avail_out = BIG;
    status = inflate(&it.inflater, Z_SYNC_FLUSH);
    *size = BIG - it.inflater.avail_out;
    free(whole);
    return status == Z_OK || status == Z_BUF_ERROR;
}

/* A client's frame: masked, its length in the shortest form. */
static size_t put_frame(uint8_t *to, const struct payload *payload)
{
    static const uint8_t key[4] = { 0x37, 0xFA, 0x21, 0x3D };
    size_t n = payload->size, at = 2, length_bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;

    to[0] = payload->first;
    to[1] = (uint8_t)(0x80 | (n < 126 ? n : n < 65536 ? 126 : 127));
    for (size_t i = length_bytes; i-- > 0;) {
        to[at++] = (uint8_t)((uint64_t)n >> 8 * i);
    }
    memcpy(to + at, key, 4);
    at += 4;
    for (size_t i = 0; i < n; i++) {
        to[at + i] = payload->bytes[i] ^ key[i % 4];
    }
    return at + n;
}

static void send_script(const char *script)
{
    uint8_t *out = malloc(BIG);
    size_t size = 0;
    bool one_by_one = false;

    for (const char *at = script; *at;) {
        struct payload payload = { .bytes = NULL };

        if (*at == ' ') {
            at++;
        } else if (*at == '|' || *at == '~') {
            struct timespec pause = { .tv_nsec = 15000000 };

            send_bytes(out, size, one_by_one);
            size = 0;
            one_by_one |= *at == '~';
            if (*at++ == '|') {
                nanosleep(&pause, NULL);
            }
        } else if (*at == '!') {
            at = read_payload(at, &payload);
            memcpy(out + size, payload.bytes, payload.size);
            size += payload.size;
        } else {
            at = read_frame(at, &payload);
            if (payload.deflated) {
                deflate_payload(&payload);
            }
            size += put_frame(out + size, &payload);
        }
        free(payload.bytes);
    }
    send_bytes(out, size, one_by_one);
    free(out);
}

/* --- what comes back ------------------------------------------------------------------------------- */

/* The server's next frame, held to the rules of framing. header: its size; n: its payload's. */
static bool next_frame(const char *name, size_t *header, size_t *n)
{
    do {
        unsigned form = it.size < 2 ? 0 : it.in[1] & 0x7F;
        size_t length_bytes = form == 127 ? 8 : form == 126 ? 2 : 0;
        uint64_t length = length_bytes ? 0 : form;

        *header = 2 + length_bytes;
        if (it.size < *header) {
            continue;
        }
        for (size_t i = 0; i < length_bytes; i++) {
            length = length << 8 | it.in[2 + i];
        }
        *n = (size_t)length;
        if (it.in[1] & 0x80) {
            return complain(name, "the server masked a frame");
        }
        if (length_bytes && length < (length_bytes == 2 ? 126 : 65536)) {
            return complain(name, "the server's length %zu is not in its shortest form", *n);
        }
        if (it.size >= *header + *n) {
            return true;
        }
    } while (read_more(PATIENCE_MS));
    return complain(name, it.ended ? "the connection ended before the expected frame" : "no answer in time");
}

static bool expect_end(const char *name)
{
    while (read_more(PATIENCE_MS)) {
    }
    if (it.size) {
        return complain(name, "%zu bytes after Close", it.size);
    }
    if (it.reset) {
        return complain(name, "the server reset the connection, which can destroy its Close on the way");
    }
    return it.ended || complain(name, "the server did not end the connection after Close");
}

static bool expect_close(const char *name, const char *code)
{
    size_t header, n;

    if (!next_frame(name, &header, &n)) {
        return false;
    }
    if (it.in[0] != 0x88) {
        return complain(name, "a Close was expected, a frame %02X came", it.in[0]);
    }
    if (*code && (n < 2 || atoi(code) != (it.in[header] << 8 | it.in[header + 1]))) {
        return complain(name, "Close %s was expected, %d came", code,
                        n < 2 ? 0 : it.in[header] << 8 | it.in[header + 1]);
    }
    if (!*code && n) {
        return complain(name, "an empty Close was expected, one of %zu bytes came", n);
    }
    drop(header + n);
    return expect_end(name);
}

static bool expect_frame(const char *name, const struct payload *expected)
{
    size_t header, n, size;
    uint8_t *bytes = malloc(BIG);
    bool same;

    if (!next_frame(name, &header, &n)) {
        free(bytes);
        return false;
    }
    memcpy(bytes, it.in + header, n);
    size = n;
    same = it.in[0] == expected->first;
    if (expected->deflated) {
        same = same && inflate_payload(it.in + header, n, bytes, &size);
    }
    same = same && size == expected->size && memcmp(bytes, expected->bytes, size) == 0;
    free(bytes);
    if (!same) {
        return complain(name,
                        "frame %02X of %zu bytes was expected, %02X of %zu came, or its payload differs",
                        expected->first, expected->size, it.in[0], size);
    }
    drop(header + n);
    return true;
}

static bool expect_script(const char *name, const char *script)
{
    static const uint8_t close_1000[] = { 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8 };
    bool good = true;

    for (const char *at = script; good && *at;) {
        struct payload payload;

        if (*at == ' ') {
            at++;
        } else if (*at == 'C') {
            return expect_close(name, at + 1);
        } else {
            at = read_frame(at, &payload);
            good = expect_frame(name, &payload);
            free(payload.bytes);
        }
    }
    if (good) {
        send_bytes(close_1000, sizeof close_1000, false);
    }
    return good && expect_close(name, "1000");
}

/* Reads an answer's head; its status, or 0. */
static int read_status(void)
{
    char *end;

    do {
        it.in[it.size] = '\0';
        end = strstr((char *)it.in, "\r\n\r\n");
    } while (!end && read_more(PATIENCE_MS));
    return end && strncmp((char *)it.in, "HTTP/1.1 ", 9) == 0 ? atoi((char *)it.in + 9) : 0;
}

static size_t head_size(void)
{
    return (size_t)(strstr((char *)it.in, "\r\n\r\n") - (char *)it.in) + 4;
}

static void count(bool good)
{
    it.passed += good;
    it.failed += !good;
    close(it.fd);
}

/* --- cases ----------------------------------------------------------------------------------------- */

/* A conversation after a handshake that may offer extensions. */
static void talk_with(const char *name, const char *offer, const char *script, const char *expected)
{
    char request[512];
    bool good;

    open_connection();
    deflateInit2(&it.deflater, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    inflateInit2(&it.inflater, -15);
    snprintf(request, sizeof request, "%s%s%s%s\r\n", SHAKE, offer ? "Sec-WebSocket-Extensions: " : "",
             offer ? offer : "", offer ? "\r\n" : "");
    send_bytes((uint8_t *)request, strlen(request), false);
    good = read_status() == 101 || complain(name, "no 101");
    if (good) {
        drop(head_size());
        send_script(script);
        good = expect_script(name, expected);
    }
    deflateEnd(&it.deflater);
    inflateEnd(&it.inflater);
    count(good);
}

static void talk(const char *name, const char *script, const char *expected)
{
    talk_with(name, NULL, script, expected);
}

/* A request, in pieces of one byte if asked; the status of each answer, then "end" if the connection must
 * end. */
static void ask_in(bool one_by_one, const char *name, const char *request, size_t size, const char *statuses,
                   const char *needle)
{
    bool good = true;

    open_connection();
    send_bytes((const uint8_t *)request, size, one_by_one);
    for (const char *at = statuses; good && *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        int status = read_status();
        const char *length;
        size_t whole;

        if (*at == 'e') {
            while (read_more(PATIENCE_MS)) {
            }
            good = (it.ended && !it.size) || complain(name, "the connection should have ended here");
            break;
        }
        if (status != atoi(at)) {
            good = complain(name, "%d was expected, %d came", atoi(at), status);
            break;
        }
        length = strstr((char *)it.in, "Content-Length: ");
        whole = head_size() + (length && status != 101 ? (size_t)atoi(length + 16) : 0);
        if (needle && needle[0] != '-' && !strstr((char *)it.in, needle)) {
            good = complain(name, "the answer lacks %s", needle);
        } else if (needle && needle[0] == '-' && strstr((char *)it.in, needle + 1)) {
            good = complain(name, "the answer has %s", needle + 1);
        }
        while (it.size < whole && read_more(PATIENCE_MS)) {
        }
        drop(strncmp(request, "HEAD", 4) == 0 ? head_size() : whole < it.size ? whole : it.size);
    }
    count(good);
}

static void ask(const char *name, const char *request, const char *statuses, const char *needle)
{
    ask_in(false, name, request, strlen(request), statuses, needle);
}

struct conversation {
    const char *name, *script, *expected;
};

static const struct conversation conversations[] = {
    /* RFC 6455 section 5.7, the examples */
    { "5.7 single frame", "81'Hello'", "81'Hello'" },
    { "5.7 two fragments", "01'Hel' 80'lo'", "81'Hello'" },
    { "5.7 ping", "89'Hello'", "8A'Hello'" },
    { "5.7 256 bytes", "82*256", "82*256" },
    { "5.7 64 KiB", "82*65536", "82*65536" },
    /* section 5.2: length forms */
    { "5.2 16-bit length for 0", "!82FE000000000000", "C1002" },
    { "5.2 16-bit length for 5", "!82FE000500000000 !0102030405", "C1002" },
    { "5.2 16-bit length for 125", "!82FE007D00000000", "C1002" },
    { "5.2 64-bit length for 0", "!82FF000000000000000000000000", "C1002" },
    { "5.2 64-bit length for 126", "!82FF000000000000007E00000000", "C1002" },
    { "5.2 64-bit length for 65535", "!82FF000000000000FFFF00000000", "C1002" },
    { "5.2 64-bit length, first bit set", "!82FF800000000000000000000000", "C1002" },
    { "5.2 64-bit length, all bits set", "!82FFFFFFFFFFFFFFFFFF00000000", "C1002" },
    { "7.4.1 length 2^63-1 [fault 92]", "!82FF7FFFFFFFFFFFFFFF00000000", "C1009" },
    { "7.4.1 length 2^32+5", "!82FF000000010000000500000000", "C1009" },
    { "7.4.1 one byte over the limit", "!82FF000000000010000100000000", "C1009" },
    { "7.4.1 the limit itself", "82*1048576", "82*1048576" },
    { "7.4.1 over the limit by fragments [fault 92]", "02*1000000 00*40000 80*9000", "C1009" },
    { "7.4.1 over the limit by a continuation's header", "02*1000000 !80FEFFFF00000000", "C1009" },
    /* section 5.1 and 5.3: masking */
    { "5.1 unmasked text", "!810548656C6C6F", "C1002" },
    { "5.1 unmasked empty text", "!8100", "C1002" },
    { "5.1 unmasked ping", "!8900", "C1002" },
    { "5.1 unmasked close", "!880203E8", "C1002" },
    { "5.1 unmasked after a good one", "81'a' !8100", "81'a' C1002" },
    { "5.3 zero key", "!81850000000048656C6C6F", "81'Hello'" },
    { "5.3 key of ones", "!8183FFFFFFFF9E9D9C", "81'abc'" },
    /* section 5.4: fragmentation */
    { "5.4 three fragments", "01'a' 00'b' 80'c'", "81'abc'" },
    { "5.4 empty first", "01 80'abc'", "81'abc'" },
    { "5.4 empty middle", "01'a' 00 80'b'", "81'ab'" },
    { "5.4 empty last", "01'abc' 80", "81'abc'" },
    { "5.4 all empty", "01 00 00 80", "81" },
    { "5.4 binary", "02:00 00:01 80:02", "82:000102" },
    { "5.4 ping between", "01'a' 89'p' 80'b'", "8A'p' 81'ab'" },
    { "5.4 pings between", "01'a' 89'1' 00'b' 89'2' 00'c' 89'3' 80'd'", "8A'1' 8A'2' 8A'3' 81'abcd'" },
    { "5.4 pong between", "01'a' 8A'p' 80'b'", "81'ab'" },
    { "5.4 ping between, byte by byte", "~ 01'a' 89'p' 80'b'", "8A'p' 81'ab'" },
    { "5.4 close between", "01'a' 88:03E8", "C1000" },
    { "5.4 continuation of nothing", "80'a'", "C1002" },
    { "5.4 continuation of nothing, not final", "00'a'", "C1002" },
    { "5.4 continuation after a whole message", "81'a' 80'b'", "81'a' C1002" },
    { "5.4 continuation after fragments", "01'a' 80'b' 80'c'", "81'ab' C1002" },
    { "5.4 text inside text", "01'a' 81'b'", "C1002" },
    { "5.4 text fragment inside text", "01'a' 01'b'", "C1002" },
    { "5.4 binary inside text", "01'a' 82'b'", "C1002" },
    { "5.4 text inside binary", "02'a' 81'b'", "C1002" },
    { "5.4 two messages", "01'a' 80'b' 02'c' 80'd'", "81'ab' 82'cd'" },
    { "5.4 long fragments", "02*70000 00*70000 80*70000", "82*210000" },
    { "5.4 many in one segment", "81'a' 81'b' 82'c' 89'd' 81'e'", "81'a' 81'b' 82'c' 8A'd' 81'e'" },
    /* section 5.5: control frames */
    { "5.5 ping 125", "89*125", "8A*125" },
    { "5.5 ping 126", "89*126", "C1002" },
    { "5.5 ping 1 in the 16-bit form", "!89FE00010000000000", "C1002" },
    { "5.5 ping 65536", "!89FF000000000001000000000000", "C1002" },
    { "5.5 pong 126", "8A*126", "C1002" },
    { "5.5 close 126", "88*126", "C1002" },
    { "5.5 fragmented ping", "09'a'", "C1002" },
    { "5.5 fragmented pong", "0A'a'", "C1002" },
    { "5.5 fragmented close", "08:03E8", "C1002" },
    { "5.5.2 empty ping", "89", "8A" },
    { "5.5.2 binary ping", "89:00FFFEFDFC", "8A:00FFFEFDFC" },
    { "5.5.2 ping, byte by byte", "~ 89'Hello'", "8A'Hello'" },
    { "5.5.2 ten pings", "89'0' 89'1' 89'2' 89'3' 89'4' 89'5' 89'6' 89'7' 89'8' 89'9'",
      "8A'0' 8A'1' 8A'2' 8A'3' 8A'4' 8A'5' 8A'6' 8A'7' 8A'8' 8A'9'" },
    { "5.5.3 unsolicited pong [fault 99]", "8A'x'", "" },
    { "5.5.3 unsolicited empty pong", "8A", "" },
    { "5.5.3 pong, then ping", "8A'x' 89'y' 8A'z'", "8A'y'" },
    /* section 5.5.1 and 7: closing */
    { "5.5.1 empty close", "88", "C" },
    { "5.5.1 close with one byte", "88:03", "C1002" },
    { "5.5.1 close with a NUL byte", "88:00", "C1002" },
    { "5.5.1 reason", "88:03E86F6B", "C1000" },
    { "5.5.1 longest reason",
      "88:03E8"
      "787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878"
      "78787878"
      "787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878"
      "78787878"
      "78787878787878787878787878",
      "C1000" },
    { "5.5.1 reason is not UTF-8", "88:03E8CEBAE1BDB9CF83CEBCCEB5EDA080", "C1007" },
    { "5.5.1 reason ends inside a character", "88:03E8E282", "C1007" },
    { "5.5.1 close, byte by byte", "~ 88:03E8", "C1000" },
    { "5.5.1 text after close", "88:03E8 81'a'", "C1000" },
    { "5.5.1 ping after close", "88:03E8 89'a'", "C1000" },
    { "5.5.1 close twice", "88:03E8 88:03E9", "C1000" },
    { "5.5.1 rubbish after close", "88:03E8 !FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "C1000" },
    { "5.5.1 answer before close", "81'a' 88:03E8", "81'a' C1000" },
    /* a readable Close although 200 kB to the server are unread (section 7.1.7) */
    { "7.1.7 unread: reserved bit", "A1'a' 82*200000 | 82*200000", "C1002" },
    { "7.1.7 unread: unmasked", "!8100 82*200000 | 82*200000", "C1002" },
    { "7.1.7 unread: bad UTF-8", "81:FF 82*200000 | 82*200000", "C1007" },
    { "7.1.7 unread: too big", "!82FF7FFFFFFFFFFFFFFF00000000 82*200000 | 82*200000", "C1009" },
    { "7.1.7 unread: after close", "88:03E8 82*200000 | 82*200000", "C1000" },
    { "7.1.7 unread: bad close code", "88:03ED 82*200000", "C1002" },
    /* section 8.1: fail fast, before the frame or message is whole */
    { "8.1 bad byte in mid-frame", "!81FF000000000000FFFE00000000 !616263FF", "C1002" },
    { "8.1 fail fast in mid-frame", "!81FE100000000000 !616263FF", "C1007" },
    { "8.1 fail fast, surrogate's second byte", "!81FE100000000000 !EDA0", "C1007" },
    { "8.1 fail fast, beyond U+10FFFF", "!81FE100000000000 !F490", "C1007" },
    { "8.1 fail fast, overlong", "!81FE100000000000 !E080", "C1007" },
    { "8.1 fail fast in the second fragment", "01'abc' !00FE100000000000 !62FF", "C1007" },
    { "8.1 fail fast across fragments", "01:F4 !00FE100000000000 !90", "C1007" },
    { "8.1 fail fast, byte by byte", "~ !81FE100000000000 !F490", "C1007" },
    { "8.1 character over three fragments", "01:E2 00:82 80:AC", "81:E282AC" },
    { "8.1 character around a ping", "01:E2 89'p' 80:82AC", "8A'p' 81:E282AC" },
    { "8.1 fragment ends inside a character, message too", "01'a' 80:E282", "C1007" },
    { "8.1 binary may be anything", "82:FFFEC0AFEDA080", "82:FFFEC0AFEDA080" },
    { "8.1 ping may be anything", "89:FFC0", "8A:FFC0" },
    { "5.6 NUL in text", "81:006100", "81:006100" },
    { "5.6 long text of three-byte characters", "01:E282ACE282ACE282ACE282AC 80:E282ACE282ACE282AC",
      "81:E282ACE282ACE282ACE282ACE282ACE282ACE282AC" },
};

static const char *const good_texts[] = {
    "",
    "24",
    "7F",
    "C280",
    "DFBF",
    "C2A2",
    "E0A080",
    "E282AC",
    "ED9FBF",
    "EE8080",
    "EFBFBD",
    "EFBFBE",
    "EFBFBF",
    "F0908080",
    "F48FBFBF",
    "F09F9880",
    "CEBAE1BDB9CF83CEBCCEB5",
    "EFBBBF61",
    "F0AFBFBF",
    "E0BFBF",
};
static const char *const bad_texts[] = {
    "80",       "BF",       "C0",       "C1",           "C080",     "C1BF",     "C2",     "C241",
    "C2C2",     "E0",       "E080",     "E080AF",       "E09FBF",   "E282",     "E28241", "EDA080",
    "EDAFBF",   "EDB080",   "EDBFBF",   "F0",           "F08080AF", "F08FBFBF", "F09F98", "F09F9841",
    "F4908080", "F5808080", "F8888080", "FC8480808080", "FE",       "FF",       "61FF62", "EDA080EDB080",
};

static void texts(void)
{
    char script[128], expected[128], name[64];

    for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++) {
        const char *text = good_texts[i];

        snprintf(name, sizeof name, "8.1 valid %s", text);
        snprintf(script, sizeof script, "81:%s", text);
        talk(name, script, script);
        snprintf(name, sizeof name, "8.1 valid %s, byte by byte", text);
        snprintf(script, sizeof script, "~ 81:%s", text);
        snprintf(expected, sizeof expected, "81:%s", text);
        talk(name, script, expected);
    }
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        const char *text = bad_texts[i];

        snprintf(name, sizeof name, "8.1 invalid %s", text);
        snprintf(script, sizeof script, "81:%s", text);
        talk(name, script, "C1007");
        snprintf(name, sizeof name, "8.1 invalid %s, after its first byte another frame", text);
        snprintf(script, sizeof script, "01:%.2s 80:%s", text, text + 2);
        talk(name, script, "C1007");
    }
}

/* A server may look at several bytes at once: a character, good or bad, at every place among ASCII. */
static void texts_by_offset(void)
{
    static const char ascii[] = "6162636465666768696A6B6C6D6E6F707172";
    char script[128], name[64];

    for (int offset = 0; offset <= 17; offset++) {
        snprintf(name, sizeof name, "8.1 valid character at offset %d", offset);
        snprintf(script, sizeof script, "81:%.*sE282AC%s", 2 * offset, ascii, ascii);
        talk(name, script, script);
        snprintf(name, sizeof name, "8.1 bad byte at offset %d", offset);
        snprintf(script, sizeof script, "81:%.*sFF%s", 2 * offset, ascii, ascii);
        talk(name, script, "C1007");
    }
}

static void opcodes_and_bits(void)
{
    char script[64], name[64];

    for (unsigned opcode = 0; opcode < 16; opcode++) {
        bool reserved = (opcode > 2 && opcode < 8) || opcode > 10;

        if (reserved) {
            snprintf(name, sizeof name, "5.2 reserved opcode %X [fault 96]", opcode);
            snprintf(script, sizeof script, "%02X'a'", 0x80 | opcode);
            talk(name, script, "C1002");
            snprintf(name, sizeof name, "5.2 reserved opcode %X after a text", opcode);
            snprintf(script, sizeof script, "81'a' %02X", 0x80 | opcode);
            talk(name, script, "81'a' C1002");
        }
    }
    for (unsigned bits = 1; bits < 8; bits++) {
        static const unsigned firsts[] = { 0x81, 0x82, 0x88, 0x89, 0x8A };

        for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
            snprintf(name, sizeof name, "5.2 reserved bits %u, first byte %02X", bits, firsts[i] | bits << 4);
            snprintf(script, sizeof script, "%02X", firsts[i] | bits << 4);
            talk(name, script, "C1002");
        }
    }
}

static void close_codes(void)
{
    static const unsigned good[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                     1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
    static const unsigned bad[] = { 0,    1,    255,  256,  999,  1004, 1005, 1006,  1015,
                                    1016, 1100, 1999, 2000, 2999, 5000, 9999, 32768, 65535 };
    char script[64], expected[16], name[64];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(name, sizeof name, "7.4 close code %u", good[i]);
        snprintf(script, sizeof script, "88:%04X", good[i]);
        snprintf(expected, sizeof expected, "C%u", good[i]);
        talk(name, script, expected);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(name, sizeof name, "7.4 close code %u must not be sent", bad[i]);
        snprintf(script, sizeof script, "88:%04X", bad[i]);
        talk(name, script, "C1002");
    }
}

static void sizes(void)
{
    static const unsigned sizes[] = { 0,     1,     2,     3,     4,      7,      8,      9,
                                      124,   125,   126,   127,   128,    255,    256,    1000,
                                      65534, 65535, 65536, 65537, 131071, 131072, 131073, 300000 };
    char script[64], expected[64], name[64];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned opcode = 1; opcode <= 2; opcode++) {
            snprintf(name, sizeof name, "5.6 %s of %u bytes", opcode == 1 ? "text" : "binary", sizes[i]);
            snprintf(script, sizeof script, "8%u*%u", opcode, sizes[i]);
            talk(name, script, script);
        }
        if (sizes[i] < 1001) {
            snprintf(name, sizeof name, "5.6 %u bytes, byte by byte", sizes[i]);
            snprintf(script, sizeof script, "~ 82*%u", sizes[i]);
            snprintf(expected, sizeof expected, "82*%u", sizes[i]);
            talk(name, script, expected);
        }
    }
}

/* --- handshakes ------------------------------------------------------------------------------------ */

struct question {
    const char *name, *request, *statuses, *needle;
};

static const struct question questions[] = {
    /* RFC 6455 section 4.2 */
    { "4.2.2 accepted", SHAKE "\r\n", "101", ACCEPT },
    { "4.2.2 answer has Upgrade", SHAKE "\r\n", "101", "Upgrade: websocket\r\n" },
    { "4.2.2 answer has Connection", SHAKE "\r\n", "101", "Connection: Upgrade\r\n" },
    { "4.2.2 no subprotocol unasked", SHAKE "\r\n", "101", "-Sec-WebSocket-Protocol" },
    { "4.2.2 no extension unasked", SHAKE "\r\n", "101", "-Sec-WebSocket-Extensions" },
    { "4.2.1 names and tokens in any case",
      GET "hOST: localhost\r\nUPGRADE: WebSocket\r\nconnection: upGRADE\r\n"
          "sec-websocket-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-websocket-VERSION: 13\r\n\r\n",
      "101", ACCEPT },
    { "4.2.1 several Connection tokens",
      GET HOST "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" KEY VERSION "\r\n", "101",
      ACCEPT },
    { "4.2.1 two Connection fields",
      GET HOST "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n" KEY VERSION "\r\n",
      "101", ACCEPT },
    { "4.2.1 Connection: close, Upgrade",
      GET HOST "Upgrade: websocket\r\nConnection: close, Upgrade\r\n" KEY VERSION "\r\n", "101", ACCEPT },
    { "4.2.1 empty items in Connection",
      GET HOST "Upgrade: websocket\r\nConnection: , ,Upgrade,,\r\n" KEY VERSION "\r\n", "101", ACCEPT },
    { "4.2.1 quoted Connection token",
      GET HOST "Upgrade: websocket\r\nConnection: \"Upgrade\"\r\n" KEY VERSION "\r\n", "400 end", NULL },
    { "4.2.1 Connection in a folded field",
      GET HOST "Upgrade: websocket\r\nConnection: keep-alive,\r\n Upgrade\r\n" KEY VERSION "\r\n", "400 end",
      NULL },
    { "4.2.1 Upgrade twice", SHAKE "Upgrade: websocket\r\n\r\n", "101", ACCEPT },
    { "4.2.1 Upgrade with a version", GET HOST "Upgrade: websocket/13\r\nConnection: Upgrade\r\n" KEY VERSION
      "\r\n", "400 end", NULL },
    { "4.2.1 several protocols in Upgrade",
      GET HOST "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n" KEY VERSION "\r\n", "101", ACCEPT },
    { "4.2.1 blanks around values",
      GET "Host: \tlocalhost \r\nUpgrade:websocket\r\nConnection:   Upgrade\t\r\n" KEY
          "Sec-WebSocket-Version:\t13 \r\n\r\n",
      "101", ACCEPT },
    { "4.2.1 a query is no part of the path", "GET /echo?a=b HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n",
      "101", ACCEPT },
    { "4.2.1 no Upgrade, no Connection", GET HOST KEY VERSION "\r\n", "426 end", "Upgrade: websocket\r\n" },
    { "4.2.1 no Upgrade", GET HOST "Connection: Upgrade\r\n" KEY VERSION "\r\n", "400 end", NULL },
    { "4.2.1 wrong Upgrade", GET HOST "Upgrade: websockets\r\nConnection: Upgrade\r\n" KEY VERSION "\r\n",
      "400 end", NULL },
    { "4.2.1 no Connection", GET HOST "Upgrade: websocket\r\n" KEY VERSION "\r\n", "400 end", NULL },
    { "4.2.1 Connection without Upgrade",
      GET HOST "Upgrade: websocket\r\nConnection: keep-alive\r\n" KEY VERSION "\r\n", "400 end", NULL },
    { "4.2.1 no key", GET HOST UPGRADE VERSION "\r\n", "400 end", NULL },
    { "4.2.1 empty key", GET HOST UPGRADE VERSION "Sec-WebSocket-Key:\r\n\r\n", "400 end", NULL },
    { "4.2.1 two keys", SHAKE KEY "\r\n", "400 end", NULL },
    { "4.2.1 key of 15 bytes [fault 91]",
      GET HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n", "400 end", NULL },
    { "4.2.1 key of 17 bytes", GET HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=\r\n\r\n",
      "400 end", NULL },
    { "4.2.1 key that is not base64",
      GET HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhl*HNhbXBsZSBub25jZQ==\r\n\r\n", "400 end", NULL },
    { "4.2.1 key with a comma behind", GET HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==,"
      "\r\n\r\n", "400 end", NULL },
    { "4.2.1 key without padding",
      GET HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n\r\n", "400 end", NULL },
    { "4.4 no version", GET HOST UPGRADE KEY "\r\n", "426 end", "Sec-WebSocket-Version: 13\r\n" },
    { "4.4 version 8 [fault 91]", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n", "426 end",
      "Sec-WebSocket-Version: 13\r\n" },
    { "4.4 version 0", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 0\r\n\r\n", "426 end",
      "Sec-WebSocket-Version: 13\r\n" },
    { "4.4 version 14", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 14\r\n\r\n", "426 end",
      "Sec-WebSocket-Version: 13\r\n" },
    { "4.4 version 013", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 013\r\n\r\n", "426 end",
      "Sec-WebSocket-Version: 13\r\n" },
    { "4.4 a list of versions", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n\r\n", "426 end",
      "Sec-WebSocket-Version: 13\r\n" },
    { "4.4 two versions", SHAKE VERSION "\r\n", "426 end", "Sec-WebSocket-Version: 13\r\n" },
    { "4.1 POST", "POST /echo HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", "405 end", "Allow: GET" },
    { "4.1 HEAD", "HEAD /echo HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", "405 end", "Allow: GET" },
    { "4.1 HTTP/1.0 [fault 89]", "GET /echo HTTP/1.0\r\n" HOST UPGRADE KEY VERSION "\r\n", "505 end", NULL },
    { "4.1 no Host [fault 89]", GET UPGRADE KEY VERSION "\r\n", "400 end", NULL },
    { "4.2.2 unknown path", "GET /nothing HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", "404", NULL },
    /* subprotocols */
    { "4.2.2 subprotocol agreed", SHAKE "Sec-WebSocket-Protocol: echo\r\n\r\n", "101",
      "Sec-WebSocket-Protocol: echo\r\n" },
    { "4.2.2 subprotocol among others", SHAKE "Sec-WebSocket-Protocol: x, echo, y\r\n\r\n", "101",
      "Sec-WebSocket-Protocol: echo\r\n" },
    { "4.2.2 subprotocol in a second field",
      SHAKE "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: echo\r\n\r\n", "101",
      "Sec-WebSocket-Protocol: echo\r\n" },
    { "4.2.2 subprotocol unknown", SHAKE "Sec-WebSocket-Protocol: soap, wamp\r\n\r\n", "101",
      "-Sec-WebSocket-Protocol" },
    { "4.1 subprotocols without a comma", SHAKE "Sec-WebSocket-Protocol: x echo\r\n\r\n", "400 end", NULL },
    { "4.1 subprotocol that is no token", SHAKE "Sec-WebSocket-Protocol: echo, a;b\r\n\r\n", "400 end",
      NULL },
    { "4.2.2 subprotocol in another case", SHAKE "Sec-WebSocket-Protocol: ECHO\r\n\r\n", "101",
      "-Sec-WebSocket-Protocol" },
    /* Origin [fault 90] */
    { "10.2 own origin", SHAKE "Origin: http://localhost\r\n\r\n", "101", ACCEPT },
    { "10.2 own origin, https", SHAKE "Origin: https://localhost\r\n\r\n", "101", ACCEPT },
    { "10.2 foreign origin", SHAKE "Origin: http://example.com\r\n\r\n", "403 end", NULL },
    { "10.2 origin of another port", SHAKE "Origin: http://localhost:81\r\n\r\n", "403 end", NULL },
    { "10.2 origin that begins alike", SHAKE "Origin: http://localhost.example.com\r\n\r\n", "403 end",
      NULL },
    { "10.2 origin null", SHAKE "Origin: null\r\n\r\n", "403 end", NULL },
    { "10.2 empty origin", SHAKE "Origin:\r\n\r\n", "403 end", NULL },
    { "10.2 origin without a scheme", SHAKE "Origin: localhost\r\n\r\n", "403 end", NULL },
    { "10.2 two origins", SHAKE "Origin: http://localhost\r\nOrigin: http://localhost\r\n\r\n", "403 end",
      NULL },
    /* RFC 7692 section 7.1 */
    { "7692 plain offer", SHAKE "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "101",
      AGREED "\r\n" },
    { "7692 client_max_window_bits",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n", "101",
      AGREED "\r\n" },
    { "7692 client_max_window_bits=9",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9\r\n\r\n", "101",
      AGREED "\r\n" },
    { "7692 server_no_context_takeover",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n", "101",
      AGREED "\r\n" },
    { "7692 client_no_context_takeover",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n", "101",
      AGREED "\r\n" },
    { "7692 server_max_window_bits=10",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n\r\n", "101",
      AGREED "; server_max_window_bits=10\r\n" },
    { "7692 quoted value",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=\"12\"\r\n\r\n", "101",
      "server_max_window_bits=12\r\n" },
    { "7692 blanks", SHAKE "Sec-WebSocket-Extensions:permessage-deflate ;server_max_window_bits = 11\r\n\r\n",
      "101", "server_max_window_bits=11\r\n" },
    { "7692 unknown parameter declines",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; surprise\r\n\r\n", "101", "-permessage" },
    { "7692 server_max_window_bits without value",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits\r\n\r\n", "101",
      "-permessage" },
    { "7692 server_max_window_bits=7",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7\r\n\r\n", "101",
      "-permessage" },
    { "7692 server_max_window_bits=16",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16\r\n\r\n", "101",
      "-permessage" },
    { "7692 server_max_window_bits=010",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=010\r\n\r\n", "101",
      "-permessage" },
    { "7692 client_max_window_bits=99",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99\r\n\r\n", "101",
      "-permessage" },
    { "7692 no_context_takeover with a value",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover=1\r\n\r\n", "101",
      "-permessage" },
    { "7692 parameter twice",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
            "server_no_context_takeover\r\n\r\n",
      "101", "-permessage" },
    { "7692 second offer is taken",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; surprise, permessage-deflate\r\n\r\n", "101",
      AGREED "\r\n" },
    { "7692 first good offer is taken",
      SHAKE "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9, "
            "permessage-deflate\r\n\r\n",
      "101", AGREED "; server_max_window_bits=9\r\n" },
    { "7692 offers in two fields",
      SHAKE "Sec-WebSocket-Extensions: foo\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "101",
      AGREED "\r\n" },
    { "9.1 unknown extension", SHAKE "Sec-WebSocket-Extensions: foo; bar=\"baz\"\r\n\r\n", "101",
      "-Sec-WebSocket-Extensions" },
    { "9.1 empty parameter", SHAKE "Sec-WebSocket-Extensions: foo;\r\n\r\n", "400 end", NULL },
    { "9.1 parameter without name", SHAKE "Sec-WebSocket-Extensions: foo; =1\r\n\r\n", "400 end", NULL },
    { "9.1 parameter without value after =", SHAKE "Sec-WebSocket-Extensions: foo; a=\r\n\r\n", "400 end",
      NULL },
    { "9.1 name is no token", SHAKE "Sec-WebSocket-Extensions: f(o\r\n\r\n", "400 end", NULL },
    /* RFC 9112 */
    { "9112 page", "GET / HTTP/1.1\r\n" HOST "\r\n", "200", "Content-Type: text/html" },
    { "9112 Date", "GET / HTTP/1.1\r\n" HOST "\r\n", "200", "\r\nDate: " },
    { "9112 HEAD", "HEAD / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "200 end", NULL },
    { "9112 close", "GET /poll HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "200 end",
      "Connection: close\r\n" },
    { "9112 pipelining",
      "GET /poll HTTP/1.1\r\n" HOST "\r\nGET /x HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
      "200 404 200", NULL },
    { "9112 nothing after close",
      "GET /x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "404 end", NULL },
    { "9112 upgrade on a used connection", "GET /x HTTP/1.1\r\n" HOST "\r\n" SHAKE "\r\n", "404 101", NULL },
    { "9112 absolute form", "GET http://localhost/poll HTTP/1.1\r\n" HOST "\r\n", "200", NULL },
    { "9112 absolute form without path", "GET http://localhost HTTP/1.1\r\n" HOST "\r\n", "200",
      "text/html" },
    { "9112 absolute form, a query without path", "GET http://localhost?a HTTP/1.1\r\n" HOST "\r\n", "200",
      "text/html" },
    { "9112 query without path", "GET ?a HTTP/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 absolute form, upgrade",
      "GET http://localhost/echo HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "Origin: http://localhost\r\n\r\n",
      "101", ACCEPT },
    { "9112 empty line first", "\r\nGET /poll HTTP/1.1\r\n" HOST "\r\n", "200", NULL },
    { "9112 no files [fault 97]", "GET /../../../../etc/passwd HTTP/1.1\r\n" HOST "\r\n", "404", NULL },
    { "9112 no files, encoded [fault 97]", "GET /%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n", "404", NULL },
    { "9112 bare LF", "GET /poll HTTP/1.1\nHost: localhost\n\r\n\r\n", "400 end", NULL },
    { "9112 bare LF in a head that is not whole", "GET /poll HTTP/1.1\nHost: localhost\n\n", "400 end", NULL },
    { "9112 bare CR", "GET /poll HTTP/1.1\r\nHost: local\rhost\r\n\r\n", "400 end", NULL },
    { "9112 folded field", "GET /poll HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", "400 end", NULL },
    { "9112 blank before colon", "GET /poll HTTP/1.1\r\n" HOST "A : b\r\n\r\n", "400 end", NULL },
    { "9112 field without colon", "GET /poll HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", "400 end", NULL },
    { "9112 field without name", "GET /poll HTTP/1.1\r\n" HOST ": b\r\n\r\n", "400 end", NULL },
    { "9112 two Hosts", "GET /poll HTTP/1.1\r\n" HOST HOST "\r\n", "400 end", NULL },
    { "9112 empty Host", "GET /poll HTTP/1.1\r\nHost:\r\n\r\n", "400 end", NULL },
    { "9112 Host that is no host", "GET /poll HTTP/1.1\r\nHost: local\\host\r\n\r\n", "400 end", NULL },
    { "9112 Host with a byte beyond ASCII", "GET /poll HTTP/1.1\r\nHost: h\xE9\r\n\r\n", "400 end", NULL },
    { "9112 Host is an IPv6 address", "GET /poll HTTP/1.1\r\nHost: [::1]:8101\r\n\r\n", "200", NULL },
    { "9112 no version", "GET /poll\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 two blanks", "GET  /poll HTTP/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 blank in the target", "GET /po ll HTTP/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 relative target", "GET poll HTTP/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 fragment in the target", "GET /poll#a HTTP/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 lower-case method", "get /poll HTTP/1.1\r\n" HOST "\r\n", "501 end", NULL },
    { "9112 DELETE", "DELETE /poll HTTP/1.1\r\n" HOST "\r\n", "405 end", "Allow: GET, HEAD" },
    { "9112 HTTP/2.0", "GET /poll HTTP/2.0\r\n" HOST "\r\n", "505 end", NULL },
    { "9112 lower-case version", "GET /poll http/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "9112 content on GET [fault 89]", "GET /poll HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc",
      "413 end", NULL },
    { "9112 content of length 0", "GET /poll HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "200", NULL },
    { "9112 two lengths", "GET /poll HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 3\r\n\r\nabc",
      "400 end", NULL },
    { "9112 length is no number", "GET /poll HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", "400 end",
      NULL },
    { "9112 length and coding",
      "GET /poll HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "400 end", NULL },
    { "9112 chunked", "GET /poll HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501 end",
      NULL },
    { "9112 after is no number", "GET /poll?after=x HTTP/1.1\r\n" HOST "\r\n", "400 end", NULL },
    { "a client that speaks frames at once", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\r\n\r\n",
      "400 end", NULL },
    { "a client that speaks TLS, in its first bytes", "\x16\x03\x01\x02", "400 end", NULL },
    { "a client that speaks TLS", "\x16\x03\x01\x02\r\n\r\n", "400 end", NULL },
};

static void handshakes(void)
{
    static char long_head[40000] = "GET /poll HTTP/1.1\r\nHost: localhost\r\nA: ", many[8000];
    static const char nul[] = "GET /poll HTTP/1.1\r\nHost: localhost\r\nA: \0\r\n\r\n",
                      request[] = SHAKE "\r\n";
    size_t size = strlen(long_head);

    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        ask(questions[i].name, questions[i].request, questions[i].statuses, questions[i].needle);
    }
    ask_in(true, "4.2.1 segments of one byte", request, sizeof request - 1, "101", ACCEPT);
    ask_in(false, "9112 NUL", nul, sizeof nul - 1, "400 end", NULL);
    memset(long_head + size, 'a', 9000);
    ask("9112 head of 9,000 bytes, not whole [fault 89]", long_head, "431 end", NULL);
    strcpy(long_head + size + 9000, "\r\n\r\n");
    ask("9112 head of 9,000 bytes [fault 89]", long_head, "431 end", NULL);
    strcpy(long_head + size + 8000, "\r\n\r\n");
    ask("9112 head of 8,000 bytes", long_head, "200", NULL);
    strcpy(many, "GET /poll HTTP/1.1\r\nHost: localhost\r\n");
    for (int i = 0; i < 99; i++) {
        strcat(many, "A: b\r\n");
    }
    size = strlen(many);
    strcpy(many + size, "\r\n");
    ask("9112 100 fields", many, "200", NULL);
    strcpy(many + size, "A: b\r\n\r\n");
    ask("9112 101 fields [fault 89]", many, "431 end", NULL);
    size = (size_t)sprintf(many, "GET /poll HTTP/1.1\r\nHost: localhost\r\nA: ");
    memset(many + size, ',', 99);
    strcpy(many + size + 99, "\r\n\r\n");
    ask("9110 5.6.1 a list of 100 items [fault 89]", many, "431 end", NULL);
}

/* Frames in the same segment as the request: a client should wait, a server need not mind. */
static void early_frames(void)
{
    static const char name[] = "4.1 frames behind the request", request[] = SHAKE "\r\n\x81\x82\0\0\0\0hi";

    open_connection();
    send_bytes((const uint8_t *)request, sizeof request - 1, false);
    if (read_status() == 101) {
        drop(head_size());
        count(expect_script(name, "81'hi'"));
    } else {
        count(complain(name, "no 101"));
    }
}

/* --- compression (RFC 7692) ------------------------------------------------------------------------ */

static void compression(void)
{
    static const struct {
        const char *name, *offer, *script, *expected;
    } rows[] = {
        { "7692 7.2.3.1 the example", "", "!C187 !00000000 !F248CDC9C90700", "c1'Hello'" },
        { "7692 7.2.3.3 stored block", "", "!C18B !00000000 !000500FAFF48656C6C6F00", "c1'Hello'" },
        { "7692 7.2.3.4 block with BFINAL", "", "!C188 !00000000 !F348CDC9C9070000", "c1'Hello'" },
        { "7692 7.2.3.4 goes on after BFINAL, with the window", "",
          "!C18C !00000000 !F348CDC9C90700 !F200110000", "c1'HelloHello'" },
        { "7692 7.2.3.4 BFINAL in the empty block", "",
          "!C187 !00000000 !F248CDC9C90704 !C187 !00000000 !F248CDC9C90700", "c1'Hello' c1'Hello'" },
        { "7692 7.2.3.5 two blocks", "", "!C18D !00000000 !F248050000 !00FFFFCAC9C90700", "c1'Hello'" },
        { "7692 7.2.3.6 empty message", "", "!C181 !00000000 !00", "c1" },
        { "7692 7.2.3.6 empty message twice", "", "!C181 !00000000 !00 !C181 !00000000 !00", "c1 c1" },
        { "7692 text", "", "c1'Hello' c1'Hello'", "c1'Hello' c1'Hello'" },
        { "7692 binary", "", "c2*70000", "c2*70000" },
        { "7692 inflates to 32,768 bytes", "", "c2*32768", "c2*32768" },
        { "7692 inflates to 65,536 bytes", "", "c2*65536", "c2*65536" },
        { "7692 inflates to the limit itself", "", "c2*1048576", "c2*1048576" },
        { "7692 uncompressed message", "", "81'Hello'", "c1'Hello'" },
        { "7692 uncompressed between compressed", "", "c1'Hello' 81'Hello' c1'Hello'",
          "c1'Hello' c1'Hello' c1'Hello'" },
        { "7692 in fragments", "", "!4183 !00000000 !F248CD !8084 !00000000 !C9C90700", "c1'Hello'" },
        { "7692 in fragments around a ping", "", "!4183 !00000000 !F248CD 89'p' !8084 !00000000 !C9C90700",
          "8A'p' c1'Hello'" },
        { "7692 byte by byte", "", "~ !C187 !00000000 !F248CDC9C90700", "c1'Hello'" },
        { "7692 server_no_context_takeover", "; server_no_context_takeover", "c1'Hello' c1'Hello'",
          "c1'Hello' c1'Hello'" },
        { "7692 client_no_context_takeover", "; client_no_context_takeover",
          "!C187 !00000000 !F248CDC9C90700 !C187 !00000000 !F248CDC9C90700", "c1'Hello' c1'Hello'" },
        { "7692 client_no_context_takeover, window used all the same", "; client_no_context_takeover",
          "!C187 !00000000 !F248CDC9C90700 !C185 !00000000 !F200110000", "c1'Hello' C1007" },
        { "7692 server_max_window_bits=9", "; server_max_window_bits=9", "c2*100000", "c2*100000" },
        { "7692 RSV1 on a continuation", "", "!4183 !00000000 !F248CD !C084 !00000000 !C9C90700", "C1002" },
        { "7692 RSV1 on a ping", "", "C9'a'", "C1002" },
        { "7692 RSV1 on a close", "", "C8:03E8", "C1002" },
        { "7692 RSV2", "", "A1'a'", "C1002" },
        { "7692 not DEFLATE", "", "!C183 !00000000 !FFFFFF", "C1007" },
        { "7692 ends inside a block", "", "!C183 !00000000 !F248CD", "C1007" },
        { "7692 no bytes at all", "", "!C180 !00000000", "C1007" },
        { "7692 inflates to bad UTF-8", "", "!C188 !00000000 !000200FDFF61FF00", "C1007" },
        { "7692 bomb [fault 92]", "", "c2*1048577", "C1009" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char offer[128];

        snprintf(offer, sizeof offer, "permessage-deflate%s", rows[i].offer);
        talk_with(rows[i].name, offer, rows[i].script, rows[i].expected);
    }
    talk_with("7692 RSV1 without agreement", NULL, "c1'Hello'", "C1002");
    talk_with("7692 RSV1 after a declined offer", "permessage-deflate; surprise", "c1'Hello'", "C1002");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: server_conformance PORT\n", stderr);
        return 2;
    }
    it.port = atoi(argv[1]);
    for (size_t i = 0; i < sizeof conversations / sizeof *conversations; i++) {
        talk(conversations[i].name, conversations[i].script, conversations[i].expected);
    }
    texts();
    texts_by_offset();
    opcodes_and_bits();
    close_codes();
    sizes();
    handshakes();
    early_frames();
    compression();
    printf("%u passed, %u failed\n", it.passed, it.failed);
    return it.failed != 0;
}
