/* SPDX-License-Identifier: MIT */
#include "core/ip.h"
#include "unit/hex.h"

#define SECOND INT64_C(1000000000)

#define V4_ADDRESSES "0A 00 00 01 0A 00 00 02 "
#define V4_REST "00 01 00 00 40 "                   /* identification, no fragment, time to live */
#define V4_OF(length, protocol) "45 00 " length V4_REST protocol "00 00 " V4_ADDRESSES
#define V6_ADDRESSES "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 01 " \
                     "20 01 0D B8 00 00 00 00 00 00 00 00 00 00 00 02 "
#define V6_OF(length, next) "60 00 00 00 " length next "40 " V6_ADDRESSES
#define TCP "C0 00 1F A5 00 00 00 01 00 00 00 02 50 18 10 00 00 00 00 00 68 69 "    /* 22 bytes */
#define MACS "02 00 00 00 00 02 02 00 00 00 00 01 "
#define UDP_TO(port) "C0 00 " port "00 00 00 00 "
#define INNER V4_OF("00 2A ", "06 ") TCP                /* 42 bytes */
#define INNER6 V6_OF("00 16 ", "06 ") TCP               /* 62 bytes */
#define OPTIONS(next) next "00 01 04 00 00 00 00 "      /* 8 bytes: PadN */
#define OPTIONS_10 OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ") \
                   OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ")

