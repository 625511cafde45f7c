/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"
#include "unit/hex.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define SECOND INT64_C(1000000000)

static char directory[128];
static char path[256];

static void set_up(void)
{
    snprintf(directory, sizeof directory, "%s/ws101-test-XXXXXX", P_tmpdir);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/capture", directory);
}

static void tear_down(void)
{
    char command[200];

    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    ck_assert_int_eq(system(command), 0);
    hex_release();
}

static void write_file(struct bytes content)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content.data, 1, content.length, file), content.length);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_gzip(struct bytes content, const char *mode)
{
    gzFile file = gzopen(path, mode);

    ck_assert_int_eq(gzwrite(file, content.data, (unsigned)content.length), (int)content.length);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static struct capture *open_path(const char *filter, struct error *error)
{
    struct capture_options options = { .file = path, .filter = filter };

    error->text[0] = '\0';
    struct capture *capture = capture_open(&options, error);

    if (capture != NULL && capture_start(capture, error) == CAPTURE_FAILED) {
        capture_close(capture);
        return NULL;
    }
    return capture;
}

/* What a whole capture comes to; packets are read to their last byte. */
struct sum {
    enum capture_result result;
    uint64_t packets;
    uint32_t first_link_type, last_link_type;
    uint32_t first_wire_length;
    int64_t first_time;
    unsigned bytes;
    struct error error;
};

static struct sum read_all(struct capture *capture)
{
    struct sum sum = { .packets = 0 };
    struct packet packet;

    ck_assert_ptr_nonnull(capture);
    while ((sum.result = capture_next(capture, &packet, &sum.error)) == CAPTURE_PACKET) {
        if (sum.packets++ == 0) {
            sum.first_time = packet.time;
            sum.first_link_type = packet.link_type;
            sum.first_wire_length = packet.wire_length;
        }
        sum.last_link_type = packet.link_type;
        for (size_t i = 0; i < packet.captured.length; i++) {
            sum.bytes += packet.captured.data[i];
        }
    }
    capture_close(capture);
    return sum;
}

static struct sum read_bytes(struct bytes content)
{
    struct error error;

    write_file(content);
    struct capture *capture = open_path(NULL, &error);
    ck_assert_msg(capture != NULL, "%s", error.text);
    return read_all(capture);
}

static void expect_refused(const char *reason)
{
    struct error error;

    ck_assert_ptr_null(open_path(NULL, &error));
    ck_assert_msg(strstr(error.text, reason) != NULL, "%s: not: %s", error.text, reason);
    ck_assert_msg(strstr(error.text, path) != NULL, "%s", error.text);
}

/* --- classic pcap ------------------------------------------------------------------------------------ */

#define LITTLE_REST "02 00 04 00 00 00 00 00 00 00 00 00 00 00 04 00 "
#define LITTLE "D4 C3 B2 A1 " LITTLE_REST "01 00 00 00 "
#define LITTLE_NANO "4D 3C B2 A1 " LITTLE_REST "01 00 00 00 "
#define BIG_REST "00 02 00 04 00 00 00 00 00 00 00 00 00 04 00 00 "
#define BIG "A1 B2 C3 D4 " BIG_REST "00 00 00 01 "
#define BIG_NANO "A1 B2 3C 4D " BIG_REST "00 00 00 01 "
#define KUZNETZOV "34 CD B2 A1 " LITTLE_REST "01 00 00 00 "
#define LITTLE_RECORD "00 65 CD 1D 39 30 00 00 04 00 00 00 40 00 00 00 "     /* 500000000.012345, 4 of 64 */
#define BIG_RECORD "1D CD 65 00 00 00 30 39 00 00 00 04 00 00 00 40 "
#define BYTES "01 02 03 04 "

/* Fault 4. */
static const struct {
    const char *name;
    const char *content;
    int64_t time;
} pcaps[] = {
    { "little-endian", LITTLE LITTLE_RECORD BYTES, 500000000 * SECOND + 12345000 },
    { "big-endian", BIG BIG_RECORD BYTES, 500000000 * SECOND + 12345000 },
    { "little-endian, nanoseconds", LITTLE_NANO LITTLE_RECORD BYTES, 500000000 * SECOND + 12345 },
    { "big-endian, nanoseconds", BIG_NANO BIG_RECORD BYTES, 500000000 * SECOND + 12345 },
    { "modified", KUZNETZOV LITTLE_RECORD "01 00 00 00 08 00 04 00 " BYTES, 500000000 * SECOND + 12345000 },
    { "version 2.3, lengths swapped",
      "A1 B2 C3 D4 00 02 00 03 00 00 00 00 00 00 00 00 00 04 00 00 00 00 00 01"
      "1D CD 65 00 00 00 30 39 00 00 00 40 00 00 00 04 " BYTES, 500000000 * SECOND + 12345000 },
    { "a frame check sequence announced", "A1 B2 C3 D4 " BIG_REST "24 00 00 01 " BIG_RECORD BYTES,
      500000000 * SECOND + 12345000 },
    { "the year 2106 (fault 7)", BIG "FF FF FF FF 00 0F 42 3F 00 00 00 04 00 00 00 40 " BYTES,
      UINT32_MAX * SECOND + 999999000 },
    { "time zero", BIG "00 00 00 00 00 00 00 00 00 00 00 04 00 00 00 40 " BYTES, 0 },
};

START_TEST(pcap_is_read_in_every_form)
{
    struct sum sum = read_bytes(hex(pcaps[_i].content));

    ck_assert_msg(sum.result == CAPTURE_END, "%s: %s", pcaps[_i].name, sum.error.text);
    ck_assert_uint_eq(sum.packets, 1);
    ck_assert_uint_eq(sum.bytes, 10);
    ck_assert_uint_eq(sum.first_wire_length, 64);
    ck_assert_uint_eq(sum.first_link_type, 1);
    ck_assert_msg(sum.first_time == pcaps[_i].time, "%s: %lld", pcaps[_i].name, (long long)sum.first_time);
}
END_TEST

START_TEST(a_pcap_of_the_header_alone_is_empty)     /* fault 1 */
{
    struct sum sum = read_bytes(hex(LITTLE));

    ck_assert_int_eq(sum.result, CAPTURE_END);
    ck_assert_uint_eq(sum.packets, 0);
}
END_TEST

START_TEST(less_than_a_header_is_no_capture)        /* fault 1 */
{
    struct bytes header = hex(_i == 0 ? LITTLE : "0A 0D 0D 0A 1C 00 00 00 4D 3C 2B 1A 01 00 00 00 FF FF FF FF"
                                                 "FF FF FF FF 1C 00 00 00");

    write_file(bytes_of_text(""));
    expect_refused("empty");
    for (size_t n = 1; n < header.length; n++) {
        write_file(bytes_first(header, n));
        expect_refused("too short");
    }
}
END_TEST

START_TEST(a_cut_pcap_gives_its_whole_packets)      /* fault 2 */
{
    struct bytes whole = hex(LITTLE LITTLE_RECORD BYTES LITTLE_RECORD BYTES LITTLE_RECORD BYTES);

    for (size_t n = 24; n <= whole.length; n++) {
        struct sum sum = read_bytes(bytes_first(whole, n));

        ck_assert_uint_eq(sum.packets, (n - 24) / 20);
        ck_assert_int_eq(sum.result, (n - 24) % 20 == 0 ? CAPTURE_END : CAPTURE_CUT);
        if (sum.result == CAPTURE_CUT) {
            char count[32];

            snprintf(count, sizeof count, ": %zu packet", (n - 24) / 20);
            ck_assert_msg(strstr(sum.error.text, count) != NULL, "%s", sum.error.text);
        }
    }
}
END_TEST

/* Fault 3. */
static const struct {
    const char *name;
    const char *record;
    enum capture_result result;
    uint64_t packets;
} lengths[] = {
    { "captured 2^32-1", "00 00 00 00 00 00 00 00 FF FF FF FF 00 00 00 40 ", CAPTURE_FAILED, 1 },
    { "captured 2^31-1", "00 00 00 00 00 00 00 00 7F FF FF FF 00 00 00 40 ", CAPTURE_FAILED, 1 },
    { "captured 256 KiB and 1", "00 00 00 00 00 00 00 00 00 04 00 01 00 04 00 01 ", CAPTURE_FAILED, 1 },
    { "captured 256 KiB, and the file ends", "00 00 00 00 00 00 00 00 00 04 00 00 00 04 00 00 ", CAPTURE_CUT,
      1 },
    { "captured more than sent", "00 00 00 00 00 00 00 00 00 00 00 04 00 00 00 01 " BYTES, CAPTURE_END, 2 },
    { "captured nothing", "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 40 ", CAPTURE_END, 2 },
};

START_TEST(lengths_are_not_believed)
{
    struct bytes first = hex(BIG BIG_RECORD BYTES);
    struct bytes record = hex(lengths[_i].record);
    uint8_t *content = hex_allocate(first.length + record.length);

    memcpy(content, first.data, first.length);
    memcpy(content + first.length, record.data, record.length);
    struct sum sum = read_bytes(bytes_of(content, first.length + record.length));
    ck_assert_msg(sum.result == lengths[_i].result, "%s: %s", lengths[_i].name, sum.error.text);
    ck_assert_uint_eq(sum.packets, lengths[_i].packets);
}
END_TEST

START_TEST(another_version_is_refused)
{
    write_file(hex("A1 B2 C3 D4 00 03 00 00 00 00 00 00 00 00 00 00 00 04 00 00 00 00 00 01"));
    expect_refused("version 3.0");
}
END_TEST

/* Longer than every buffer, so that packets lie across its refills. */
START_TEST(a_long_file_is_read_through_a_short_buffer)
{
    const uint32_t count = 3000;
    struct bytes header = hex(LITTLE);
    FILE *file = fopen(path, "wb");
    unsigned bytes = 0;

    fwrite(header.data, 1, header.length, file);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length = i == 7 ? CAPTURE_PACKET_MAX : i % 1501;
        uint32_t record[] = { i, 0, length, length };   /* the tests' hosts are little-endian */

        fwrite(record, sizeof record, 1, file);
        for (uint32_t n = 0; n < length; n++) {
            fputc((int)((i + n) & 0xFF), file);
            bytes += (i + n) & 0xFF;
        }
    }
    fclose(file);
    struct error error;
    struct sum sum = read_all(open_path(NULL, &error));
    ck_assert_int_eq(sum.result, CAPTURE_END);
    ck_assert_uint_eq(sum.packets, count);
    ck_assert_uint_eq(sum.bytes, bytes);
}
END_TEST

