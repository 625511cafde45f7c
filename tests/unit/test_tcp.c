/* SPDX-License-Identifier: MIT */
#include "core/tcp.h"
#include "unit/hex.h"

#include <stdio.h>

#define PORTS "C0 00 1F A5 "
#define NUMBERS "FF FF FF FE 00 00 00 02 "
#define REST "10 00 00 00 00 00 "          /* window, checksum, urgent pointer */
#define SYN_OPTIONS "02 04 05 B4 01 03 03 07 "

static const struct {
    const char *name;
    const char *bytes;
    uint32_t cut;
    enum decoded result;
    size_t payload;
    uint32_t payload_cut;
    uint8_t window_scale;
} rows[] = {
    { "no options", PORTS NUMBERS "50 18" REST "68 69", 0, DECODED, 2, 0, TCP_NO_SCALE },
    { "options", PORTS NUMBERS "60 18" REST "01 01 01 01 68 69", 0, DECODED, 2, 0, TCP_NO_SCALE },
    { "no payload", PORTS NUMBERS "50 10" REST, 0, DECODED, 0, 0, TCP_NO_SCALE },
    { "SYN with window scale", PORTS NUMBERS "70 02" REST SYN_OPTIONS, 0, DECODED, 0, 0, 7 },
    { "SYN with data", PORTS NUMBERS "70 02" REST SYN_OPTIONS "68", 0, DECODED, 1, 0, 7 },
    { "scale 15 counts as 14", PORTS NUMBERS "60 02" REST "03 03 0F 00", 0, DECODED, 0, 0, 14 },
    { "scale behind the end of options", PORTS NUMBERS "60 02" REST "00 03 03 07", 0, DECODED, 0, 0,
      TCP_NO_SCALE },
    { "option of length 0", PORTS NUMBERS "60 02" REST "08 00 03 03", 0, DECODED, 0, 0, TCP_NO_SCALE },
    { "option longer than the header", PORTS NUMBERS "60 02" REST "03 FF 07 00", 0, DECODED, 0, 0,
      TCP_NO_SCALE },
    { "kind without length", PORTS NUMBERS "60 02" REST "01 01 01 03", 0, DECODED, 0, 0, TCP_NO_SCALE },
    { "scale only in a SYN", PORTS NUMBERS "60 10" REST "03 03 07 00", 0, DECODED, 0, 0, TCP_NO_SCALE },
    { "header below 20 bytes", PORTS NUMBERS "40 10" REST "68 69", 0, DECODED_MALFORMED, 0, 0, 0 },
    { "header past the end", PORTS NUMBERS "F0 10" REST "68 69", 0, DECODED_MALFORMED, 0, 0, 0 },
    { "19 bytes", PORTS NUMBERS "50 10 10 00 00 00 00", 50, DECODED_CUT, 0, 0, 0 },
    { "payload cut (fault 11)", PORTS NUMBERS "50 18" REST "68", 9, DECODED, 1, 9, TCP_NO_SCALE },
    { "options cut (fault 11)", PORTS NUMBERS "80 18" REST "01 01", 30, DECODED, 0, 20, TCP_NO_SCALE },
};

START_TEST(the_header_is_read)
{
    struct ip_packet packet = { .protocol = IP_PROTOCOL_TCP, .payload = hex(rows[_i].bytes),
                                .cut = rows[_i].cut };
    struct segment segment;
    enum decoded result = tcp_decode(&packet, &segment);

    ck_assert_msg(result == rows[_i].result, "%s: %d", rows[_i].name, result);
    if (result == DECODED) {
        ck_assert_uint_eq(segment.source.port, 0xC000);
        ck_assert_uint_eq(segment.destination.port, 8101);
        ck_assert_uint_eq(segment.sequence, 0xFFFFFFFE);
        ck_assert_uint_eq(segment.acknowledgment, 2);
        ck_assert_uint_eq(segment.window, 0x1000);
        ck_assert_msg(segment.payload.length == rows[_i].payload, "%s", rows[_i].name);
        ck_assert_msg(segment.cut == rows[_i].payload_cut, "%s: %u", rows[_i].name, segment.cut);
        ck_assert_msg(segment.window_scale == rows[_i].window_scale, "%s", rows[_i].name);
    }
}
END_TEST

START_TEST(flags_are_the_six_that_matter)
{
    struct ip_packet packet = { .payload = hex(PORTS NUMBERS "5F C2" REST) };
    struct segment segment;

    ck_assert_int_eq(tcp_decode(&packet, &segment), DECODED);
    ck_assert_uint_eq(segment.flags, TCP_SYN);     /* with CWR and ECE, as ECN asks for it */
}
END_TEST

START_TEST(a_segment_may_be_cut_anywhere)
{
    struct bytes whole = hex(rows[_i].bytes);

    for (size_t n = 0; n < whole.length; n++) {
        struct ip_packet packet = { .payload = hex_copy(whole, n), .cut = (uint32_t)(whole.length - n) };
        struct segment segment;
        enum decoded result = tcp_decode(&packet, &segment);

        ck_assert_msg(n >= 20 || result == DECODED_CUT, "%s, %zu bytes: %d", rows[_i].name, n, result);
    }
}
END_TEST

/* RFC 9293 section 3.4, fault 25. */
START_TEST(sequence_numbers_wrap)
{
    ck_assert_int_eq(tcp_distance(5, 3), 2);
    ck_assert_int_eq(tcp_distance(3, 5), -2);
    ck_assert_int_eq(tcp_distance(1, 0xFFFFFFFF), 2);
    ck_assert_int_eq(tcp_distance(0xFFFFFFFF, 1), -2);
    ck_assert_int_eq(tcp_distance(0x7FFFFFFF, 0), INT32_MAX);
}
END_TEST

/* Addresses 10.0.0.1 and 10.0.0.2, an odd byte at the end; the sums are worked out by hand. Fault 18. */
START_TEST(the_checksum_covers_the_pseudo_header)
{
    static const struct {
        const char *checksum;
        uint32_t cut;
        bool holds;
    } sums[] = {
        { "44 22", 0, true }, { "44 23", 0, false }, { "14 1E", 0, true }, { "00 00", 0, false }, { "00 00", 1, true },
    };

    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        struct ip_packet packet = { .protocol = IP_PROTOCOL_TCP,
                                    .source = { { [10] = 0xFF, 0xFF, 10, 0, 0, 1 } },
                                    .destination = { { [10] = 0xFF, 0xFF, 10, 0, 0, 2 } },
                                    .cut = sums[i].cut };
        char text[128];

        snprintf(text, sizeof text, PORTS NUMBERS "50 18 10 00 %s 00 00 68", sums[i].checksum);
        packet.payload = hex(text);
        ck_assert_msg(tcp_checksum_holds(&packet) == sums[i].holds, "checksum %s", sums[i].checksum);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tcp");
    TCase *header = tcase_create("header");
    SRunner *runner = srunner_create(suite);
    int count = (int)(sizeof rows / sizeof rows[0]);

    tcase_add_checked_fixture(header, NULL, hex_release);
    tcase_add_loop_test(header, the_header_is_read, 0, count);
    tcase_add_loop_test(header, a_segment_may_be_cut_anywhere, 0, count);
    tcase_add_test(header, flags_are_the_six_that_matter);
    tcase_add_test(header, sequence_numbers_wrap);
    tcase_add_test(header, the_checksum_covers_the_pseudo_header);
    suite_add_tcase(suite, header);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