/* Total lengths of outer packets are 0, taken from the frame, where the row is not about lengths. */
static const struct {
    const char *name;
    const char *bytes;
    enum decoded result;
    size_t payload;
    uint32_t frame_cut, cut;        /* bytes that the frame was cut by; bytes that the payload is cut by */
} rows[] = {
    { "IPv4", V4_OF("00 2A ", "06 ") TCP, DECODED, 22, 0, 0 },
    { "IPv4, padding (fault 15)", V4_OF("00 28 ", "06 ") TCP, DECODED, 20, 0, 0 },
    { "IPv4, options", "46 00 00 2E " V4_REST "06 00 00 " V4_ADDRESSES "01 01 01 01 " TCP, DECODED, 22, 0,
      0 },
    { "IPv4, header below 20 (fault 14)", "44 00 00 2A " V4_REST "06 00 00 " V4_ADDRESSES TCP,
      DECODED_MALFORMED, 0, 0, 0 },
    { "IPv4, header past the end", "4F 00 00 2A " V4_REST "06 00 00 " V4_ADDRESSES TCP, DECODED_MALFORMED, 0,
      0, 0 },
    { "IPv4, header cut", "4F 00 00 60 " V4_REST "06 00 00 " V4_ADDRESSES TCP, DECODED_CUT, 0, 54, 0 },
    { "IPv4, total length below header", V4_OF("00 13 ", "06 ") TCP, DECODED_MALFORMED, 0, 0, 0 },
    { "IPv4, total length 0", V4_OF("00 00 ", "06 ") TCP, DECODED, 22, 0, 0 },
    { "IPv4, total length 0, cut", V4_OF("00 00 ", "06 ") TCP, DECODED, 22, 70000, 70000 },
    { "IPv4, more announced than captured", V4_OF("05 DC ", "06 ") TCP, DECODED, 22, 0, 1458 },
    { "IPv4, cut inside the payload (fault 11)", V4_OF("00 64 ", "06 ") TCP, DECODED, 22, 58, 58 },
    { "IPv4, version 5", "55 00 00 2A " V4_REST "06 00 00 " V4_ADDRESSES TCP, DECODED_MALFORMED, 0, 0, 0 },
    { "IPv4, 19 bytes", "45 00 00 2A " V4_REST "06 00 00 0A 00 00 01 0A 00 00", DECODED_CUT, 0, 0, 0 },
    { "IPv4, UDP", V4_OF("00 00 ", "11 ") UDP_TO("00 35 "), DECODED_OTHER, 0, 0, 0 },
    { "IPv6", V6_OF("00 16 ", "06 ") TCP, DECODED, 22, 0, 0 },
    { "IPv6, padding", V6_OF("00 14 ", "06 ") TCP, DECODED, 20, 0, 0 },
    { "IPv6, length 0", V6_OF("00 00 ", "06 ") TCP, DECODED, 22, 9, 9 },
    { "IPv6, jumbo payload", V6_OF("00 00 ", "00 ") "06 00 C2 04 00 01 11 78 " TCP, DECODED, 22, 0, 69978 },
    { "IPv6, jumbo option cut", V6_OF("00 00 ", "00 ") "06 00 C2 04 00 01", DECODED_MALFORMED, 0, 0, 0 },
    { "IPv6, jumbo option behind padding", V6_OF("00 00 ", "00 ")
      "06 01 00 01 02 00 00 00 01 00 C2 04 00 01 11 78 " TCP,
      DECODED, 22, 0, 69970 },
    { "IPv6, hop-by-hop, routing, destination", V6_OF("00 2E ", "00 ") OPTIONS("2B ") OPTIONS("3C ")
      OPTIONS("06 ") TCP,
      DECODED, 22, 0, 0 },
    { "IPv6, authentication", V6_OF("00 2E ", "33 ")
      "06 04 00 00 00 00 00 01 00 00 00 01 01 02 03 04 05 06 07 08 09 0A 0B 0C " TCP,
      DECODED, 22, 0, 0 },
    { "IPv6, authentication of length 0 (fault 17)", V6_OF("00 1E ", "33 ") "06 00 00 00 00 00 00 01 " TCP,
      DECODED, 22, 0, 0 },
    { "IPv6, extension past the end", V6_OF("00 08 ", "3C ") "06 01 00 00 00 00 00 00 ", DECODED_MALFORMED,
      0, 0, 0 },
    { "IPv6, extension cut", V6_OF("00 40 ", "3C ") "06 01 00 00 00 00 00 00 ", DECODED_CUT, 0, 56, 0 },
    { "IPv6, 15 extensions", V6_OF("00 8E ", "3C ") OPTIONS_10 OPTIONS("3C ") OPTIONS("3C ") OPTIONS("3C ")
      OPTIONS("3C ") OPTIONS("06 ") TCP, DECODED, 22, 0, 0 },
    { "IPv6, 100 extensions (fault 17)", V6_OF("03 36 ", "3C ") OPTIONS_10 OPTIONS_10 OPTIONS_10 OPTIONS_10
      OPTIONS_10 OPTIONS_10 OPTIONS_10 OPTIONS_10 OPTIONS_10 OPTIONS_10 TCP, DECODED_TOO_DEEP, 0, 0, 0 },
    { "IPv6, atomic fragment (fault 17)", V6_OF("00 1E ", "2C ") "06 00 00 00 12 34 56 78 " TCP, DECODED, 22,
      0, 0 },
    { "IPv6, fragment header cut", V6_OF("00 1E ", "2C ") "06 00 00 00 ", DECODED_CUT, 0, 26, 0 },
    { "IPv6, encrypted", V6_OF("00 08 ", "32 ") "00 00 00 01 00 00 00 01 ", DECODED_OTHER, 0, 0, 0 },
    { "IPv6, nothing next", V6_OF("00 00 ", "3B "), DECODED_OTHER, 0, 0, 0 },
    { "IP in IP", V4_OF("00 00 ", "04 ") INNER, DECODED, 22, 0, 0 },
    { "IPv6 in IPv4", V4_OF("00 00 ", "29 ") INNER6, DECODED, 22, 0, 0 },
    { "IPv4 in IPv6", V6_OF("00 00 ", "04 ") INNER, DECODED, 22, 0, 0 },
    { "four deep", V4_OF("00 00 ", "04 ") V4_OF("00 00 ", "04 ") V4_OF("00 00 ", "04 ")
      V4_OF("00 00 ", "04 ") INNER, DECODED, 22, 0, 0 },
    { "five deep (fault 12)", V4_OF("00 00 ", "04 ") V4_OF("00 00 ", "04 ") V4_OF("00 00 ", "04 ")
      V4_OF("00 00 ", "04 ") V4_OF("00 00 ", "04 ") INNER, DECODED_TOO_DEEP, 0, 0, 0 },
    { "cut inside a tunnel", V4_OF("00 00 ", "04 ") V4_OF("00 64 ", "06 ") TCP, DECODED, 22, 58, 58 },
    { "cut by the length of the tunnel's packet", V4_OF("00 78 ", "04 ") V4_OF("00 00 ", "06 ") TCP, DECODED,
      22, 0, 58 },
    { "GRE", V4_OF("00 00 ", "2F ") "00 00 08 00 " INNER, DECODED, 22, 0, 0 },
    { "GRE, checksum, key, sequence", V4_OF("00 00 ", "2F ")
      "B0 00 86 DD 00 00 00 00 00 00 00 01 00 00 00 02 " INNER6,
      DECODED, 22, 0, 0 },
    { "GRE, source routes", V4_OF("00 00 ", "2F ") "40 00 08 00 00 00 00 00 " INNER, DECODED_OTHER, 0, 0, 0 },
    { "GRE, Ethernet with a tag", V4_OF("00 00 ", "2F ") "00 00 65 58 " MACS "81 00 00 01 08 00 " INNER,
      DECODED, 22, 0, 0 },
    { "GRE, PPTP", V4_OF("00 00 ", "2F ") "30 81 88 0B 00 00 00 01 00 00 00 01 00 00 00 01 FF 03 00 21 "
      INNER, DECODED, 22, 0, 0 },
    { "GRE, version 2", V4_OF("00 00 ", "2F ") "00 02 08 00 " INNER, DECODED_OTHER, 0, 0, 0 },
    { "GRE, cut", V4_OF("00 00 ", "2F ") "20 00 08 00 00 ", DECODED_CUT, 0, 0, 0 },
    { "GTP-U", V4_OF("00 00 ", "11 ") UDP_TO("08 68 ") "30 FF 00 2A 00 00 00 01 " INNER, DECODED, 22, 0, 0 },
    { "GTP-U, IPv6 inside", V4_OF("00 00 ", "11 ") UDP_TO("08 68 ") "30 FF 00 3E 00 00 00 01 " INNER6,
      DECODED, 22, 0, 0 },
    { "GTP-U, sequence", V4_OF("00 00 ", "11 ") UDP_TO("08 68 ") "32 FF 00 2E 00 00 00 01 00 07 00 85 " INNER,
      DECODED, 22, 0, 0 },
    { "GTP-U, two extension headers", V4_OF("00 00 ", "11 ") UDP_TO("08 68 ")
      "34 FF 00 36 00 00 00 01 00 00 00 85 01 10 01 40 01 00 00 00 " INNER, DECODED, 22, 0, 0 },
    { "GTP-U, extension header of length 0", V4_OF("00 00 ", "11 ") UDP_TO("08 68 ")
      "34 FF 00 36 00 00 00 01 00 00 00 85 00 10 01 85 " INNER, DECODED_MALFORMED, 0, 0, 0 },
    { "GTP-U, an echo request", V4_OF("00 00 ", "11 ") UDP_TO("08 68 ")
      "32 01 00 04 00 00 00 00 00 00 00 00 ",
      DECODED_OTHER, 0, 0, 0 },
    { "VXLAN", V4_OF("00 00 ", "11 ") UDP_TO("12 B5 ") "08 00 00 00 00 00 01 00 " MACS "08 00 " INNER,
      DECODED, 22, 0, 0 },
    { "Geneve with an option", V4_OF("00 00 ", "11 ") UDP_TO("17 C1 ") "01 00 65 58 00 00 01 00 00 00 00 00 "
      MACS "86 DD " INNER6, DECODED, 22, 0, 0 },
};

