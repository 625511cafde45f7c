/* SPDX-License-Identifier: MIT */
#include "core/tls.h"
#include "unit/hex.h"
#include "unit/report.h"

/* A ClientHello whose server_name extension asks for "example.org", after one other extension. */
#define RANDOM \
    "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F "
#define NAME "65 78 61 6D 70 6C 65 2E 6F 72 67"
#define HELLO                                        \
    "16 03 01 00 4B 01 00 00 47 03 03 " RANDOM "00 " \
    "00 02 13 01 "                                   \
    "01 00 "                                         \
    "00 1C "                                         \
    "00 17 00 00 "                                   \
    "00 00 00 10 00 0E 00 00 0B " NAME " 00 10 00 00"

static const struct {
    const char *name;
    const char *bytes;
    bool start, record, whole;
    const char *server;
} rows[] = {
    { "a hello", HELLO, true, true, true, "example.org" },
    { "nothing", "", false, false, false, NULL },
    { "one byte", "16", true, false, false, NULL },
    { "four bytes", "16 03 01 00", true, false, false, NULL },
    { "a header", "16 03 01 00 05", true, true, false, NULL },
    { "another handshake", "16 03 03 00 04 02 00 00 00", true, true, true, NULL },
    { "application data", "17 03 03 00 01 FF", false, true, true, NULL },
    { "a record longer than allowed", "16 03 03 FF FF 01", true, false, true, NULL },
    { "SSL 2's number", "16 02 00 00 01 00", false, false, true, NULL },
    { "an empty record", "16 03 03 00 00", true, false, true, NULL },
    { "a session id past the end", "16 03 01 00 28 01 00 00 24 03 03 " RANDOM "FF 00", true, true, true,
      NULL },
    { "a name list past its extension",
      "16 03 01 00 34 01 00 00 30 03 03 " RANDOM "00 00 02 13 01 01 00 00 05 00 00 00 01 FF", true, true,
      true, NULL },
};

START_TEST(first_bytes_are_told)        /* faults.md 69 */
{
    struct bytes view = hex(rows[_i].bytes), name;

    ck_assert_msg(tls_is_start(view) == rows[_i].start, "%s: start", rows[_i].name);
    ck_assert_msg(tls_is_record(view) == rows[_i].record, "%s: record", rows[_i].name);
    ck_assert_msg(tls_hello_whole(view) == rows[_i].whole, "%s: whole", rows[_i].name);
    ck_assert_msg(tls_server_name(view, &name) == (rows[_i].server != NULL), "%s: name", rows[_i].name);
    if (rows[_i].server) {
        ck_assert(bytes_equal(name, bytes_of_text(rows[_i].server)));
    }
    hex_release();
}
END_TEST

/* Cut anywhere, in a block of its own: no read past the end, no half of a name. */
START_TEST(a_hello_cut_anywhere)        /* faults.md 69, 70 */
{
    struct bytes whole = hex(HELLO), name;

    for (size_t n = 0; n < whole.length; n++) {
        struct bytes cut = hex_copy(whole, n);

        ck_assert(!tls_hello_whole(cut));
        ck_assert_msg(!tls_server_name(cut, &name) || bytes_equal(name, bytes_of_text("example.org")),
                      "half a name from %zu bytes", n);
    }
    hex_release();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tls");

    tcase_add_loop_test(tests, first_bytes_are_told, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, a_hello_cut_anywhere);
    return report_run("tls", tests);
}
