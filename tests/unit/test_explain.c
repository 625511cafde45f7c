/* SPDX-License-Identifier: MIT */
#include "report/explain.h"

#include "hex.h"
#include "report.h"
#include "report/hex_input.h"

static char *explained(const char *bytes_text, enum explain_sender sender)
{
    struct output output;
    struct bytes bytes = hex(bytes_text);
    uint8_t *scratch = malloc(bytes.length + 1);

    report_open(&output);
    explain_write(&output, bytes, scratch, &(struct explain_setting){ .sender = sender });
    free(scratch);
    hex_release();
    return report_text(&output);
}

static void expect(const char *bytes, enum explain_sender sender, const char *part)
{
    char *text = explained(bytes, sender);

    ck_assert_msg(strstr(text, part) != NULL, "%s is not in:\n%s", part, text);
    free(text);
}

static void expect_not(const char *bytes, enum explain_sender sender, const char *part)
{
    char *text = explained(bytes, sender);

    ck_assert_msg(strstr(text, part) == NULL, "%s is in:\n%s", part, text);
    free(text);
}

START_TEST(the_example_of_the_rfc_is_drawn_and_unmasked)
{
    expect("81 85 37 fa 21 3d 7f 9f 4d 51 58", EXPLAIN_BY_MASK,
           "  +-+-+-+-+-------+-+-------------+-------------------------------+\n"
           "  |F|R|R|R|       |M|             |                               |\n"
           "  |I|S|S|S|opcode |A| Payload len |          Masking-key          |\n"
           "  |N|V|V|V|  (4)  |S|     (7)     |             (32)              |\n"
           "  | |1|2|3|       |K|             |                               |\n"
           "  |1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|\n"
           "  | | | | | text  | |      5      |      37              fa       |\n"
           "  +-+-+-+-+-------+-+-------------+-------------------------------+\n"
           "  |          Masking-key          |         Payload Data          |\n"
           "  |0 0 1 0 0 0 0 1 0 0 1 1 1 1 0 1|0 1 1 1 1 1 1 1 1 0 0 1 1 1 1 1|\n"
           "  |      21              3d       |      7f              9f       |\n"
           "  +-------------------------------+-------------------------------+\n");
    expect("81 85 37 fa 21 3d 7f 9f 4d 51 58", EXPLAIN_BY_MASK,
           "       0      7f    37 [0]     48  H       01111111 ^ 00110111 = 01001000\n");
    expect("81 85 37 fa 21 3d 7f 9f 4d 51 58", EXPLAIN_BY_MASK, "  text         \"Hello\"\n");
    expect_not("81 85 37 fa 21 3d 7f 9f 4d 51 58", EXPLAIN_BY_MASK, "MUST");
}
END_TEST

START_TEST(the_longer_lengths_are_worked_out)
{
    expect("82 7e 01 2c", EXPLAIN_BY_MASK, "01 2c        0x01 * 256 + 0x2c = 1 * 256 + 44 = 300\n");
    expect("82 7f ff ff ff ff ff ff ff ff", EXPLAIN_BY_MASK,
           "ff ff ff ff ff ff ff ff   = 18446744073709551615\n");
    expect("82 7f ff ff ff ff ff ff ff ff", EXPLAIN_BY_MASK,
           "MUST frame-length-top-bit (server, RFC 6455 5.2)");
    expect("82 7f ff ff ff ff ff ff ff ff", EXPLAIN_BY_MASK, "it needs 18446744073709551615 more bytes.");
}
END_TEST

START_TEST(what_is_cut_says_how_much_is_missing)
{
    expect("81", EXPLAIN_BY_MASK, "The header is cut: it needs at least 1 more byte.");
    expect("81", EXPLAIN_BY_MASK, "|1|0|0|0|0 0 0 1|.|. . . . . . .|\n");
    expect("82 fe 01", EXPLAIN_BY_MASK, "The header is cut: it needs 5 more bytes.");
    expect("81 85 37 fa 21 3d 7f 9f", EXPLAIN_BY_MASK, "The payload is cut: it needs 3 more bytes.");
}
END_TEST

START_TEST(the_mask_is_judged_by_the_sender)
{
    expect("81 01 41", EXPLAIN_CLIENT, "MUST frame-not-masked (client, RFC 6455 5.1)");
    expect("81 81 01 02 03 04 40", EXPLAIN_SERVER, "MUST frame-masked (server, RFC 6455 5.1)");
    expect_not("81 01 41", EXPLAIN_SERVER, "MUST");
}
END_TEST