static struct memory memory;
static struct limits limits;
static struct ip *ip;

static void set_up(void)
{
    memory = (struct memory){ .limit = UINT64_C(64) << 20 };
    limits = (struct limits)LIMITS_DEFAULT;
    ip = ip_create(&limits, &memory);
    ck_assert_ptr_nonnull(ip);
}

static void tear_down(void)
{
    ip_destroy(ip);
    ck_assert_uint_eq(memory.used, 0);
    hex_release();
}

static enum decoded decode(struct bytes bytes, uint32_t cut, int64_t time, struct ip_packet *out)
{
    struct link_payload link = {
        .ethertype = bytes.length > 0 && bytes.data[0] >> 4 == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
        .bytes = bytes,
        .cut = cut,
    };

    return ip_decode(ip, &link, time, out);
}

START_TEST(the_payload_is_found)
{
    struct ip_packet packet;
    enum decoded result = decode(hex(rows[_i].bytes), rows[_i].frame_cut, 0, &packet);

    ck_assert_msg(result == rows[_i].result, "%s: %d", rows[_i].name, result);
    if (result == DECODED) {
        ck_assert_uint_eq(packet.protocol, IP_PROTOCOL_TCP);
        ck_assert_msg(packet.payload.length == rows[_i].payload, "%s: %zu", rows[_i].name,
                      packet.payload.length);
        ck_assert_msg(packet.cut == rows[_i].cut, "%s: %u", rows[_i].name, packet.cut);
        ck_assert(bytes_equal(bytes_first(packet.payload, 20), bytes_first(hex(TCP), 20)));
    }
}
END_TEST