/* --- pcapng ------------------------------------------------------------------------------------------ */

#define SECTION_LITTLE "0A 0D 0D 0A 1C 00 00 00 4D 3C 2B 1A 01 00 00 00 FF FF FF FF FF FF FF FF 1C 00 00 00 "
#define SECTION_BIG "0A 0D 0D 0A 00 00 00 1C 1A 2B 3C 4D 00 01 00 00 FF FF FF FF FF FF FF FF 00 00 00 1C "
#define SECTION_OPTION "0A 0D 0D 0A 00 00 00 24 1A 2B 3C 4D 00 01 00 02 FF FF FF FF FF FF FF FF " \
                       "00 01 00 01 41 00 00 00 00 00 00 24 "
#define ETHERNET_BIG "00 00 00 01 00 00 00 14 00 01 00 00 00 04 00 00 00 00 00 14 "
#define RAW_BIG "00 00 00 01 00 00 00 14 00 65 00 00 00 04 00 00 00 00 00 14 "
#define ETHERNET_LITTLE "01 00 00 00 14 00 00 00 01 00 00 00 00 00 04 00 14 00 00 00 "
#define SNAP_2_BIG "00 00 00 01 00 00 00 14 00 01 00 00 00 00 00 02 00 00 00 14 "
#define INTERFACE_OF(options) "00 00 00 01 00 00 00 20 00 01 00 00 00 00 00 00 " options "00 00 00 20 "
#define ENHANCED_BIG(interface) "00 00 00 06 00 00 00 24 00 00 00 " interface "00 00 00 01 00 00 00 02 " \
                                "00 00 00 04 00 00 00 40 " BYTES "00 00 00 24 "
