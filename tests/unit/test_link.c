/* SPDX-License-Identifier: MIT */
#include "core/link.h"
#include "unit/hex.h"

#define MACS "02 00 00 00 00 02 02 00 00 00 00 01 "
#define IPV4 "45 00 00 14 00 00 00 00 40 06 00 00 0A 00 00 01 0A 00 00 02 "
#define IPV6 "60 00 00 00 00 00 06 40 "
#define TAG "81 00 00 0A "
#define LABEL "00 01 00 40 "
#define BOTTOM "00 01 01 40 "
#define COOKED "00 00 00 01 00 06 02 00 00 00 00 01 00 00 "
#define COOKED2_REST " 00 00 00 00 00 02 00 01 04 06 02 00 00 00 00 01 00 00 "
#define SESSION "11 00 00 01 00 16 "

/* Every row's IP packet is its end: that is what must come out. Fault 12 and 13. */
static const struct {
    const char *name;
    uint32_t link_type;
    const char *bytes;
    enum decoded result;
    uint16_t ethertype;
    uint8_t depth;
} rows[] = {
    { "Ethernet, IPv4", LINK_ETHERNET, MACS "08 00" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "Ethernet, IPv6", LINK_ETHERNET, MACS "86 DD" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "Ethernet, ARP", LINK_ETHERNET, MACS "08 06 00 01", DECODED_OTHER, 0, 0 },
    { "Ethernet, 802.3 length", LINK_ETHERNET, MACS "00 40 42 42 03", DECODED_OTHER, 0, 0 },
    { "802.1Q", LINK_ETHERNET, MACS TAG "08 00" IPV4, DECODED, ETHERTYPE_IPV4, 1 },
    { "QinQ", LINK_ETHERNET, MACS "88 A8 00 01 " TAG "08 00" IPV4, DECODED, ETHERTYPE_IPV4, 2 },
    { "QinQ, before it was a standard", LINK_ETHERNET, MACS "91 00 00 01 " TAG "86 DD" IPV6, DECODED,
      ETHERTYPE_IPV6, 2 },
    { "four tags", LINK_ETHERNET, MACS TAG TAG TAG TAG "08 00" IPV4, DECODED, ETHERTYPE_IPV4, 4 },
    { "five tags", LINK_ETHERNET, MACS TAG TAG TAG TAG TAG "08 00" IPV4, DECODED_TOO_DEEP, 0, 4 },
    { "twenty tags", LINK_ETHERNET,
      MACS TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG TAG "08 00" IPV4,
      DECODED_TOO_DEEP, 0, 4 },
    { "four tags, then ARP", LINK_ETHERNET, MACS TAG TAG TAG TAG "08 06 00", DECODED_OTHER, 0, 4 },
    { "MPLS", LINK_ETHERNET, MACS "88 47" BOTTOM IPV4, DECODED, ETHERTYPE_IPV4, 1 },
    { "MPLS, three labels, IPv6", LINK_ETHERNET, MACS "88 48" LABEL LABEL BOTTOM IPV6, DECODED,
      ETHERTYPE_IPV6, 3 },
    { "MPLS, five labels", LINK_ETHERNET, MACS "88 47" LABEL LABEL LABEL LABEL BOTTOM IPV4,
      DECODED_TOO_DEEP, 0, 4 },
    { "MPLS, a pseudowire", LINK_ETHERNET, MACS "88 47" BOTTOM "00 00 00 00", DECODED_OTHER, 0, 0 },
    { "PPPoE session", LINK_ETHERNET, MACS "88 64" SESSION "00 21" IPV4, DECODED, ETHERTYPE_IPV4, 1 },
    { "PPPoE, compressed protocol", LINK_ETHERNET, MACS "88 64" SESSION "57" IPV6, DECODED,
      ETHERTYPE_IPV6, 1 },
    { "PPPoE behind a tag", LINK_ETHERNET, MACS TAG "88 64" SESSION "00 21" IPV4, DECODED,
      ETHERTYPE_IPV4, 2 },
    { "PPPoE, not in the session stage", LINK_ETHERNET, MACS "88 64 11 A7 00 01 00 16 00 21" IPV4,
      DECODED_OTHER, 0, 0 },
    { "PPPoE, LCP", LINK_ETHERNET, MACS "88 64" SESSION "C0 21 01 01 00 04", DECODED_OTHER, 0, 0 },
    { "PPPoE as link type", LINK_PPP_ETHER, SESSION "00 21" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "PPP", LINK_PPP, "00 21" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "PPP with address and control", LINK_PPP, "FF 03 00 57" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "PPP, all compressed", LINK_PPP, "21" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "PPP, MPLS", LINK_PPP, "FF 03 02 81" BOTTOM IPV4, DECODED, ETHERTYPE_IPV4, 1 },
    { "NULL, little-endian", LINK_NULL, "02 00 00 00" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "NULL, big-endian", LINK_NULL, "00 00 00 02" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "NULL, FreeBSD", LINK_NULL, "1C 00 00 00" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "NULL, macOS", LINK_NULL, "1E 00 00 00" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "NULL, OpenBSD", LINK_NULL, "00 00 00 18" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "NULL, Linux", LINK_NULL, "00 00 00 0A" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "NULL, AppleTalk", LINK_NULL, "10 00 00 00 00", DECODED_OTHER, 0, 0 },
    { "LOOP", LINK_LOOP, "00 00 00 02" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "LOOP, the other order", LINK_LOOP, "18 00 00 00" IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "raw, IPv4", LINK_RAW, IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "raw, IPv6", LINK_RAW, IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "raw, a BSD's number", LINK_RAW_BSD, IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "raw, OpenBSD's number", LINK_RAW_OPENBSD, IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "raw, neither", LINK_RAW, "00 00", DECODED_OTHER, 0, 0 },
    { "IPv4 only", LINK_IPV4, IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "IPv6 only", LINK_IPV6, IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "SLL", LINK_LINUX_SLL, COOKED "08 00" IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "SLL, a tag", LINK_LINUX_SLL, COOKED TAG "86 DD" IPV6, DECODED, ETHERTYPE_IPV6, 1 },
    { "SLL2", LINK_LINUX_SLL2, "08 00" COOKED2_REST IPV4, DECODED, ETHERTYPE_IPV4, 0 },
    { "SLL2, IPv6", LINK_LINUX_SLL2, "86 DD" COOKED2_REST IPV6, DECODED, ETHERTYPE_IPV6, 0 },
    { "802.11", 105, IPV4, DECODED_UNKNOWN_LINK, 0, 0 },
};