/* The sanitizer is the judge. */
START_TEST(a_packet_may_be_cut_anywhere)
{
    struct bytes whole = hex(rows[_i].bytes);

    for (size_t n = 0; n <= whole.length && n < 200; n++) {
        struct ip_packet packet;

        enum decoded result = decode(hex_copy(whole, n), (uint32_t)(whole.length - n), 0, &packet);
        ck_assert(result != DECODED_UNKNOWN_LINK);
    }
}
END_TEST

START_TEST(the_version_must_agree_with_the_ethertype)
{
    struct link_payload link = { .ethertype = ETHERTYPE_IPV6, .bytes = hex(INNER INNER) };
    struct ip_packet packet;

    ck_assert_int_eq(ip_decode(ip, &link, 0, &packet), DECODED_MALFORMED);
    link = (struct link_payload){ .ethertype = ETHERTYPE_IPV4, .bytes = hex(INNER6) };
    ck_assert_int_eq(ip_decode(ip, &link, 0, &packet), DECODED_MALFORMED);
}
END_TEST

START_TEST(ipv4_stands_as_ipv6)
{
    struct ip_packet packet;

    ck_assert_int_eq(decode(hex(INNER), 0, 0, &packet), DECODED);
    ck_assert(bytes_equal(bytes_of(packet.source.bytes, 16), hex("00000000000000000000FFFF0A000001")));
    ck_assert(ip_address_is_v4(&packet.source));
    ck_assert(ip_address_is_v4(&packet.destination));
    ck_assert_int_eq(decode(hex(INNER6), 0, 0, &packet), DECODED);
    ck_assert(bytes_equal(bytes_of(packet.destination.bytes, 16), hex("20010DB8000000000000000000000002")));
    ck_assert(!ip_address_is_v4(&packet.source));
}
END_TEST

/* --- fragments: fault 16 ---------------------------------------------------------------------------- */

struct piece {
    uint16_t offset, length;
    bool more;
    uint8_t fill;               /* 0: the byte that belongs there, its offset; else this one */
    enum decoded result;
};

static struct bytes fragment_v4(uint16_t identification, const struct piece *piece)
{
    struct bytes header = hex(V4_OF("00 00 ", "06 "));
    uint8_t *block = hex_allocate(header.length + piece->length);
    uint16_t flags = (uint16_t)(piece->offset / 8 | (piece->more ? 0x2000 : 0));

    memcpy(block, header.data, header.length);
    block[2] = (uint8_t)((header.length + piece->length) >> 8);
    block[3] = (uint8_t)(header.length + piece->length);
    block[4] = (uint8_t)(identification >> 8);
    block[5] = (uint8_t)identification;
    block[6] = (uint8_t)(flags >> 8);
    block[7] = (uint8_t)flags;
    for (size_t i = 0; i < piece->length; i++) {
        block[header.length + i] = piece->fill ? piece->fill : (uint8_t)(piece->offset + i);
    }
    return bytes_of(block, header.length + piece->length);
}

static struct bytes fragment_v6(uint16_t identification, const struct piece *piece)
{
    struct bytes header = hex(V6_OF("00 00 ", "2C ") "06 00 00 00 00 00 00 00");
    uint8_t *block = hex_allocate(header.length + piece->length);
    uint16_t length = (uint16_t)(8 + piece->length);