#define ENHANCED_LITTLE "06 00 00 00 24 00 00 00 00 00 00 00 01 00 00 00 02 00 00 00 04 00 00 00 " \
                        "40 00 00 00 " BYTES "24 00 00 00 "
#define SIMPLE_BIG "00 00 00 03 00 00 00 14 00 00 00 04 " BYTES "00 00 00 14 "
#define SIMPLE_CUT_BIG "00 00 00 03 00 00 00 14 00 00 00 40 04 06 00 00 00 00 00 14 "
#define OBSOLETE_BIG "00 00 00 02 00 00 00 24 00 00 00 07 00 00 00 01 00 00 00 02 00 00 00 04 00 00 00 40 " \
                     BYTES "00 00 00 24 "
#define UNKNOWN_BIG "00 00 0B AD 00 00 00 10 DE AD BE EF 00 00 00 10 "
#define TICKS (INT64_C(4294967298))

/* Faults 4 and 5. */
static const struct {
    const char *name;
    const char *content;
    enum capture_result result;
    uint64_t packets;
    uint32_t last_link_type;
    int64_t time;               /* of the first packet */
    const char *reason;
} pcapngs[] = {
    { "big-endian", SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 "), CAPTURE_END, 1, 1, TICKS * 1000, "" },
    { "little-endian", SECTION_LITTLE ETHERNET_LITTLE ENHANCED_LITTLE, CAPTURE_END, 1, 1, TICKS * 1000, "" },
    { "two byte orders in two sections", SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ") SECTION_LITTLE
      ETHERNET_LITTLE ENHANCED_LITTLE ENHANCED_LITTLE, CAPTURE_END, 3, 1, TICKS * 1000, "" },
    { "section with an option", SECTION_OPTION ETHERNET_BIG ENHANCED_BIG("00 "), CAPTURE_END, 1, 1,
      TICKS * 1000, "" },
    { "no packet", SECTION_BIG ETHERNET_BIG, CAPTURE_END, 0, 0, 0, "" },
    { "no interface", SECTION_BIG, CAPTURE_END, 0, 0, 0, "" },
    { "two link types", SECTION_BIG ETHERNET_BIG RAW_BIG ENHANCED_BIG("00 ") ENHANCED_BIG("01 "), CAPTURE_END,
      2, 101, TICKS * 1000, "" },
    { "simple packet", SECTION_BIG ETHERNET_BIG SIMPLE_BIG, CAPTURE_END, 1, 1, 0, "" },
    { "simple packet, snap length", SECTION_BIG SNAP_2_BIG SIMPLE_CUT_BIG, CAPTURE_END, 1, 1, 0, "" },
    { "simple packet has the time before", SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ") SIMPLE_BIG,
      CAPTURE_END,
      2, 1, TICKS * 1000, "" },
    { "obsolete packet", SECTION_BIG ETHERNET_BIG OBSOLETE_BIG, CAPTURE_END, 1, 1, TICKS * 1000, "" },
    { "unknown blocks", SECTION_BIG UNKNOWN_BIG ETHERNET_BIG UNKNOWN_BIG ENHANCED_BIG("00 ") UNKNOWN_BIG,
      CAPTURE_END, 1, 1, TICKS * 1000, "" },
    { "nanoseconds", SECTION_BIG INTERFACE_OF("00 09 00 01 09 00 00 00 00 00 00 00 ") ENHANCED_BIG("00 "),
      CAPTURE_END, 1, 1, TICKS, "" },
    { "a resolution behind a name of three letters", SECTION_BIG
      "00 00 00 01 00 00 00 28 00 01 00 00 00 00 00 00 00 02 00 03 61 62 63 00 00 09 00 01 09 00 00 00 "
      "00 00 00 00 00 00 00 28 " ENHANCED_BIG("00 "), CAPTURE_END, 1, 1, TICKS, "" },
    { "seconds", SECTION_BIG INTERFACE_OF("00 09 00 01 00 00 00 00 00 00 00 00 ") ENHANCED_BIG("00 "),
      CAPTURE_END, 1, 1, TICKS * SECOND, "" },
    { "2^-32 seconds", SECTION_BIG INTERFACE_OF("00 09 00 01 A0 00 00 00 00 00 00 00 ") ENHANCED_BIG("00 "),
      CAPTURE_END, 1, 1, SECOND, "" },
    { "picoseconds", SECTION_BIG INTERFACE_OF("00 09 00 01 0C 00 00 00 00 00 00 00 ") ENHANCED_BIG("00 "),
      CAPTURE_END, 1, 1, TICKS / 1000, "" },
    { "10^-127 seconds", SECTION_BIG INTERFACE_OF("00 09 00 01 7F 00 00 00 00 00 00 00 ") ENHANCED_BIG("00 "),
      CAPTURE_END, 1, 1, 0, "" },
    { "offset of a second", SECTION_BIG INTERFACE_OF("00 0E 00 08 00 00 00 00 00 00 00 01 ")
      ENHANCED_BIG("00 "),
      CAPTURE_END, 1, 1, TICKS * 1000 + SECOND, "" },
    { "offset beyond all times", SECTION_BIG INTERFACE_OF("00 0E 00 08 7F FF FF FF FF FF FF FF ")
      ENHANCED_BIG("00 "), CAPTURE_END, 1, 1, PACKET_TIME_MAX, "" },
    { "offset before all times", SECTION_BIG INTERFACE_OF("00 0E 00 08 80 00 00 00 00 00 00 00 ")
      ENHANCED_BIG("00 "), CAPTURE_END, 1, 1, -PACKET_TIME_MAX, "" },
    { "option past its block", SECTION_BIG INTERFACE_OF("00 09 FF FF 09 00 00 00 00 00 00 00 ")
      ENHANCED_BIG("00 "), CAPTURE_END, 1, 1, TICKS * 1000, "" },
    { "resolution of no length", SECTION_BIG INTERFACE_OF("00 09 00 00 00 09 00 01 09 00 00 00 ")
      ENHANCED_BIG("00 "), CAPTURE_END, 1, 1, TICKS, "" },
    { "interface not described", SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ") ENHANCED_BIG("01 "),
      CAPTURE_FAILED,
      1, 1, TICKS * 1000, "not described" },
    { "interface of the section before", SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ") SECTION_BIG
      ENHANCED_BIG("00 "), CAPTURE_FAILED, 1, 1, TICKS * 1000, "not described" },
    { "simple packet, no interface", SECTION_BIG SIMPLE_BIG, CAPTURE_FAILED, 0, 0, 0, "not described" },
    { "interface too short", SECTION_BIG "00 00 00 01 00 00 00 0C 00 00 00 0C ", CAPTURE_FAILED, 0, 0, 0,
      "short" },
    { "packet too short", SECTION_BIG ETHERNET_BIG "00 00 00 06 00 00 00 0C 00 00 00 0C ", CAPTURE_FAILED, 0,
      0, 0,
      "longer than its block" },
    { "captured more than the block has", SECTION_BIG ETHERNET_BIG
      "00 00 00 06 00 00 00 24 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 05 00 00 00 40 "
      BYTES "00 00 00 24 ",
      CAPTURE_FAILED, 0, 0, 0, "longer than its block" },
    { "captured 2^32-1", SECTION_BIG ETHERNET_BIG
      "00 00 00 06 00 00 00 24 00 00 00 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 00 00 40 "
      BYTES "00 00 00 24 ",
      CAPTURE_FAILED, 0, 0, 0, "longer than its block" },
    { "lengths differ", SECTION_BIG ETHERNET_BIG "00 00 00 03 00 00 00 14 00 00 00 04 " BYTES "00 00 00 18 ",
      CAPTURE_FAILED, 0, 0, 0, "differ" },
    { "a block of length 0", SECTION_BIG "00 00 00 05 00 00 00 00 00 00 00 00 ", CAPTURE_FAILED, 0, 0, 0,
      "length" },
    { "a block of length 13", SECTION_BIG "00 00 00 05 00 00 00 0D 00 00 00 00 00 ", CAPTURE_FAILED, 0, 0, 0,
      "length" },
    { "an endless packet", SECTION_BIG "00 00 00 06 FF FF FF FC 00 00 00 00 ", CAPTURE_FAILED, 0, 0, 0,
      "longer" },
    { "an endless unknown block", SECTION_BIG "00 00 00 99 FF FF FF FC 00 00 00 00 ", CAPTURE_CUT, 0, 0, 0,
      "ends" },
    { "a section of version 2", SECTION_BIG "0A 0D 0D 0A 00 00 00 1C 1A 2B 3C 4D 00 02 00 00 FF FF FF FF"
      "FF FF FF FF 00 00 00 1C", CAPTURE_FAILED, 0, 0, 0, "version" },
};

START_TEST(pcapng_is_read)
{
    struct sum sum = read_bytes(hex(pcapngs[_i].content));

    ck_assert_msg(sum.result == pcapngs[_i].result, "%s: %d %s", pcapngs[_i].name, sum.result,
    sum.error.text);
    ck_assert_msg(sum.packets == pcapngs[_i].packets, "%s", pcapngs[_i].name);
    ck_assert_msg(sum.last_link_type == pcapngs[_i].last_link_type, "%s", pcapngs[_i].name);
    ck_assert_msg(sum.bytes == 10 * sum.packets, "%s", pcapngs[_i].name);
    ck_assert_msg(sum.first_time == pcapngs[_i].time, "%s: %lld", pcapngs[_i].name,
    (long long)sum.first_time);
    ck_assert_msg(sum.result == CAPTURE_END || strstr(sum.error.text, pcapngs[_i].reason) != NULL, "%s: %s",
                  pcapngs[_i].name, sum.error.text);
}
END_TEST

START_TEST(a_cut_pcapng_gives_its_whole_packets)    /* fault 2 */
{
    struct bytes whole = hex(SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ") UNKNOWN_BIG ENHANCED_BIG("00 "));
    size_t first = hex(SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ")).length;

    for (size_t n = hex(SECTION_BIG).length; n <= whole.length; n++) {
        struct sum sum = read_bytes(bytes_first(whole, n));

        ck_assert_uint_eq(sum.packets, n == whole.length ? 2U : n >= first);
        ck_assert(sum.result == CAPTURE_CUT || sum.result == CAPTURE_END);
    }
}
END_TEST

/* --- what lies around the capture: fault 6 ----------------------------------------------------------- */

START_TEST(gzip_is_read)
{
    struct error error;

    write_gzip(hex(LITTLE LITTLE_RECORD BYTES LITTLE_RECORD BYTES), "wb");
    struct sum sum = read_all(open_path(NULL, &error));
    ck_assert_int_eq(sum.result, CAPTURE_END);
    ck_assert_uint_eq(sum.packets, 2);
}
END_TEST

START_TEST(gzip_members_follow_each_other)
{
    struct error error;

    write_gzip(hex(SECTION_BIG ETHERNET_BIG ENHANCED_BIG("00 ")), "wb");
    write_gzip(hex(ENHANCED_BIG("00 ")), "ab");
    FILE *file = fopen(path, "ab");
    fwrite("\0\0\0\0", 1, 4, file);     /* padding, as on tapes */
    fclose(file);
    struct sum sum = read_all(open_path(NULL, &error));
    ck_assert_msg(sum.result == CAPTURE_END, "%s", sum.error.text);
    ck_assert_uint_eq(sum.packets, 2);
}
END_TEST

START_TEST(gzip_may_be_cut_or_damaged_anywhere)
{
    struct error error;

    write_gzip(hex(LITTLE LITTLE_RECORD BYTES LITTLE_RECORD BYTES), "wb");
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    for (off_t n = status.st_size - 1; n > 0; n--) {
        ck_assert_int_eq(truncate(path, n), 0);
        struct capture *capture = open_path(NULL, &error);

        if (capture != NULL) {
            struct sum sum = read_all(capture);

            ck_assert_int_eq(sum.result, CAPTURE_CUT);
        }
    }
    for (off_t n = 0; n < status.st_size; n++) {
        write_gzip(hex(LITTLE LITTLE_RECORD BYTES LITTLE_RECORD BYTES), "wb");
        int descriptor = open(path, O_RDWR);
        ck_assert_int_eq(pwrite(descriptor, "\xA5", 1, n), 1);
        close(descriptor);
        struct capture *capture = open_path(NULL, &error);

        if (capture != NULL) {
            read_all(capture);
        }
    }
}
END_TEST

START_TEST(other_compressions_are_named)
{
    static const char *const magics[][2] = {
        { "28 B5 2F FD 04 00", "zstd -dc" }, { "FD 37 7A 58 5A 00", "xz -dc" },  { "42 5A 68 39 31 41",
          "bzip2 -dc" },
        { "04 22 4D 18 64 40", "lz4 -dc" },  { "50 4B 03 04 14 00", "unzip -p" },
    };

    write_file(hex(magics[_i][0]));
    expect_refused(magics[_i][1]);
}
END_TEST

START_TEST(what_is_no_capture_is_refused)
{
    struct error error;

    snprintf(path, sizeof path, "%s", directory);
    expect_refused("a directory");
    snprintf(path, sizeof path, "%s/missing", directory);
    expect_refused("No such file");
    snprintf(path, sizeof path, "/dev/zero");
    expect_refused("not a capture");
    snprintf(path, sizeof path, "%s/text", directory);
    write_file(bytes_of_text("No. Time Source Destination\n"));
    expect_refused("not a capture");
    snprintf(path, sizeof path, "/proc/self/mem");      /* fault 9: address 0 cannot be read */
    ck_assert_ptr_null(open_path(NULL, &error));
    ck_assert_msg(strstr(error.text, "reading failed") != NULL, "%s", error.text);
}
END_TEST

START_TEST(a_hostile_name_is_escaped)
{
    struct error error;

    snprintf(path, sizeof path, "%s/\x1b[2J\n\x9b\xe2\x80\xae", directory);
    ck_assert_ptr_null(open_path(NULL, &error));
    for (const char *at = error.text; *at != '\0'; at++) {
        ck_assert_msg(*at >= 0x20 && *at < 0x7F, "%s", error.text);
    }
    ck_assert_ptr_nonnull(strstr(error.text, "\\x1B[2J\\x0A\\x9B\\xE2\\x80\\xAE"));
}
END_TEST

START_TEST(an_error_of_any_length_fits)
{
    struct error error;
    char text[2000];

    memset(text, '\x1b', sizeof text);
    text[sizeof text - 1] = '\0';
    error_set(&error, "%s", text);
    ck_assert_uint_lt(strlen(error.text), sizeof error.text);
    error_prefix(&error, text);
    ck_assert_uint_lt(strlen(error.text), sizeof error.text);
}
END_TEST

/* --- pipes ------------------------------------------------------------------------------------------- */

static struct capture *open_descriptor(int descriptor)
{
    struct error error;

    snprintf(path, sizeof path, "-");
    ck_assert_int_eq(dup2(descriptor, STDIN_FILENO), STDIN_FILENO);
    close(descriptor);
    struct capture *capture = open_path(NULL, &error);
    ck_assert_msg(capture != NULL, "%s", error.text);
    return capture;
}

static struct bytes gzipped(struct bytes content)
{
    struct stat status;

    write_gzip(content, "wb");
    ck_assert_int_eq(stat(path, &status), 0);
    uint8_t *block = hex_allocate((size_t)status.st_size);
    FILE *file = fopen(path, "rb");
    ck_assert_uint_eq(fread(block, 1, (size_t)status.st_size, file), (size_t)status.st_size);
    fclose(file);
    return bytes_of(block, (size_t)status.st_size);
}

/* A pipe hands out what it has, byte by byte if need be, and the reader goes on where it stood. */
START_TEST(a_pipe_may_trickle)
{
    struct bytes content = hex(_i % 2 == 0 ? LITTLE LITTLE_RECORD BYTES LITTLE_RECORD BYTES
                                           : SECTION_BIG ETHERNET_BIG UNKNOWN_BIG ENHANCED_BIG("00 ")
                                             ENHANCED_BIG("00 "));
    int ends[2];
    struct packet packet;
    struct error error;
    enum capture_result result;
    unsigned packets = 0;

    if (_i >= 2) {
        content = gzipped(content);
    }
    ck_assert_int_eq(pipe(ends), 0);
    struct capture *capture = open_descriptor(ends[0]);
    ck_assert_int_ge(capture_descriptor(capture), 0);
    for (size_t i = 0; i < content.length; i++) {
        result = capture_next(capture, &packet, &error);
        ck_assert_msg(result == CAPTURE_NOTHING, "%zu: %s", i, error.text);
        ck_assert_int_eq(write(ends[1], content.data + i, 1), 1);
        capture_wait(capture, -1);
        while ((result = capture_next(capture, &packet, &error)) == CAPTURE_PACKET) {
            ck_assert_uint_eq(packet.number, ++packets);
        }
        ck_assert_msg(result == CAPTURE_NOTHING, "%s", error.text);
    }
    ck_assert_uint_eq(packets, 2);
    close(ends[1]);
    capture_wait(capture, -1);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_END);
    capture_close(capture);
}
END_TEST

START_TEST(a_pipe_may_bring_no_capture)
{
    static const char *const contents[] = {
        "", "00", "28 B5 2F FD 00 00 00", "47 45 54 20 2F 20", LITTLE_NANO,
    };
    struct bytes content = hex(contents[_i]);
    struct packet packet;
    struct error error;
    int ends[2];

    content = _i == 4 ? bytes_first(content, 23) : content;
    ck_assert_int_eq(pipe(ends), 0);
    struct capture *capture = open_descriptor(ends[0]);
    ck_assert_int_eq(write(ends[1], content.data, content.length), (ssize_t)content.length);
    close(ends[1]);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_FAILED);
    ck_assert_ptr_eq(strstr(error.text, "standard input: "), error.text);
    ck_assert_ptr_null(strstr(error.text, "read up to"));
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_END);
    capture_close(capture);
}
END_TEST