START_TEST(closes_and_compressed_messages_are_read)
{
    expect("88 05 03 e8 62 79 65", EXPLAIN_BY_MASK, "0x03e8 = 1000: normal closure");
    expect("88 05 03 e8 62 79 65", EXPLAIN_BY_MASK, "reason       \"bye\"");
    expect("88 02 03 ed", EXPLAIN_BY_MASK, "MUST frame-close-code-never-sent");
    expect("88 00", EXPLAIN_BY_MASK, "the application sees 1005");
    expect("c1 07 f2 48 cd c9 c9 07 00", EXPLAIN_BY_MASK, "inflated     \"Hello\"");
    expect("c1 01 ff", EXPLAIN_BY_MASK, "does not inflate by itself");
    expect("81 02 c3 28", EXPLAIN_BY_MASK, "MUST message-not-utf8");
}
END_TEST

START_TEST(frames_in_a_row_are_held_against_each_other)
{
    expect("01 01 48 80 01 65", EXPLAIN_BY_MASK, "Frame 2: continuation");
    expect_not("01 01 48 80 01 65", EXPLAIN_BY_MASK, "MUST");
    expect("01 01 48 81 01 65", EXPLAIN_BY_MASK, "MUST frame-message-interrupted");
    expect("81 01 48 80 01 65", EXPLAIN_BY_MASK, "MUST frame-continuation-orphan");
    expect_not("80 01 65", EXPLAIN_BY_MASK, "MUST");
    expect_not("01 01 48 89 00 80 01 65", EXPLAIN_BY_MASK, "MUST");
}
END_TEST

START_TEST(lines_fit_and_nothing_of_the_wire_steers_a_terminal)
{
    static const char *const inputs[] = {
        "81 84 00 00 00 00 1b 5b 32 4a",
        "88 06 03 e8 1b 5b 32 4a",
        "f3 ff ff ff ff ff ff ff ff ff 00 00 00 00",
        "89 7e 00 80",
        "82 0c 1b 9b 32 4a 00 ff fe 41 42 43 44 45",
    };

    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        char *text = explained(inputs[i], EXPLAIN_CLIENT);

        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            ck_assert_msg(strlen(line) <= 80, "%s", line);
            ck_assert_ptr_null(strchr(line, '\x1b'));
        }
        free(text);
    }
}
END_TEST

/* --- hexadecimal as people give it ---------------------------------------------------------------------- */

static const char input_hello[] = "\x81\x05Hello";

static void expect_hello(const char *text)
{
    uint8_t bytes[64];
    size_t length, bad = 0;

    ck_assert_msg(hex_input_read(bytes_of_text(text), bytes, &length, &bad), "%s: bad at %zu", text, bad);
    ck_assert_msg(bytes_equal(bytes_of(bytes, length), bytes_of_text(input_hello)), "%s", text);
}

START_TEST(bytes_may_be_written_in_many_ways)
{
    expect_hello("81 05 48 65 6c 6c 6f");
    expect_hello("81 0548656C6C6F");
    expect_hello("0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f");
    expect_hello("81:05:48:65:6c:6c:6f\r\n");
    expect_hello("\\x81\\x05\\x48\\x65\\x6c\\x6c\\x6f");
    expect_hello("0000   81 05 48 65 6c 6c 6f                               ..Hello\n");
    expect_hello("00000000: 8105 4865 6c6c 6f                        ..Hello\n");
    expect_hello("00000000  81 05 48 65 6c 6c 6f                              |..Hello|\n00000007\n");
}
END_TEST

static void expect_bad(const char *text, size_t at)
{
    uint8_t bytes[64];
    size_t length, bad = SIZE_MAX;

    ck_assert(!hex_input_read(bytes_of_text(text), bytes, &length, &bad));
    ck_assert_uint_eq(bad, at);
}

START_TEST(a_bad_character_has_a_place)
{
    expect_bad("81 8g", 3);
    expect_bad("81 8", 3);
    expect_bad("81\n0x", 5);
    expect_bad("hello", 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("explain");

    tcase_add_test(tests, the_example_of_the_rfc_is_drawn_and_unmasked);
    tcase_add_test(tests, the_longer_lengths_are_worked_out);
    tcase_add_test(tests, what_is_cut_says_how_much_is_missing);
    tcase_add_test(tests, the_mask_is_judged_by_the_sender);
    tcase_add_test(tests, closes_and_compressed_messages_are_read);
    tcase_add_test(tests, frames_in_a_row_are_held_against_each_other);
    tcase_add_test(tests, lines_fit_and_nothing_of_the_wire_steers_a_terminal);
    tcase_add_test(tests, bytes_may_be_written_in_many_ways);
    tcase_add_test(tests, a_bad_character_has_a_place);
    return report_run("explain", tests);
}