    memcpy(block, header.data, header.length);
    block[4] = (uint8_t)(length >> 8);
    block[5] = (uint8_t)length;
    block[42] = (uint8_t)(piece->offset >> 8);
    block[43] = (uint8_t)(piece->offset | piece->more);
    block[46] = (uint8_t)(identification >> 8);
    block[47] = (uint8_t)identification;
    for (size_t i = 0; i < piece->length; i++) {
        block[header.length + i] = piece->fill ? piece->fill : (uint8_t)(piece->offset + i);
    }
    return bytes_of(block, header.length + piece->length);
}

static enum decoded decode_piece(int version, uint16_t identification, const struct piece *piece,
                                 int64_t time, struct ip_packet *out)
{
    return decode(version == 4 ? fragment_v4(identification, piece) : fragment_v6(identification, piece), 0,
                  time, out);
}

/* The last piece of each row has its result and, when that is DECODED, a datagram of 100 bytes. */
static const struct {
    const char *name;
    struct piece pieces[6];
    size_t foreign;             /* bytes from here on, up to 8 of them, are 0xEE: an earlier copy won */
} arrivals[] = {
    { "in order",
      { { 0, 48, true, 0, 1 }, { 48, 48, true, 0, 1 }, { 96, 4, false, 0, 0 } }, 100 },
    { "reversed",
      { { 96, 4, false, 0, 1 }, { 48, 48, true, 0, 1 }, { 0, 48, true, 0, 0 } }, 100 },
    { "repeated",
      { { 0, 48, true, 0, 1 }, { 0, 48, true, 0, 1 }, { 48, 52, false, 0, 0 } }, 100 },
    { "tiny first: the TCP header is split",
      { { 0, 8, true, 0, 1 }, { 8, 92, false, 0, 0 } }, 100 },
    { "overlapping: the first copy wins",
      { { 0, 48, true, 0, 1 }, { 40, 8, true, 0xEE, 1 }, { 40, 60, false, 0, 0 } }, 100 },
    { "overlapping: even a forged one",
      { { 40, 8, true, 0xEE, 1 }, { 0, 48, true, 0, 1 }, { 48, 52, false, 0, 0 } }, 40 },
    { "teardrop: inside another",
      { { 0, 56, true, 0, 1 }, { 24, 8, true, 0, 1 }, { 56, 44, false, 0, 0 } }, 100 },
    { "teardrop: ends before the first does",
      { { 0, 56, true, 0, 1 }, { 24, 4, false, 0, DECODED_MALFORMED }, { 56, 44, false, 0, 0 } }, 100 },
    { "two ends",
      { { 96, 4, false, 0, 1 }, { 104, 4, false, 0, DECODED_MALFORMED }, { 0, 96, true, 0, 0 } }, 100 },
    { "beyond the end",
      { { 96, 4, false, 0, 1 }, { 96, 8, true, 0, DECODED_MALFORMED }, { 0, 96, true, 0, 0 } }, 100 },
    { "not whole units",
      { { 0, 47, true, 0, DECODED_MALFORMED }, { 0, 48, true, 0, 1 }, { 48, 52, false, 0, 0 } }, 100 },
    { "past 64 KiB",
      { { 65528, 8, true, 0, DECODED_MALFORMED }, { 0, 48, true, 0, 1 }, { 48, 52, false, 0, 0 } }, 100 },
    { "empty",
      { { 8, 0, true, 0, DECODED_MALFORMED }, { 0, 48, true, 0, 1 }, { 48, 52, false, 0, 0 } }, 100 },
};

static void check_arrival(int version, int row)
{
    struct ip_packet packet;
    enum decoded result = DECODED_OTHER;

    for (const struct piece *piece = arrivals[row].pieces; result != DECODED; piece++) {
        result = decode_piece(version, 7, piece, 0, &packet);
        ck_assert_msg(result == piece->result, "IPv%d %s: %d at %d", version, arrivals[row].name, result,
                      piece->offset);
    }
    ck_assert_uint_eq(packet.payload.length, 100);
    ck_assert_uint_eq(packet.protocol, IP_PROTOCOL_TCP);
    for (size_t i = 0; i < 100; i++) {
        bool foreign = i >= arrivals[row].foreign && i < arrivals[row].foreign + 8;

        ck_assert_uint_eq(packet.payload.data[i], foreign ? 0xEE : i);
    }
}