START_TEST(a_break_ends_the_wait)
{
    int ends[2];
    struct packet packet;
    struct error error;

    ck_assert_int_eq(pipe(ends), 0);
    struct bytes header = hex(LITTLE);
    ck_assert_int_eq(write(ends[1], header.data, header.length), (ssize_t)header.length);
    struct capture *capture = open_descriptor(ends[0]);
    capture_wait(capture, 1);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_NOTHING);
    capture_break(capture);
    capture_wait(capture, -1);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_END);
    capture_close(capture);
    close(ends[1]);
}
END_TEST

/* Fault 9. The peer that closes with unread bytes resets the connection: data first, then the error. */
START_TEST(a_read_error_is_told_from_the_end)
{
    int ends[2];
    struct bytes content = hex(LITTLE LITTLE_RECORD BYTES LITTLE_RECORD);

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert_int_eq(write(ends[1], content.data, content.length), (ssize_t)content.length);
    ck_assert_int_eq(write(ends[0], "unread", 6), 6);
    struct capture *capture = open_descriptor(ends[0]);
    close(ends[1]);
    struct sum sum = read_all(capture);
    ck_assert_int_eq(sum.result, CAPTURE_FAILED);
    ck_assert_uint_eq(sum.packets, 1);
    ck_assert_ptr_nonnull(strstr(sum.error.text,
    "standard input: reading failed at byte 60: Connection reset"));
    ck_assert_ptr_nonnull(strstr(sum.error.text, "read up to there: 1 packet"));
}
END_TEST

