/* SPDX-License-Identifier: MIT */
#include "play/composer.h"
#include "play/script.h"
#include "play/wire.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "hex.h"

/* The bytes that both sides of a script send, one behind the other. */
static struct buffer stream_of(const char *script)
{
    struct conversation conversation;
    struct script_error error;
    struct composer composer;
    struct buffer out = { 0 };

    ck_assert_msg(script_read(bytes_of_text(script), 1 << 20, &conversation, &error), "%u: %s", error.line,
                  error.text);
    composer_init(&composer, 0);
    for (const struct item *item = conversation.first; item != NULL; item = item->next) {
        composer_put(&composer, item, &out);
    }
    composer_release(&composer);
    conversation_release(&conversation);
    ck_assert(!out.failed);
    return out;
}

/* --- bytes of the stream: expectations written by hand from RFC 6455 section 5.7 and RFC 7692 7.2.3 ----- */

static const struct {
    const char *script;
    const char *hex;
} frames[] = {
    { "server text \"Hello\"", "810548656c6c6f" },
    { "client text \"Hello\" mask hex 37fa213d", "818537fa213d7f9f4d5158" },
    { "server text \"Hello\" fragments 3", "010348656c 80026c6f" },
    { "server text \"Hel\" nofin\nserver continue \"lo\"", "010348656c 80026c6f" },
    { "server ping \"Hello\"", "890548656c6c6f" },
    { "client pong \"Hello\" mask hex 37fa213d", "8a8537fa213d7f9f4d5158" },
    { "server text \"x\" mask hex 00000001", "818100000001 78" },
    { "client text \"x\" mask none", "810178" },
    { "server close", "8800" },
    { "server close 1000", "880203e8" },
    { "server close 1001 \"away\"", "880603e961776179" },
    { "server close hex 03", "880103" },
    { "server frame 11 \"x\" rsv 7", "fb0178" },
    { "server text \"Hello\" bits 16", "817e000548656c6c6f" },
    { "server text \"Hello\" bits 64", "817f000000000000000548656c6c6f" },
    { "server text \"x\" announce 4294967301", "817f000000010000000578" },
    { "server text \"x\" announce 0xffffffffffffffff", "817fffffffffffffffff78" },
    { "server text \"Hello\" only 3", "810548" },
    { "server ping times 3", "890089008900" },
    { "server binary hex \"00 ff\" zeros 2 \"a\" * 3", "820700ff0000616161" },
    { "server bytes \"\\x00\\n\\u{20ac}\\\"\"", "000ae282ac22" },
    { "server text \"Hello\" deflate", "c107f248cdc9c90700" },
    { "server text \"Hello\" deflate\nserver text \"Hello\" deflate", "c107f248cdc9c90700 c105f200110000" },
    { "server compress no-takeover\nserver text \"Hello\" deflate\nserver text \"Hello\" deflate",
      "c107f248cdc9c90700 c107f248cdc9c90700" },
    { "server text \"Hello\" deflate fragments 3", "4103f248cd 8004c9c90700" },
    { "server text \"Hello\" deflate stored", "c10b000500faff48656c6c6f00" },
    { "server text \"Hello\" deflate final", "c108f348cdc9c9070000" },
    { "server text \"\" deflate", "c10100" },
    { "server text \"Hello\" deflate\nserver text \"\" deflate", "c107f248cdc9c90700 c10100" },
};

START_TEST(frames_are_those_of_the_rfc)
{
    struct buffer out = stream_of(frames[_i].script);
    struct bytes expected = hex(frames[_i].hex);

    ck_assert_uint_eq(out.length, expected.length);
    ck_assert_mem_eq(out.data, expected.data, expected.length);
    buffer_release(&out);
    hex_release();
}
END_TEST

START_TEST(the_length_form_is_the_shortest)
{
    static const struct {
        unsigned payload, header;
    } forms[] = { { 0, 2 }, { 125, 2 }, { 126, 4 }, { 65535, 4 }, { 65536, 10 } };
    char script[64];

    snprintf(script, sizeof script, "server binary zeros %u", forms[_i].payload);
    struct buffer out = stream_of(script);

    ck_assert_uint_eq(out.length, forms[_i].payload + forms[_i].header);
    buffer_release(&out);
}
END_TEST