static struct packet packet_of(uint32_t link_type, struct bytes bytes)
{
    return (struct packet){ .link_type = link_type, .captured = bytes,
                            .wire_length = (uint32_t)bytes.length };
}

START_TEST(the_ip_packet_is_found)
{
    struct packet packet = packet_of(rows[_i].link_type, hex(rows[_i].bytes));
    struct link_payload payload;
    enum decoded result = link_decode(&packet, &payload);

    ck_assert_msg(result == rows[_i].result, "%s: %d", rows[_i].name, result);
    if (result == DECODED) {
        struct bytes expected = hex(rows[_i].ethertype == ETHERTYPE_IPV4 ? IPV4 : IPV6);

        ck_assert_msg(payload.ethertype == rows[_i].ethertype, "%s", rows[_i].name);
        ck_assert_msg(bytes_equal(payload.bytes, expected), "%s", rows[_i].name);
        ck_assert_msg(payload.depth == rows[_i].depth, "%s: depth %d", rows[_i].name, payload.depth);
        ck_assert_uint_eq(payload.cut, 0);
    }
    ck_assert_int_eq(link_known(rows[_i].link_type), rows[_i].result != DECODED_UNKNOWN_LINK);
}
END_TEST

/* Fault 11: however short the capture, the answer is one of the documented ones and cut is the rest. */
START_TEST(a_packet_may_be_cut_anywhere)
{
    struct bytes whole = hex(rows[_i].bytes);

    for (size_t n = 0; n < whole.length; n++) {
        struct packet packet = packet_of(rows[_i].link_type, hex_copy(whole, n));
        struct link_payload payload;

        packet.wire_length = (uint32_t)whole.length;
        enum decoded result = link_decode(&packet, &payload);
        ck_assert_msg(result == rows[_i].result || result == DECODED_CUT || result == DECODED_OTHER,
                      "%s, %zu bytes: %d", rows[_i].name, n, result);
        ck_assert_uint_eq(payload.cut, whole.length - n);
    }
}
END_TEST

/* Fault 3: a record may claim that more was captured than was on the wire. */
START_TEST(a_wire_length_below_the_captured_length_cuts_nothing)
{
    struct packet packet = packet_of(LINK_RAW, hex(IPV4));
    struct link_payload payload;

    packet.wire_length = 3;
    ck_assert_int_eq(link_decode(&packet, &payload), DECODED);
    ck_assert_uint_eq(payload.cut, 0);
    ck_assert_uint_eq(payload.bytes.length, 20);
}
END_TEST

START_TEST(an_ethernet_frame_inside_a_tunnel_counts_on)
{
    struct link_payload payload = {
        .ethertype = ETHERTYPE_TRANSPARENT_ETHERNET,
        .depth = 2,
        .bytes = hex(MACS TAG "08 00" IPV4),
    };

    ck_assert_int_eq(link_decode_ethertype(&payload), DECODED);
    ck_assert_uint_eq(payload.depth, 4);
    ck_assert(bytes_equal(payload.bytes, hex(IPV4)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *headers = tcase_create("headers");
    SRunner *runner = srunner_create(suite);
    int count = (int)(sizeof rows / sizeof rows[0]);

    tcase_add_checked_fixture(headers, NULL, hex_release);
    tcase_add_loop_test(headers, the_ip_packet_is_found, 0, count);
    tcase_add_loop_test(headers, a_packet_may_be_cut_anywhere, 0, count);
    tcase_add_test(headers, a_wire_length_below_the_captured_length_cuts_nothing);
    tcase_add_test(headers, an_ethernet_frame_inside_a_tunnel_counts_on);
    suite_add_tcase(suite, headers);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