START_TEST(a_capture_that_ended_stays_ended)
{
    struct error error;
    struct packet packet;

    write_file(hex(LITTLE "00"));
    struct capture *capture = open_path(NULL, &error);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_CUT);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_END);
    ck_assert_int_eq(capture_descriptor(capture), -1);
    ck_assert_double_eq(capture_progress(capture), 1);
    capture_close(capture);
}
END_TEST

/* From the first packet again, in either format, gzipped or not, however far it had been read. */
START_TEST(a_file_can_be_read_again)
{
    struct bytes content = hex(_i % 2 == 0 ? LITTLE LITTLE_RECORD BYTES LITTLE_RECORD BYTES
                                           : SECTION_BIG ETHERNET_BIG UNKNOWN_BIG ENHANCED_BIG("00 ")
                                             ENHANCED_BIG("00 "));
    struct packet packet;
    struct error error;

    if (_i < 2) {
        write_file(content);
    } else {
        write_gzip(content, "wb");
    }
    struct capture *capture = open_path(NULL, &error);
    ck_assert_msg(capture != NULL && capture_can_rewind(capture), "%s", error.text);
    for (int packets = 0; packets < 4; packets++) {
        for (int number = 1; number <= packets; number++) {
            enum capture_result expected = number <= 2 ? CAPTURE_PACKET : CAPTURE_END;

            ck_assert_int_eq(capture_next(capture, &packet, &error), expected);
            ck_assert(expected == CAPTURE_END || packet.number == (uint64_t)number);
        }
        ck_assert_msg(capture_rewind(capture, &error), "%s", error.text);
    }
    ck_assert_uint_eq(read_all(capture).packets, 2);
}
END_TEST