START_TEST(fragments_are_put_together)
{
    check_arrival(4, _i);
    check_arrival(6, _i);
}
END_TEST

START_TEST(datagrams_do_not_mix)
{
    struct ip_packet packet;
    const struct piece first = { 0, 48, true, 0, 0 }, last = { 48, 52, false, 0, 0 };

    ck_assert_int_eq(decode_piece(4, 1, &first, 0, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode_piece(4, 2, &last, 0, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode_piece(6, 1, &last, 0, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode_piece(4, 1, &last, 0, &packet), DECODED);
    ck_assert_int_eq(decode_piece(6, 1, &first, 0, &packet), DECODED);
    ck_assert_int_eq(decode_piece(4, 2, &first, 0, &packet), DECODED);
}
END_TEST

/* Fault 7: times may go backwards, and may be as far apart as the type allows. */
START_TEST(a_datagram_lives_thirty_seconds)
{
    static const struct {
        int64_t first, second;
        enum decoded result;
    } times[] = {
        { 0, 30 * SECOND, DECODED },
        { 0, 31 * SECOND, DECODED_OTHER },
        { 100 * SECOND, 0, DECODED },
        { INT64_MAX, INT64_MIN, DECODED },
        { INT64_MIN, INT64_MAX, DECODED_OTHER },
    };
    struct ip_packet packet;
    const struct piece first = { 0, 48, true, 0, 0 }, last = { 48, 52, false, 0, 0 };

    ck_assert_int_eq(decode_piece(4, 1, &first, times[_i].first, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode_piece(4, 1, &last, times[_i].second, &packet), times[_i].result);
    ck_assert_uint_eq(ip_abandoned_datagrams(ip), times[_i].result == DECODED ? 0 : 1);
}
END_TEST

START_TEST(what_is_over_is_given_back)
{
    struct ip_packet packet;
    const struct piece first = { 0, 48, true, 0, 0 }, last = { 48, 52, false, 0, 0 };
    uint64_t before = memory.used;

    decode_piece(4, 1, &first, 0, &packet);
    ck_assert_int_eq(decode_piece(4, 1, &last, 0, &packet), DECODED);
    ck_assert_uint_gt(memory.used, before);         /* the payload is in it */
    ck_assert_int_eq(decode(hex(INNER), 0, 0, &packet), DECODED);
    ck_assert_uint_eq(memory.used, before);

    decode_piece(4, 2, &first, 0, &packet);
    uint64_t one = memory.used;
    decode_piece(4, 3, &first, 31 * SECOND, &packet);       /* the second has waited too long */
    ck_assert_uint_eq(memory.used, one);
    ck_assert_uint_eq(ip_abandoned_datagrams(ip), 1);
}
END_TEST

/* A million datagrams that are never completed: flat memory, and the newest can still be completed. */
START_TEST(endless_fragments_stay_flat)
{
    struct ip_packet packet;
    struct piece first = { 0, 48, true, 0, 0 }, last = { 48, 52, false, 0, 0 };
    struct bytes bytes = fragment_v6(0, &first);
    uint8_t *identification = (uint8_t *)(uintptr_t)bytes.data + 44;

    uint64_t peak = 0;

    for (uint32_t i = 0; i < 1000000; i++) {
        memcpy(identification, &i, sizeof i);
        decode(bytes, 0, 0, &packet);
        peak = memory.used > peak ? memory.used : peak;
    }
    ck_assert_uint_lt(peak, limits.fragments * (4096 + 1024));
    ck_assert_uint_eq(ip_abandoned_datagrams(ip), 1000000 - limits.fragments);

    struct bytes rest = fragment_v6(0, &last);
    memcpy((uint8_t *)(uintptr_t)rest.data + 44, identification, 4);
    ck_assert_int_eq(decode(rest, 0, 0, &packet), DECODED);
}
END_TEST

START_TEST(without_memory_fragments_are_passed_over)
{
    struct ip_packet packet;
    const struct piece first = { 0, 48, true, 0, 0 }, last = { 48, 52, false, 0, 0 };
    uint64_t all = memory.limit;

    memory.limit = memory.used;
    ck_assert_int_eq(decode_piece(4, 1, &first, 0, &packet), DECODED_OTHER);
    ck_assert_uint_eq(memory.refused, 1);
    memory.limit = memory.used + 1500;      /* enough for the account, not for the bytes */
    ck_assert_int_eq(decode_piece(4, 1, &first, 0, &packet), DECODED_OTHER);
    ck_assert_uint_eq(memory.refused, 2);
    memory.limit = all;
    ck_assert_int_eq(decode_piece(4, 1, &first, 0, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode_piece(4, 1, &last, 0, &packet), DECODED);
}
END_TEST

START_TEST(a_cut_fragment_is_not_kept)
{
    struct ip_packet packet;
    const struct piece first = { 0, 48, true, 0, 0 };
    struct bytes bytes = fragment_v4(1, &first);

    ck_assert_int_eq(decode(hex_copy(bytes, 40), 28, 0, &packet), DECODED_CUT);
}
END_TEST

/* A tunnel's packet in fragments, and in it a packet in fragments: both must live until the next call. */
START_TEST(a_fragmented_packet_may_tunnel_another)
{
    struct ip_packet packet;
    const struct piece inner_first = { 0, 48, true, 0, 0 }, inner_last = { 48, 52, false, 0, 0 };
    struct bytes tunnelled = fragment_v4(9, &inner_last);
    const struct piece outer_first = { 0, 40, true, 0, 0 };
    const struct piece outer_last = { 40, (uint16_t)(tunnelled.length - 40), false, 0, 0 };
    struct bytes first = fragment_v4(8, &outer_first);
    struct bytes last = fragment_v4(8, &outer_last);

    for (size_t i = 0; i < tunnelled.length; i++) {
        uint8_t *at = (uint8_t *)(uintptr_t)(i < 40 ? first.data + 20 + i : last.data + 20 + i - 40);

        *at = tunnelled.data[i];
    }
    ((uint8_t *)(uintptr_t)first.data)[9] = ((uint8_t *)(uintptr_t)last.data)[9] = 4;

    ck_assert_int_eq(decode_piece(4, 9, &inner_first, 0, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode(first, 0, 0, &packet), DECODED_OTHER);
    ck_assert_int_eq(decode(last, 0, 0, &packet), DECODED);
    ck_assert_uint_eq(packet.payload.length, 100);
    for (size_t i = 0; i < 100; i++) {
        ck_assert_uint_eq(packet.payload.data[i], i);
    }
}
END_TEST

START_TEST(creation_may_fail)
{
    struct memory little = { .limit = 0 };

    for (; little.limit < 4000; little.limit += 8) {
        struct ip *other = ip_create(&limits, &little);

        ip_destroy(other);
        ck_assert_uint_eq(little.used, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ip");
    TCase *headers = tcase_create("headers");
    TCase *fragments = tcase_create("fragments");
    SRunner *runner = srunner_create(suite);
    int count = (int)(sizeof rows / sizeof rows[0]);

    tcase_add_checked_fixture(headers, set_up, tear_down);
    tcase_add_loop_test(headers, the_payload_is_found, 0, count);
    tcase_add_loop_test(headers, a_packet_may_be_cut_anywhere, 0, count);
    tcase_add_test(headers, the_version_must_agree_with_the_ethertype);
    tcase_add_test(headers, ipv4_stands_as_ipv6);
    suite_add_tcase(suite, headers);

    tcase_add_checked_fixture(fragments, set_up, tear_down);
    tcase_set_timeout(fragments, 60);
    tcase_add_loop_test(fragments, fragments_are_put_together, 0,
                        (int)(sizeof arrivals / sizeof arrivals[0]));
    tcase_add_test(fragments, datagrams_do_not_mix);
    tcase_add_loop_test(fragments, a_datagram_lives_thirty_seconds, 0, 5);
    tcase_add_test(fragments, what_is_over_is_given_back);
    tcase_add_test(fragments, endless_fragments_stay_flat);
    tcase_add_test(fragments, without_memory_fragments_are_passed_over);
    tcase_add_test(fragments, a_cut_fragment_is_not_kept);
    tcase_add_test(fragments, a_fragmented_packet_may_tunnel_another);
    tcase_add_test(fragments, creation_may_fail);
    suite_add_tcase(suite, fragments);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