static const struct {
    const char *script;
    const char *text;
} heads[] = {
    { "client upgrade /chat",
      "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" },
    { "client upgrade POST /x HTTP/1.0\n- Host\n= Upgrade: h2c\n- connection\n- Sec-WebSocket-Key\n"
      "= Sec-WebSocket-Version: 8\n+ Origin: http://a\n! \"Odd : line\\n\"",
      "POST /x HTTP/1.0\r\nUpgrade: h2c\r\nSec-WebSocket-Version: 8\r\nOrigin: http://a\r\n"
      "Odd : line\n\r\n" },
    { "server accept \"\"\n+ Sec-WebSocket-Protocol: chat\n= Sec-WebSocket-Accept: wrong",
      "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n"
      "Sec-WebSocket-Protocol: chat\r\n\r\n" },
    { "client request DELETE /a", "DELETE /a HTTP/1.1\r\nHost: example.com\r\n\r\n" },
    { "server response 404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
    { "server response 204", "HTTP/1.1 204 No Content\r\n\r\n" },
    { "server response\nbody \"hello\"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
    { "server response\n= Content-Length: 9\nbody \"hello\"",
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello" },
    { "server response 200 \"Fine\" HTTP/1.0\nchunk \"hello\"\nchunk \" you\"",
      "HTTP/1.0 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n4\r\n you\r\n0\r\n\r\n" },
};

START_TEST(heads_have_what_their_form_implies_and_the_edits)
{
    struct buffer out = stream_of(heads[_i].script);

    buffer_put_byte(&out, 0);
    ck_assert_str_eq((const char *)out.data, heads[_i].text);
    buffer_release(&out);
}
END_TEST

/* RFC 6455 section 1.3 works this sum out. */
START_TEST(accept_answers_the_key_that_was_sent)
{
    struct buffer out = stream_of("client upgrade\nserver accept");

    buffer_put_byte(&out, 0);
    ck_assert_ptr_nonnull(strstr((const char *)out.data, "Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    buffer_release(&out);
}
END_TEST

/* --- what is wrong with a script ------------------------------------------------------------------------ */

static const struct {
    const char *script;
    unsigned line;
    const char *text;
} mistakes[] = {
    { "client text \"a\"\nclient sing", 2, "not sing" },
    { "fly", 1, "client, server" },
    { "client", 1, "not the end of the line" },
    { "\n\nclient text \"a", 3, "no closing quote" },
    { "client text \"\\q\"", 1, "unknown escape" },
    { "client text \"\\x4\"", 1, "two hexadecimal digits" },
    { "client text \"\\u{}\"", 1, "code point" },
    { "client text hex 123", 1, "two digits for every byte" },
    { "client text hex zz", 1, "hex is followed by digits" },
    { "client text zeros", 1, "number of bytes" },
    { "client text zeros 9999999999", 1, "larger than" },
    { "client text \"a\" * 9999999999", 1, "larger than" },
    { "client text \"a\" loud", 1, "not loud" },
    { "client text \"a\" bits 8", 1, "7, 16 or 64" },
    { "client text \"a\" mask hex 00", 1, "four bytes" },
    { "client text \"a\" mask", 1, "none, drawn" },
    { "client frame 16", 1, "between 0 and 15" },
    { "client close 65536", 1, "between 0 and 65535" },
    { "client segments 0", 1, "between 1" },
    { "client segment x", 1, "offset" },
    { "client segment 0 \"a\" flags X", 1, "SAFRPU" },
    { "client at 10.0.0.1", 1, "address and port" },
    { "client at 10.0.0.256:80", 1, "address and port" },
    { "client acks", 1, "on or off" },
    { "+ a: b", 1, "above it" },
    { "client upgrade\nclient text \"a\"\n+ a: b", 3, "above it" },
    { "client upgrade\n+ no colon", 2, "a field" },
    { "body \"a\"", 1, "above it" },
    { "wait 20", 1, "unit" },
    { "wait 99999999999s", 1, "unit" },
    { "client text letters 1000 times 99999", 1, "memory" },
    { "link token-ring", 1, "ethernet" },
    { "snap 0", 1, "between 1" },
    { "client wait 20ms", 1, "not wait" },
    { "connection", 1, "name" },
    { "client fin now", 1, "end of the line" },
    { "client te\033[2Jxt", 1, "not te?[2Jxt" },
};

START_TEST(a_mistake_is_told_with_its_line)
{
    struct conversation conversation;
    struct script_error error;

    ck_assert(!script_read(bytes_of_text(mistakes[_i].script), 1 << 20, &conversation, &error));
    ck_assert_uint_eq(error.line, mistakes[_i].line);
    ck_assert_msg(strstr(error.text, mistakes[_i].text) != NULL, "%s", error.text);
}
END_TEST

/* --- packets -------------------------------------------------------------------------------------------- */

#define PACKETS_MAX 64

/* What a capture of raw IPv4 holds of each packet. */
struct seen {
    uint8_t source;             /* last byte of the address: 1 the client, 2 the server */
    uint32_t sequence, acknowledgment;
    uint8_t flags;
    struct bytes payload;
    size_t captured, length;
};

struct capture {
    struct buffer file;
    struct seen packet[PACKETS_MAX];
    size_t count;
};

static uint32_t little(struct cursor *cursor)
{
    uint32_t big = cursor_u32(cursor);

    return big >> 24 | (big >> 8 & 0xFF00) | (big << 8 & 0xFF0000) | big << 24;
}

/* Checksums hold when the sum over what they cover, themselves included, is all ones: RFC 1071. */
static uint32_t folded_sum(struct bytes view, uint32_t sum)
{
    for (size_t i = 0; i < view.length; i++) {
        sum += (uint32_t)view.data[i] << (i % 2 ? 0 : 8);
    }
    return (sum & 0xFFFF) + (sum >> 16);
}

static void read_ipv4(struct bytes bytes, struct seen *seen)
{
    struct cursor cursor = cursor_over(bytes_after(bytes, 20));
    struct bytes tcp = bytes_after(bytes, 20);

    seen->source = bytes.data[15];
    cursor_u32(&cursor);
    seen->sequence = cursor_u32(&cursor);
    seen->acknowledgment = cursor_u32(&cursor);
    uint8_t offset = cursor_u8(&cursor);

    seen->flags = cursor_u8(&cursor);
    seen->payload = bytes_after(tcp, (size_t)(offset >> 4) * 4);
    if (seen->captured == seen->length) {
        uint32_t pseudo = folded_sum(bytes_of(bytes.data + 12, 8), 6 + (uint32_t)tcp.length);

        ck_assert_uint_eq(folded_sum(bytes_first(bytes, 20), 0) % 0xFFFF, 0);
        ck_assert_uint_eq(folded_sum(tcp, pseudo) % 0xFFFF, 0);
    }
}

static struct capture capture_of(const char *script)
{
    struct capture capture = { 0 };
    struct conversation conversation;
    struct script_error error;
    struct wire_error wire_error;
    char text[2048];

    snprintf(text, sizeof text, "link raw\n%s", script);
    ck_assert_msg(script_read(bytes_of_text(text), 1 << 20, &conversation, &error), "%u: %s", error.line,
                  error.text);
    ck_assert(wire_write(&conversation, &capture.file, &wire_error));
    conversation_release(&conversation);

    struct cursor cursor = cursor_over(buffer_view(&capture.file));

    ck_assert_uint_eq(little(&cursor), 0xA1B23C4D);
    cursor_take(&cursor, 16);
    ck_assert_uint_eq(little(&cursor), 101);
    while (cursor_left(&cursor) > 0) {
        struct seen *seen = &capture.packet[capture.count++];

        cursor_take(&cursor, 8);
        seen->captured = little(&cursor);
        seen->length = little(&cursor);
        read_ipv4(cursor_take(&cursor, seen->captured), seen);
        ck_assert(!cursor.failed && capture.count < PACKETS_MAX);
    }
    return capture;
}

/* Every packet as a letter or two: C or S, then S(YN) F(IN) R(ST) or the payload, ack alone as a dot. */
static void describe(const struct capture *capture, char *out)
{
    for (size_t i = 0; i < capture->count; i++) {
        const struct seen *seen = &capture->packet[i];
        const char *mark = seen->flags & 2 ? "S" : seen->flags & 1 ? "F" : seen->flags & 4 ? "R" : "";

        out += sprintf(out, "%s%c%s%.*s", i ? " " : "", seen->source == 1 ? 'c' : 's', mark,
                       (int)seen->payload.length, (const char *)seen->payload.data);
        if (*mark == '\0' && seen->payload.length == 0) {
            out += sprintf(out, ".");
        }
    }
    *out = '\0';
}

static const struct {
    const char *script;
    const char *packets;
} wires[] = {
    { "", "" },
    { "connect", "cS sS c." },
    { "client bytes \"ab\"", "cS sS c. cab s." },
    { "established\nclient bytes \"ab\"", "cab s." },
    { "established\nserver bytes \"ab\"\nserver fin\nclient fin", "sab c. sF c. cF s." },
    { "established\nclient segments 1 2\nclient bytes \"abcdef\"", "ca cbc cde cf s." },
    { "established\nclient hold\nclient bytes \"ab\"\nclient bytes \"cd\"\nclient send", "cabcd s." },
    { "established\nclient hold\nclient bytes \"ab\"", "cab s." },
    { "established\nclient lose\nclient bytes \"ab\"\nclient bytes \"cd\"", "s. ccd s." },
    { "established\nclient segments 1\nclient lose 2\nclient bytes \"abc\"", "ca cc s." },
    { "established\nclient twice\nclient bytes \"ab\"\nclient bytes \"c\"", "cab cab s. cc s." },
    { "established\nclient late\nclient bytes \"ab\"\nclient bytes \"c\"\nclient bytes \"d\"",
      "cc cab s. cd s." },
    { "established\nclient segments 1\nclient late 2\nclient bytes \"abcd\"", "cb cc ca cd s." },
    { "established\nclient segments 1\nclient reverse 3\nclient bytes \"abcd\"", "cc cb ca cd s." },
    { "established\nclient reverse 3\nclient bytes \"ab\"", "cab" },
    { "established\nclient bytes \"ab\"\nclient again\nclient again \"xy\"", "cab s. cab cxy" },
    { "established\nclient keepalive \"x\"\nclient keepalive", "cx c." },
    { "established\nclient unseen\nclient bytes \"ab\"\nclient seen\nclient bytes \"c\"", "s. cc s." },
    { "established\nserver acks off\nclient bytes \"ab\"", "cab" },
    { "client syn \"ab\"\nserver syn\nclient ack\nclient bytes \"c\"", "cSab sS c. cc s." },
    { "client syn\nserver syn\nclient ack\nserver rst", "cS sS c. sR" },
    { "established\nclient segment 5 \"x\" flags FA", "cFx" },
};

START_TEST(packets_come_in_the_order_that_the_script_wants)
{
    struct capture capture = capture_of(wires[_i].script);
    char text[1024];

    describe(&capture, text);
    ck_assert_str_eq(text, wires[_i].packets);
    buffer_release(&capture.file);
}
END_TEST

START_TEST(sequence_numbers_are_those_of_tcp)
{
    struct capture capture = capture_of("client sequence 4294967295\nserver sequence 7\nconnect\n"
                                        "client bytes \"abc\"\nserver fin");
    const struct seen *packet = capture.packet;

    ck_assert_uint_eq(capture.count, 7);
    ck_assert_uint_eq(packet[0].sequence, 0xFFFFFFFF);
    ck_assert_uint_eq(packet[1].sequence, 7);
    ck_assert_uint_eq(packet[1].acknowledgment, 0);
    ck_assert_uint_eq(packet[2].sequence, 0);
    ck_assert_uint_eq(packet[2].acknowledgment, 8);
    ck_assert_uint_eq(packet[3].sequence, 0);
    ck_assert_uint_eq(packet[4].acknowledgment, 3);
    ck_assert_uint_eq(packet[5].sequence, 8);
    ck_assert_uint_eq(packet[6].acknowledgment, 9);
    buffer_release(&capture.file);
}
END_TEST

/* A hole that the network will fill is not acknowledged past: else it would be a loss of the capture. */
START_TEST(nothing_is_acknowledged_while_a_batch_waits)
{
    struct capture capture = capture_of("established\nclient late 2\nclient bytes \"ab\"\n"
                                        "server bytes \"x\"\nclient bytes \"cd\"\nclient bytes \"ef\"");
    const struct seen *packet = capture.packet;

    ck_assert_uint_eq(packet[0].source, 2);
    ck_assert_uint_eq(packet[0].acknowledgment, 1001);
    ck_assert_uint_eq(packet[capture.count - 1].source, 2);
    ck_assert_uint_eq(packet[capture.count - 1].acknowledgment, 1007);
    buffer_release(&capture.file);
}
END_TEST

START_TEST(the_snap_length_cuts_and_the_wire_length_stays)
{
    struct capture capture = capture_of("snap 50\nestablished\nclient bytes letters 100");

    ck_assert_uint_eq(capture.packet[0].captured, 50);
    ck_assert_uint_eq(capture.packet[0].length, 140);
    buffer_release(&capture.file);
}
END_TEST

START_TEST(the_same_script_gives_the_same_bytes)
{
    static const char script[] = "client upgrade\nserver accept\nclient text \"Hello\"\nconnection b\n"
                                 "client text random 3000 deflate";
    struct capture a = capture_of(script), b = capture_of(script);

    ck_assert_uint_eq(a.file.length, b.file.length);
    ck_assert_mem_eq(a.file.data, b.file.data, a.file.length);
    buffer_release(&a.file);
    buffer_release(&b.file);
}
END_TEST

START_TEST(a_capture_keeps_to_its_limit)
{
    struct conversation conversation;
    struct script_error error;
    struct wire_error wire_error;
    struct buffer file = { .limit = 1 << 16 };

    ck_assert(script_read(bytes_of_text("\nclient text letters 1000 times 1000"), 1 << 20, &conversation,
                          &error));
    ck_assert(!wire_write(&conversation, &file, &wire_error));
    ck_assert_uint_eq(wire_error.line, 2);
    conversation_release(&conversation);
    buffer_release(&file);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *suite = suite_create("play");
    TCase *composing = tcase_create("items become bytes");
    TCase *reading = tcase_create("scripts");
    TCase *packets = tcase_create("bytes become packets");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(composing, frames_are_those_of_the_rfc, 0, COUNT(frames));
    tcase_add_loop_test(composing, the_length_form_is_the_shortest, 0, 5);
    tcase_add_loop_test(composing, heads_have_what_their_form_implies_and_the_edits, 0, COUNT(heads));
    tcase_add_test(composing, accept_answers_the_key_that_was_sent);
    tcase_add_loop_test(reading, a_mistake_is_told_with_its_line, 0, COUNT(mistakes));
    tcase_add_loop_test(packets, packets_come_in_the_order_that_the_script_wants, 0, COUNT(wires));
    tcase_add_test(packets, sequence_numbers_are_those_of_tcp);
    tcase_add_test(packets, nothing_is_acknowledged_while_a_batch_waits);
    tcase_add_test(packets, the_snap_length_cuts_and_the_wire_length_stays);
    tcase_add_test(packets, the_same_script_gives_the_same_bytes);
    tcase_add_test(packets, a_capture_keeps_to_its_limit);
    suite_add_tcase(suite, composing);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, packets);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