START_TEST(a_pipe_cannot_be_read_again)
{
    int ends[2];
    struct error error;

    ck_assert_int_eq(pipe(ends), 0);
    struct capture *capture = open_descriptor(ends[0]);
    ck_assert(!capture_can_rewind(capture));
    ck_assert(!capture_rewind(capture, &error));
    ck_assert_str_eq(error.text,
                     "standard input: a pipe, which cannot be read a second time; save it to a file first");
    capture_close(capture);
    close(ends[1]);
}
END_TEST

/* --- filters: fault 87 ------------------------------------------------------------------------------- */

#define TCP_PACKET "45 00 00 28 00 00 00 00 40 06 00 00 0A 00 00 01 0A 00 00 02 C0 00 1F A5 00 00 00 01 " \
                   "00 00 00 00 50 02 00 00 00 00 00 00 "
#define TCP_RECORD "00 00 00 00 00 00 00 00 00 00 00 28 00 00 00 28 " TCP_PACKET
#define RAW_PCAP "A1 B2 C3 D4 " BIG_REST "00 00 00 65 "

START_TEST(a_filter_leaves_out_and_the_numbers_stay)
{
    struct error error;
    struct packet packet;

    write_file(hex(RAW_PCAP "00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 01 00 " TCP_RECORD));
    struct capture *capture = open_path("tcp port 8101 and host 10.0.0.2", &error);
    ck_assert_msg(capture != NULL, "%s", error.text);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_PACKET);
    ck_assert_uint_eq(packet.number, 2);
    ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_END);
    capture_close(capture);
    ck_assert_uint_eq(read_all(open_path("udp", &error)).packets, 0);
}
END_TEST

START_TEST(a_filter_is_compiled_for_every_link_type)
{
    struct error error;

    write_file(hex(SECTION_BIG ETHERNET_BIG RAW_BIG ENHANCED_BIG("00 ")
                   "00 00 00 06 00 00 00 48 00 00 00 01 00 00 00 01 00 00 00 02 00 00 00 28 00 00 00 28 "
                   TCP_PACKET
                   "00 00 00 48 "));
    ck_assert_uint_eq(read_all(open_path("tcp", &error)).packets, 1);
    ck_assert_uint_eq(read_all(open_path("len > 0", &error)).packets, 2);
}
END_TEST

START_TEST(a_filter_passes_over_link_types_that_it_does_not_fit)
{
    struct error error;

    write_file(hex(SECTION_BIG "00 00 00 01 00 00 00 14 00 93 00 00 00 04 00 00 00 00 00 14 " RAW_BIG
                   ENHANCED_BIG("00 ") "00 00 00 06 00 00 00 48 00 00 00 01 00 00 00 01 00 00 00 02 "
                   "00 00 00 28 00 00 00 28 " TCP_PACKET "00 00 00 48 " ENHANCED_BIG("00 ")));
    struct sum sum = read_all(open_path("tcp", &error));
    ck_assert_msg(sum.result == CAPTURE_END, "%s", sum.error.text);
    ck_assert_uint_eq(sum.packets, 1);
}
END_TEST

START_TEST(a_wrong_filter_is_refused)
{
    struct error error;
    char *huge = (char *)hex_allocate(200001);

    write_file(hex(RAW_PCAP TCP_RECORD));
    ck_assert_ptr_null(open_path("tpc port \x1b]0;x\x07", &error));
    ck_assert_ptr_null(strchr(error.text, '\x1b'));
    ck_assert_ptr_nonnull(strstr(error.text, "filter \"tpc"));
    ck_assert_ptr_null(open_path("ether host 1:2:3:4:5:6", &error));
    memset(huge, '(', 200000);
    huge[200000] = '\0';
    ck_assert_ptr_null(open_path(huge, &error));
    huge[60000] = '\0';
    ck_assert_ptr_null(open_path(huge, &error));
    write_file(hex(SECTION_BIG RAW_BIG ENHANCED_BIG("00 ")));
    ck_assert_ptr_null(open_path("tpc", &error));
}
END_TEST

/* --- writing: fault 85 ------------------------------------------------------------------------------- */

START_TEST(what_is_written_is_read_again)
{
    struct error error;
    struct capture_writer *writer = capture_writer_open(path, false, &error);
    struct packet packets[] = {
        { .time = 1234567890123456789, .link_type = 1, .wire_length = 90, .captured = hex("01 02 03 04 05") },
        { .time = 7, .link_type = 101, .wire_length = 0, .captured = hex("") },
        { .time = 8, .link_type = 1, .wire_length = CAPTURE_PACKET_MAX,
          .captured = bytes_of(hex_allocate(CAPTURE_PACKET_MAX), CAPTURE_PACKET_MAX) },
        { .time = -1, .link_type = 113, .wire_length = 2, .captured = hex("01 02") },
    };
    size_t count = sizeof packets / sizeof packets[0];

    memset((uint8_t *)(uintptr_t)packets[2].captured.data, 0x5A, CAPTURE_PACKET_MAX);
    ck_assert_msg(writer != NULL, "%s", error.text);
    for (size_t i = 0; i < count; i++) {
        ck_assert(capture_writer_packet(writer, &packets[i], &error));
    }
    ck_assert(capture_writer_close(writer, &error));
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);

    struct capture *capture = open_path(NULL, &error);
    for (size_t i = 0; i < count; i++) {
        struct packet packet;

        ck_assert_int_eq(capture_next(capture, &packet, &error), CAPTURE_PACKET);
        ck_assert_int_eq(packet.time, packets[i].time < 0 ? PACKET_TIME_MAX : packets[i].time);
        ck_assert_uint_eq(packet.link_type, packets[i].link_type);
        ck_assert_uint_eq(packet.wire_length, packets[i].wire_length);
        ck_assert(bytes_equal(packet.captured, packets[i].captured));
    }
    capture_close(capture);
}
END_TEST

START_TEST(nothing_is_overwritten_unasked)
{
    struct error error;

    write_file(bytes_of_text("precious"));
    ck_assert_ptr_null(capture_writer_open(path, false, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "exists already"));
    ck_assert(capture_writer_close(capture_writer_open(path, true, &error), &error));
    ck_assert_uint_eq(read_all(open_path(NULL, &error)).packets, 0);

    char link[300];
    snprintf(link, sizeof link, "%s/link", directory);
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert_ptr_null(capture_writer_open(link, true, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "symbolic link"));
    ck_assert_ptr_null(capture_writer_open(link, false, &error));
    snprintf(link, sizeof link, "%s/none/capture", directory);
    ck_assert_ptr_null(capture_writer_open(link, true, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "No such file"));
}
END_TEST

START_TEST(a_full_disk_is_reported)
{
    struct error error;

    struct capture_writer *writer = capture_writer_open("/dev/full", true, &error);

    ck_assert(!capture_writer_begin(writer, 1, &error));
    capture_writer_close(writer, &error);
    ck_assert_msg(strstr(error.text, "No space left") != NULL, "%s", error.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("capture");
    TCase *files = tcase_create("files");
    TCase *pipes = tcase_create("pipes");
    TCase *writing = tcase_create("writing");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(files, set_up, tear_down);
    tcase_set_timeout(files, 30);
    tcase_add_loop_test(files, pcap_is_read_in_every_form, 0, (int)(sizeof pcaps / sizeof pcaps[0]));
    tcase_add_test(files, a_pcap_of_the_header_alone_is_empty);
    tcase_add_loop_test(files, less_than_a_header_is_no_capture, 0, 2);
    tcase_add_test(files, a_cut_pcap_gives_its_whole_packets);
    tcase_add_loop_test(files, lengths_are_not_believed, 0, (int)(sizeof lengths / sizeof lengths[0]));
    tcase_add_test(files, another_version_is_refused);
    tcase_add_test(files, a_long_file_is_read_through_a_short_buffer);
    tcase_add_loop_test(files, pcapng_is_read, 0, (int)(sizeof pcapngs / sizeof pcapngs[0]));
    tcase_add_test(files, a_cut_pcapng_gives_its_whole_packets);
    tcase_add_test(files, gzip_is_read);
    tcase_add_test(files, gzip_members_follow_each_other);
    tcase_add_test(files, gzip_may_be_cut_or_damaged_anywhere);
    tcase_add_loop_test(files, other_compressions_are_named, 0, 5);
    tcase_add_test(files, what_is_no_capture_is_refused);
    tcase_add_test(files, a_hostile_name_is_escaped);
    tcase_add_test(files, an_error_of_any_length_fits);
    tcase_add_test(files, a_capture_that_ended_stays_ended);
    tcase_add_loop_test(files, a_file_can_be_read_again, 0, 4);
    tcase_add_test(files, a_pipe_cannot_be_read_again);
    tcase_add_test(files, a_filter_leaves_out_and_the_numbers_stay);
    tcase_add_test(files, a_filter_is_compiled_for_every_link_type);
    tcase_add_test(files, a_filter_passes_over_link_types_that_it_does_not_fit);
    tcase_add_test(files, a_wrong_filter_is_refused);
    suite_add_tcase(suite, files);

    tcase_add_checked_fixture(pipes, set_up, tear_down);
    tcase_add_loop_test(pipes, a_pipe_may_trickle, 0, 4);
    tcase_add_loop_test(pipes, a_pipe_may_bring_no_capture, 0, 5);
    tcase_add_test(pipes, a_break_ends_the_wait);
    tcase_add_test(pipes, a_read_error_is_told_from_the_end);
    suite_add_tcase(suite, pipes);

    tcase_add_checked_fixture(writing, set_up, tear_down);
    tcase_add_test(writing, what_is_written_is_read_again);
    tcase_add_test(writing, nothing_is_overwritten_unasked);
    tcase_add_test(writing, a_full_disk_is_reported);
    suite_add_tcase(suite, writing);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
