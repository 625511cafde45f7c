/* SPDX-License-Identifier: MIT */
#include "view/viewer.h"
#include "view/chooser.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/capture.h"
#include "core/dissector.h"

/* Screens as text: keys over a capture, and what the canvas then shows. WS101_SCREENS=write makes them anew,
 * to be read before they are committed. */

static struct store *store;
static struct dissector *dissector;
static struct viewer viewer;
static struct canvas canvas;

static struct dissector *make_dissector(void)
{
    struct dissector_options options = {
        .limits = LIMITS_DEFAULT, .hash_seed = 1,
        .wanted = EVENT_ALL_BUT_SEGMENTS | EVENT_BIT(EVENT_SEGMENT),
    };

    return dissector_create(&options, store_event_sparsely, store);
}

static void open_store(void)
{
    setenv("TZ", "UTC", 1);
    store = store_create(8 << 20);
    dissector = make_dissector();
    viewer_init(&viewer, store);
    viewer.source.name = "capture";
}

static void close_store(void)
{
    viewer_release(&viewer);
    canvas_release(&canvas);
    dissector_destroy(dissector);
    store_destroy(store);
}

/* At most that many packets; the whole file, and its end, with 0. */
static void read_capture(const char *file, uint64_t packets)
{
    struct capture_options options = { .file = file };
    struct error error;
    struct capture *capture = capture_open(&options, &error);
    struct packet packet;

    ck_assert_msg(capture != NULL, "%s", error.text);
    while ((packets == 0 || viewer.source.packets < packets) &&
           capture_next(capture, &packet, &error) == CAPTURE_PACKET) {
        viewer.source.packets = packet.number;
        dissector_packet(dissector, &packet);
    }
    capture_close(capture);
    if (packets == 0) {
        dissector_finish(dissector);
        viewer.source.ended = true;
    }
}

static void set_size(int width, int height)
{
    ck_assert(canvas_resize(&canvas, width, height) || width == 0);
    viewer_resize(&viewer, width, height);
}

static void press(int code)
{
    viewer_key(&viewer, (struct key){ .code = code });
    for (int i = 0; i < 1000 && viewer_work(&viewer); i++) {
    }
}

/* Characters are keys; <Enter> and its like are named. */
static void press_all(const char *keys)
{
    static const struct {
        const char *name;
        int code;
    } names[] = {
        { "<Enter>", KEYS_ENTER }, { "<Esc>", KEYS_ESCAPE }, { "<Tab>", KEYS_TAB },
        { "<Down>", KEYS_DOWN },   { "<Up>", KEYS_UP },      { "<Left>", KEYS_LEFT },
        { "<Right>", KEYS_RIGHT }, { "<End>", KEYS_END },    { "<PgDn>", KEYS_PAGE_DOWN },
        { "<^U>", KEYS_CONTROL + 'u' },
    };

    while (*keys) {
        size_t i = 0;

        while (i < sizeof names / sizeof names[0] &&
               strncmp(keys, names[i].name, strlen(names[i].name)) != 0) {
            i++;
        }
        if (i < sizeof names / sizeof names[0]) {
            press(names[i].code);
            keys += strlen(names[i].name);
        } else {
            press((unsigned char)*keys++);
        }
    }
}

/* Rows without the blanks at their end, and where the cursor is. */
static char *dump(void)
{
    size_t capacity = (size_t)canvas.height * ((size_t)canvas.width * CELL_TEXT_MAX + 1) + 100;
    char *text = calloc(1, capacity);
    size_t used = 0;

    for (int y = 0; y < canvas.height; y++) {
        size_t end = used;

        for (int x = 0; x < canvas.width; x++) {
            const char *cell = canvas_cell(&canvas, x, y)->text;

            memcpy(text + used, cell, strlen(cell));
            used += strlen(cell);
            end = strcmp(cell, " ") == 0 ? end : used;
        }
        used = end;
        text[used++] = '\n';
    }
    snprintf(text + used, capacity - used, "cursor %d,%d\n", canvas.cursor_x, canvas.cursor_y);
    return text;
}

static void assert_screen(const char *name)
{
    char path[300], expected[65536] = "";
    char *shown = dump();

    snprintf(path, sizeof path, "tests/screens/%s.%dx%d.txt", name, canvas.width, canvas.height);
    if (getenv("WS101_SCREENS")) {
        FILE *file = fopen(path, "w");

        ck_assert_ptr_nonnull(file);
        fputs(shown, file);
        fclose(file);
    }
    FILE *file = fopen(path, "r");

    ck_assert_msg(file != NULL, "%s is missing", path);
    expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    fclose(file);
    ck_assert_msg(strcmp(shown, expected) == 0, "%s differs; it is now:\n%s", path, shown);
    free(shown);
}

static const struct {
    const char *name, *capture, *keys;
} screens[] = {
    { "connections", "demo.pcapng", "" },
    { "connections-sorted", "demo.pcapng", "ssssssssS" },
    { "messages", "demo.pcapng", "jjj<Enter>" },
    { "messages-all", "demo.pcapng", "a<End>" },
    { "frames", "demo.pcapng", "jjj<Enter>f" },
    { "detail", "demo.pcapng", "jjj<Enter>jjj<Enter>jjj" },
    { "detail-bytes", "demo.pcapng", "jjj<Enter>jjj<Enter><Tab><Down><Right><Right>" },
    { "detail-json", "demo.pcapng", "jjj<Enter>jjj<Enter>vvv" },
    { "detail-fragments", "demo.pcapng", "jjj<Enter>/fragments,<Enter><Enter>" },
    { "messages-socketio", "socketio-upgrade.pcap", "jj<Enter>" },
    { "messages-mqtt", "mqtt.pcap", "<Enter>" },
    { "detail-mqtt", "mqtt.pcap", "<Enter>/weather<Enter><Enter><End>" },
    { "unfolded", "demo.pcapng", "jjj<Enter>/in four<Enter>o" },
    { "findings-must", "endings.pcap", "6ss" },
    { "late", "late-deflate.pcap", "<Enter>jj" },
    { "handshake", "demo.pcapng", "jjj4" },
    { "ladder", "demo.pcapng", "jjj5" },
    { "ladder-websocket", "demo.pcapng", "jjj5zz" },
    { "ladder-proxy", "nginx-configured.pcap", "5" },
    { "ladder-haproxy", "haproxy.pcap", "jjj5zz" },
    { "findings", "demo.pcapng", "6" },
    { "findings-by-rule", "endings.pcap", "6oj" },
    { "findings-of-one-rule", "endings.pcap", "6oGkkk<Enter>" },
    { "finding-detail", "demo.pcapng", "6<Enter><End>" },
    { "totals", "demo.pcapng", "7" },
    { "totals-bytes", "mixed.pcap", "7b" },
    { "totals-end", "demo.pcapng", "7G" },
    { "totals-one", "demo.pcapng", "jjjj7a" },
    { "totals-filtered", "mixed.pcap", "\\opcode == ping or kind == http<Enter>7" },
    { "difference-json", "demo.pcapng", "jjj<Enter>/type<Enter>mjjjjmd" },
    { "difference-words", "demo.pcapng", "jjj<Enter>/type<Enter>mjjjjmdvv" },
    { "difference-bytes", "demo.pcapng", "jjj<Enter>/PNG<Enter>mjdv" },
    { "difference-lines", "demo.pcapng", "a/GET<Enter>mnnd" },
    { "settings", "demo.pcapng", "O" },
    { "settings-columns", "demo.pcapng", "OGJKKJ <Up> <Up> <Down>K" },
    { "columns-chosen", "demo.pcapng", "OjjjjjjK<Right>jjKKK G k <Esc>" },
    { "save", "demo.pcapng", "jjjw" },
    { "save-marked", "demo.pcapng", "jjj<Enter>jjmjmw<Enter>" },
    { "marked", "demo.pcapng", "jjj<Enter>jjmjm" },
    { "help", "demo.pcapng", "<Enter>?" },
    { "filtered", "demo.pcapng", "a\\opcode == p<Tab>i<Tab> or opcode == pong<Enter>" },
    { "filter-completion", "demo.pcapng", "a\\handshake.<Tab>" },
    { "filter-mistake", "demo.pcapng", "a\\opcod == ping<Enter>" },
};

static const struct {
    int width, height;
} sizes[] = { { 80, 24 }, { 40, 15 }, { 120, 40 } };

START_TEST(screens_are_as_they_were_read_and_found_good)
{
    char path[200];

    snprintf(path, sizeof path, "captures/%s", screens[_i].capture);
    open_store();
    read_capture(path, 0);
    for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
        viewer_release(&viewer);
        viewer_init(&viewer, store);
        viewer.source = (struct viewer_source){
            .name = "demo.pcapng", .ended = true, .packets = 120, .bytes = 23000,
        };
        set_size(sizes[size].width, sizes[size].height);
        viewer_draw(&viewer, &canvas);
        press_all(screens[_i].keys);
        viewer_draw(&viewer, &canvas);
        assert_screen(screens[_i].name);
    }
    close_store();
}
END_TEST

/* As view does it: hands out what is due, and begins again where the replay wants it. */
static void play(const char *file, int64_t elapsed)
{
    struct replay *replay = &viewer.replay;
    struct capture_options options = { .file = file };
    struct error error;
    struct capture *capture = capture_open(&options, &error);
    struct packet packet;
    bool more = capture != NULL;

    if (replay->restart) {
        dissector_destroy(dissector);
        store_clear(store);
        dissector = make_dissector();
        viewer_restart(&viewer);
        replay_restarted(replay, true);
    }
    replay_advance(replay, elapsed);
    while (more && capture_next(capture, &packet, &error) == CAPTURE_PACKET) {
        replay_note(replay, packet.time);
        if (packet.number > viewer.source.packets && (more = replay_due(replay, packet.time))) {
            viewer.source.packets = packet.number;
            dissector_packet(dissector, &packet);
        }
    }
    capture_close(capture);
    if (more) {
        dissector_finish(dissector);
        replay_ended(replay);
    }
    while (viewer_work(&viewer)) {
    }
}

/* The whole file read, as it is when a replay begins. */
static void open_replay(const char *file)
{
    open_store();
    set_size(80, 24);
    play(file, 0);
    viewer_draw(&viewer, &canvas);
    viewer.source.name = "demo.pcapng";
}

#define MILLISECONDS INT64_C(1000000)

START_TEST(a_replay_shows_what_was_known_then)
{
    open_replay("captures/demo.pcapng");
    press_all("jjj<Enter>R");
    play("captures/demo.pcapng", 0);
    play("captures/demo.pcapng", 1200 * MILLISECONDS);
    for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
        set_size(sizes[size].width, sizes[size].height);
        viewer_draw(&viewer, &canvas);
        assert_screen("replay");
    }
    press_all("1 ++@");
    for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
        set_size(sizes[size].width, sizes[size].height);
        viewer_draw(&viewer, &canvas);
        assert_screen("replay-go-to");
    }
    close_store();
}
END_TEST

static uint64_t packets_after(const char *keys)
{
    press_all(keys);
    play("captures/demo.pcapng", 0);
    return viewer.source.packets;
}

START_TEST(a_replay_goes_where_it_is_told)
{
    open_replay("captures/demo.pcapng");
    ck_assert_uint_eq(packets_after("R "), 1);
    ck_assert_uint_eq(packets_after("."), 2);
    ck_assert_uint_eq(packets_after("."), 3);
    uint64_t half = packets_after("@50%<Enter>");

    ck_assert(half > 3 && half < 120);
    ck_assert_uint_lt(packets_after("["), half);
    ck_assert_uint_eq(packets_after("]"), half);
    ck_assert_uint_gt(packets_after("@1.5<Enter>"), half);
    ck_assert_uint_eq(packets_after("@-0.5<Enter>@0:00:00<Enter>"), 1);
    ck_assert_uint_eq(packets_after("@+100<Enter>"), 120);
    ck_assert(replay_is_over(&viewer.replay));
    ck_assert_uint_eq(packets_after(" "), 1);
    press_all("@12 apples<Enter>");
    ck_assert_int_eq(viewer.prompt.kind, PROMPT_GO);
    press_all("<Esc>E");
    ck_assert(!viewer.replay.on);
    close_store();
}
END_TEST

/* From the selected message: what is known then ends with it. */
START_TEST(a_replay_begins_at_what_is_selected)
{
    open_replay("captures/demo.pcapng");
    press_all("jjj<Enter>jjjjj");
    uint64_t selected = viewer.messages.place.id;
    const struct record *record = store_record(store, selected);
    int64_t time = record->time;
    uint64_t packet = record->packet;

    press('r');
    play("captures/demo.pcapng", 0);
    ck_assert_int_eq(viewer.replay.position, time);
    ck_assert_uint_ge(viewer.source.packets, packet);
    ck_assert_ptr_nonnull(store_record(store, selected));
    viewer_draw(&viewer, &canvas);
    ck_assert_int_ge(store_record(store, viewer.messages.place.id)->time, time);
    close_store();
}
END_TEST

START_TEST(a_click_on_the_bar_jumps)
{
    open_replay("captures/demo.pcapng");
    packets_after("R ");
    viewer_draw(&viewer, &canvas);
    ck_assert_int_gt(viewer.bar.columns, 5);
    viewer_key(&viewer, (struct key){ KEYS_CLICK, viewer.bar.x + viewer.bar.columns - 1, 22 });
    ck_assert_uint_eq(packets_after(""), 120);
    viewer_key(&viewer, (struct key){ KEYS_CLICK, viewer.bar.x, 22 });
    ck_assert_uint_eq(packets_after(""), 1);
    close_store();
}
END_TEST

START_TEST(what_comes_once_is_not_replayed)
{
    open_replay("captures/demo.pcapng");
    viewer.source.once = true;
    press('R');
    ck_assert(!viewer.replay.on);
    ck_assert_ptr_nonnull(strstr(viewer.note, "a pipe can be read only once"));
    viewer.source.live = true;
    press('r');
    ck_assert_ptr_nonnull(strstr(viewer.note, "save it with -w"));
    close_store();
}
END_TEST

static const struct interface interfaces[] = {
    { "eth0", "192.0.2.17 2001:db8::17 fe80::42:acff:fe11:2%eth0", "", true, false },
    { "any", "", "all interfaces together", true, false },
    { "lo", "127.0.0.1 ::1", "what this machine says to itself", true, true },
    { "wlan0", "", "", false, false },
    { "\x1b[2Jevil", "10.0.0.1", "", true, false },
};

START_TEST(interfaces_can_be_chosen_from)
{
    struct chooser chooser = { .count = 0 };

    open_store();
    for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
        set_size(sizes[size].width, sizes[size].height);
        chooser = (struct chooser){ .count = 0 };
        chooser_update(&chooser, interfaces, sizeof interfaces / sizeof interfaces[0]);
        chooser_key(&chooser, (struct key){ .code = 'j' });
        chooser_key(&chooser, (struct key){ .code = KEYS_DOWN });
        chooser_draw(&chooser, &canvas);
        assert_screen("interfaces");
        snprintf(chooser.note, sizeof chooser.note, "%s",
                 "lo: no permission to capture; allow it once with: sudo setcap cap_net_raw=ep build/ws101 - "
                 "or watch one program without root: ws101 run -- COMMAND - more: ws101 doctor");
        chooser_draw(&chooser, &canvas);
        assert_screen("interfaces-refused");
    }
    close_store();
}
END_TEST

/* The selection is a name: it stays when others come and go, and is the first one left when it goes. */
START_TEST(the_chosen_interface_is_the_one_selected)
{
    static const int any_keys[] = {
        'j', 'k', 'G', 'g', 'x', KEYS_CLICK, KEYS_PAGE_DOWN, KEYS_WHEEL_UP, 'j', 'j',
    };
    struct chooser chooser = { .count = 0 };

    open_store();
    set_size(80, 24);
    chooser_update(&chooser, interfaces, 5);
    chooser_key(&chooser, (struct key){ .code = 'j' });
    chooser_key(&chooser, (struct key){ .code = 'j' });
    chooser_update(&chooser, interfaces + 1, 3);
    ck_assert_str_eq(chooser.selected, "lo");
    chooser_update(&chooser, interfaces + 3, 2);
    ck_assert_str_eq(chooser.selected, "wlan0");
    chooser_update(&chooser, interfaces, 5);
    chooser_draw(&chooser, &canvas);
    chooser_key(&chooser, (struct key){ KEYS_CLICK, 5, 3 });
    ck_assert(!chooser.chosen);
    chooser_key(&chooser, (struct key){ KEYS_CLICK, 5, 3 });
    ck_assert(chooser.chosen);
    ck_assert_str_eq(chooser.selected, "any");
    for (size_t count = 0; count < 6; count++) {
        chooser_update(&chooser, interfaces, count);
        for (int height = 1; height < 9; height++) {
            set_size(1 + height * height, height);
            for (size_t i = 0; i < sizeof any_keys / sizeof any_keys[0]; i++) {
                chooser_key(&chooser, (struct key){ any_keys[i], 1, (int)i });
                chooser_draw(&chooser, &canvas);
                ck_assert(canvas.cursor_y >= 0 && canvas.cursor_y < height);
            }
        }
    }
    chooser_key(&chooser, (struct key){ .code = 'q' });
    ck_assert(chooser.left);
    close_store();
}
END_TEST

START_TEST(ascii_screens_are_ascii)
{
    open_store();
    read_capture("captures/demo.pcapng", 0);
    set_size(80, 24);
    canvas.ascii = true;
    press_all("jjj<Enter>");
    viewer_draw(&viewer, &canvas);
    assert_screen("ascii");
    for (int i = 0; i < canvas.width * canvas.height; i++) {
        for (const char *at = canvas.cells[i].text; *at; at++) {
            ck_assert(*at >= ' ' && *at <= '~');
        }
    }
    close_store();
}
END_TEST

/* Rows that arrive, in any order, leave the selected one selected and where it is on the screen. */
START_TEST(arrivals_do_not_move_the_selection)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/demo.pcapng", 60);
    viewer.source.packets = 0;
    viewer_draw(&viewer, &canvas);
    press_all("a<End><Up><Up><Up>");
    viewer_draw(&viewer, &canvas);
    uint64_t selected = viewer.messages.place.id;
    int row = canvas.cursor_y;

    for (int i = 0; i < 20; i++) {
        read_capture("captures/demo.pcapng", 0);
        viewer.source.packets = 0;
        while (viewer_work(&viewer)) {
        }
        viewer_draw(&viewer, &canvas);
        ck_assert_uint_eq(viewer.messages.place.id, selected);
        ck_assert_int_eq(canvas.cursor_y, row);
    }
    close_store();
}
END_TEST

/* Of a live connection, as of its messages, the newest is shown until a key looks back. */
START_TEST(a_live_ladder_follows)
{
    open_store();
    set_size(80, 24);
    viewer.source.live = true;
    read_capture("captures/demo.pcapng", 50);
    viewer_draw(&viewer, &canvas);
    press_all("jjj5");
    for (int packets = 60; packets <= 80; packets += 10) {
        viewer.source.packets = 0;
        read_capture("captures/demo.pcapng", (uint64_t)packets);
        while (viewer_work(&viewer)) {
        }
        viewer_draw(&viewer, &canvas);
        const struct listing *rows = &viewer.ladder.listing;

        ck_assert_int_eq(viewer_record(&viewer) == listing_id(rows, rows->count - 1), packets < 80);
        press_all(packets == 70 ? "k" : "");
    }
    close_store();
}
END_TEST

static const struct record *selected(void)
{
    const struct record *record = store_record(store, viewer_record(&viewer));

    ck_assert_ptr_nonnull(record);
    return record;
}

/* Every screen is about what was selected on the one that it was opened from. */
START_TEST(screens_are_about_what_is_selected)
{
    static const char *const keys[] = { "5", "4", "7", "?", "<Esc>w", "<Esc>O", "<Esc>5", "4", "2", "31jk" };

    open_store();
    set_size(80, 24);
    read_capture("captures/mixed.pcap", 0);
    viewer_draw(&viewer, &canvas);
    press_all("<Enter>1jjjjj");
    ck_assert_uint_eq(viewer_connection(&viewer), 6);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        press_all(keys[i]);
        viewer_draw(&viewer, &canvas);
        ck_assert_uint_eq(viewer_connection(&viewer), 6);
    }
    press_all("5jjjjjjj");
    uint64_t record = viewer_record(&viewer);

    press_all("3");
    ck_assert_uint_eq(viewer.detail.record, record);
    press_all("n");
    ck_assert_uint_gt(viewer.detail.record, record);
    ck_assert_uint_eq(selected()->connection, 6);
    press_all("p2");
    viewer_draw(&viewer, &canvas);
    ck_assert_uint_eq(viewer_record(&viewer), record);
    press_all("6G");
    record = viewer_record(&viewer);
    press_all("3");
    ck_assert_uint_eq(viewer.detail.record, record);
    press_all("p");
    ck_assert_uint_eq(selected()->connection, 11);
    ck_assert_uint_lt(viewer.detail.record, record);
    press_all("4");
    ck_assert_uint_eq(viewer.handshake.connection, 11);
    close_store();
}
END_TEST

/* Of a connection longer than the first slices, too: the ladder begins with it, and "all" with the first. */
START_TEST(lists_of_a_whole_begin_at_its_beginning)
{
    open_store();
    set_size(80, 24);
    for (int i = 0; i < 40; i++) {
        viewer.source.packets = 0;
        read_capture("captures/demo.pcapng", 0);
    }
    viewer_draw(&viewer, &canvas);
    press_all("5");
    ck_assert_uint_eq(viewer_record(&viewer), store_connection(store, 1)->first_record);
    press_all("1a");
    ck_assert_uint_eq(viewer_record(&viewer), listing_id(&viewer.messages.listing, 0));
    close_store();
}
END_TEST

static void assert_connections(const char *keys, const uint64_t *ids, size_t count)
{
    press_all(keys);
    while (viewer_work(&viewer)) {
    }
    viewer_draw(&viewer, &canvas);
    ck_assert_uint_eq(viewer.connections.count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(viewer.connections.order[i], ids[i]);
    }
}

/* Scrolled by a page, or to the end, and no further: the last row stays in view. */
START_TEST(pages_end_at_their_last_row)
{
    static const struct {
        const char *keys, *last;
    } pages[] = {
        { "?", "Filters: opcode == ping" },
        { "jjj4", "chosen      none" },
        { "jjj<Enter>jjj<Enter>vv<Tab>", "lobby" },
        { "jjj<Enter>jjj<Enter>vvv<Tab>", "}" },
    };
    static const char *const ends[] = { "<End>", "<PgDn><PgDn><PgDn><PgDn><PgDn><PgDn>" };

    open_store();
    read_capture("captures/demo.pcapng", 0);
    for (size_t i = 0; i < 2 * sizeof pages / sizeof pages[0]; i++) {
        viewer_release(&viewer);
        viewer_init(&viewer, store);
        set_size(40, 15);
        viewer_draw(&viewer, &canvas);
        press_all(pages[i / 2].keys);
        press_all(ends[i % 2]);
        viewer_draw(&viewer, &canvas);
        char *shown = dump();

        ck_assert_msg(strstr(shown, pages[i / 2].last), "%s: %s", pages[i / 2].keys, shown);
        free(shown);
    }
    close_store();
}
END_TEST

static void click(int x, int y)
{
    viewer_draw(&viewer, &canvas);
    viewer_key(&viewer, (struct key){ .code = KEYS_CLICK, .x = x, .y = y });
    viewer_draw(&viewer, &canvas);
}

/* On every list a click selects, another opens; among bytes it selects one. Bars are no rows. */
START_TEST(clicks_select_and_open)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/mixed.pcap", 0);
    click(5, 7);
    ck_assert_uint_eq(viewer_connection(&viewer), 6);
    click(5, 7);
    ck_assert_int_eq(viewer.screen, SCREEN_MESSAGES);
    click(5, 6);
    ck_assert_uint_eq(viewer_record(&viewer), listing_id(&viewer.messages.listing, 3));
    click(5, 22);
    click(5, 23);
    ck_assert_uint_eq(viewer_record(&viewer), listing_id(&viewer.messages.listing, 3));
    press('5');
    click(30, 6);
    uint64_t record = viewer_record(&viewer);

    ck_assert_uint_eq(record, listing_id(&viewer.ladder.listing, 4));
    press_all("jj");
    click(30, 8);
    ck_assert_int_eq(viewer.screen, SCREEN_DETAIL);
    click(40 + 6 + 1 * 3, 3);
    ck_assert_uint_eq(viewer.detail.byte, 8 + 1);
    ck_assert(viewer.detail.in_bytes);
    click(40 + 6 + 8 * 3 + 1 + 4, 2);
    ck_assert_uint_eq(viewer.detail.byte, 4);
    click(10, 4);
    ck_assert(!viewer.detail.in_bytes);
    ck_assert_uint_eq(viewer.detail.node, 2);
    close_store();
}
END_TEST

/* By what is shown: 1005 and 1006, too; and how long ago, not when. */
START_TEST(rows_are_sorted_by_what_they_show)
{
    struct store_connection reset = { .upgraded = true, .ended = true, .how = CLOSE_RST, .last = 5 };
    struct store_connection without_code = { .upgraded = true, .close_known = true, .last = 7 };
    struct store_connection open = { .upgraded = true, .last = 9 };

    ck_assert_int_lt(columns_compare(COLUMN_CLOSE, &open, &without_code), 0);
    ck_assert_int_lt(columns_compare(COLUMN_CLOSE, &without_code, &reset), 0);
    ck_assert_int_lt(columns_compare(COLUMN_LAST, &open, &reset), 0);
}
END_TEST

static void search_for(const char *text)
{
    press('/');
    press_all(text);
    press(KEYS_ENTER);
}

/* What stands on a list is found on it. */
START_TEST(a_search_finds_what_is_shown)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/mixed.pcap", 0);
    viewer_draw(&viewer, &canvas);
    press('6');
    search_for("tcp-by-client");
    ck_assert_uint_eq(selected()->connection, 11);
    press_all("1a");
    search_for("1002 protocol");
    ck_assert_str_eq(viewer.note, "not found: 1002 protocol");
    search_for("protocol error");
    ck_assert_uint_eq(selected()->connection, 4);
    ck_assert_uint_eq(selected()->opcode, FRAME_CLOSE);
    search_for("not-masked");
    ck_assert_str_eq(viewer.note, "not found: not-masked");
    search_for("permessage");
    ck_assert_uint_eq(selected()->kind, EVENT_HTTP);
    close_store();
}
END_TEST

/* Filters are not names of files: each prompt remembers its own, and what was being typed. */
START_TEST(a_prompt_remembers_its_own)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/demo.pcapng", 0);
    press_all("\\fin<Enter>\\<^U>masked<Enter>\\<Enter>/Hello<Enter>\\<^U>op<Up>");
    ck_assert_str_eq(viewer.prompt.text, "masked");
    press(KEYS_UP);
    ck_assert_str_eq(viewer.prompt.text, "fin");
    press(KEYS_UP);
    ck_assert_str_eq(viewer.prompt.text, "fin");
    press_all("<Down><Down>");
    ck_assert_str_eq(viewer.prompt.text, "op");
    press_all("<Esc>/<Up>");
    ck_assert_str_eq(viewer.prompt.text, "Hello");
    close_store();
}
END_TEST

static size_t findings_shown(const char *keys)
{
    press_all(keys);
    viewer_draw(&viewer, &canvas);
    return viewer.findings.listing.count;
}

/* From the rules into one of them and back; the filter holds there, too. */
START_TEST(findings_are_counted_by_rule_and_side)
{
    const struct occurrences *kept = &viewer.findings.occurrences;
    struct occurrence rows[OCCURRENCES_MAX];

    open_store();
    set_size(80, 24);
    read_capture("captures/endings.pcap", 0);
    size_t all = findings_shown("6");

    ck_assert_uint_eq(occurrences_rows(store_totals(store)->rules, RULE_MUST, rows), 6);
    ck_assert_uint_eq(occurrences_rows(store_totals(store)->rules, RULE_SHOULD, rows), 10);
    ck_assert_str_eq(occurrence_rule(&rows[6])->id, "close-tcp-by-client-first");
    ck_assert_uint_eq(rows[6].count, 7);
    ck_assert_uint_eq(findings_shown("ojjjjjj<Enter>"), 7);
    ck_assert_uint_eq(findings_shown("<Enter>"), 7);
    ck_assert_int_eq(viewer.screen, SCREEN_DETAIL);
    press_all("<Esc><Esc>");
    ck_assert(viewer.screen == SCREEN_FINDINGS && viewer.findings.by_rule);
    ck_assert_uint_eq(findings_shown("jj<Enter>"), 2);
    ck_assert_int_eq(viewer.findings.rule.side, RULE_SERVER);
    ck_assert_uint_eq(findings_shown("oo"), all);
    ck_assert_uint_eq(findings_shown("o\\conn in {2, 3}<Enter>o"), 2);
    ck_assert_uint_eq(occurrences_rows(kept->counts, RULE_NOTE, rows), 1);
    ck_assert_uint_eq(rows[0].count, 2);
    press_all("o<Esc>");
    ck_assert_int_eq(viewer.screen, SCREEN_CONNECTIONS);
    close_store();
}
END_TEST

/* A row that is hidden or gone leaves the selection where it was. */
START_TEST(what_is_hidden_does_not_move_the_selection_far)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/mixed.pcap", 0);
    viewer_draw(&viewer, &canvas);
    press_all("jjjjjjjj");
    viewer_draw(&viewer, &canvas);
    ck_assert_uint_eq(viewer_connection(&viewer), 9);
    press_all("\\conn != 9<Enter>");
    viewer_draw(&viewer, &canvas);
    ck_assert_uint_eq(viewer_connection(&viewer), 10);
    press_all("\\<^U>conn < 8<Enter>");
    viewer_draw(&viewer, &canvas);
    ck_assert_uint_eq(viewer_connection(&viewer), 7);
    close_store();
}
END_TEST

/* By any event of theirs, the last or one that comes later; by their own addresses. */
START_TEST(a_filter_finds_connections)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/mixed.pcap", 100);
    assert_connections("\\close.code == 4321<Enter>", NULL, 0);
    viewer.source.packets = 0;
    dissector_destroy(dissector);
    store_clear(store);
    dissector = make_dissector();
    viewer_restart(&viewer);
    read_capture("captures/mixed.pcap", 0);
    assert_connections("", (uint64_t[]){ 11 }, 1);
    assert_connections("\\<^U>opcode == ping<Enter>", (uint64_t[]){ 6, 9, 10 }, 3);
    assert_connections("\\<^U>conn in {2, 6}<Enter>", (uint64_t[]){ 2, 6 }, 2);
    assert_connections("\\<^U>severity == must<Enter>", (uint64_t[]){ 4 }, 1);
    assert_connections("\\<^U><Enter>", (uint64_t[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, 11);
    close_store();
}
END_TEST

/* The picture without its last two rows. */
static char *dump_of_screen(void)
{
    char *text = dump(), *end = text;

    for (int y = 0; y < canvas.height - 2; y++) {
        end = strchr(end, '\n') + 1;
    }
    *end = '\0';
    return text;
}

START_TEST(a_held_screen_stands_still)
{
    static const char *const keys[] = { "", "jjj<Enter>", "5", "6", "7" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        open_store();
        set_size(80, 24);
        viewer.source.live = true;
        read_capture("captures/demo.pcapng", 60);
        viewer_draw(&viewer, &canvas);
        press_all(keys[i]);
        press('p');
        viewer_draw(&viewer, &canvas);
        char *before = dump_of_screen();

        read_capture("captures/demo.pcapng", 0);
        viewer_work(&viewer);
        viewer_draw(&viewer, &canvas);
        char *held = dump_of_screen(), *bars = dump();

        ck_assert_str_eq(before, held);
        ck_assert_ptr_nonnull(strstr(bars, "PAUSED \xc2\xb7 120 packets"));
        press('p');
        viewer_draw(&viewer, &canvas);
        char *after = dump_of_screen();

        ck_assert(i > 0 || strcmp(after, before) != 0);
        free(before);
        free(held);
        free(bars);
        free(after);
        close_store();
    }
}
END_TEST

/* What was dropped is never hidden, nor written over. */
START_TEST(drops_and_the_filter_share_the_status_line)
{
    open_store();
    set_size(70, 24);
    read_capture("captures/demo.pcapng", 0);
    viewer.source = (struct viewer_source){ .name = "lo", .live = true, .packets = 120, .dropped_kernel = 7 };
    press_all("\\text contains \"something long\"<Enter>");
    viewer_draw(&viewer, &canvas);
    char *shown = dump();

    ck_assert_msg(strstr(shown, "filter: text conta\xe2\x80\xa6 7 dropped\n"), "%s", shown);
    free(shown);
    close_store();
}
END_TEST

/* Lists on other screens hold the filter too: they begin anew before it goes. */
START_TEST(a_new_filter_reaches_every_list)
{
    open_store();
    set_size(80, 24);
    read_capture("captures/demo.pcapng", 60);
    viewer_draw(&viewer, &canvas);
    press_all("jjj\\fin<Enter>561\\<^U>conn == 99<Enter>");
    viewer.source.packets = 0;
    read_capture("captures/demo.pcapng", 0);
    for (int i = 0; i < 6; i++) {
        press(KEYS_ESCAPE);
        viewer_draw(&viewer, &canvas);
    }
    ck_assert_uint_eq(viewer.ladder.listing.count + viewer.findings.listing.count, 0);
    close_store();
}
END_TEST

/* Where only the open screen's tab is shown, there is no other to click on. */
START_TEST(a_click_finds_the_tab_that_is_shown)
{
    open_store();
    read_capture("captures/demo.pcapng", 0);
    for (int width = 40; width <= 80; width += 40) {
        set_size(width, 24);
        press('7');
        viewer_key(&viewer, (struct key){ .code = KEYS_CLICK, .x = 4, .y = VIEWER_TABS_ROW });
        ck_assert_int_eq(viewer.screen, width == 40 ? SCREEN_TOTALS : SCREEN_CONNECTIONS);
    }
    close_store();
}
END_TEST

/* faults 71: whatever the wire holds, a cell is one printable character. */
static void assert_cells_are_clean(void)
{
    for (int i = 0; i < canvas.width * canvas.height; i++) {
        const unsigned char *text = (const unsigned char *)canvas.cells[i].text;

        ck_assert(text[0] == '\0' || text[0] >= ' ');
        ck_assert(text[0] != 0x7F);
        ck_assert(!(text[0] == 0xC2 && text[1] < 0xA0));                            /* C1 */
        ck_assert(!(text[0] == 0xE2 && text[1] == 0x80 && text[2] >= 0xAA && text[2] <= 0xAE));     /* bidi */
        ck_assert(!(text[0] == 0xE2 && text[1] == 0x81 && text[2] >= 0xA6 && text[2] <= 0xA9));
        ck_assert_uint_lt(strlen((const char *)text), CELL_TEXT_MAX);
    }
}

/* faults 71: text that would steer a terminal, in every place that the wire can put text. */
START_TEST(hostile_text_stays_text)
{
    static const char hostile[] =
        "\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b" "c\x9b" "31m\xc2\x9b" "31m\r\x08\x7f"
        "\xe2\x80\xae" "abc\xe2\x81\xa6\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81";
    char head[400];
    struct http_head request;
    struct connection connection = { .id = 1, .protocol = PROTOCOL_WEBSOCKET };
    struct handshake handshake;
    struct message message = { .opcode = FRAME_TEXT, .frames = 1, .complete = true, .number = 1,
                               .length = sizeof hostile, .payload = bytes_of(hostile, sizeof hostile - 1) };
    struct event event = { .kind = EVENT_MESSAGE, .connection = &connection, .time = 1, .packet = 1,
                           .message.message = &message };
    struct event opened = { .kind = EVENT_HANDSHAKE, .connection = &connection, .time = 1, .packet = 1,
                            .handshake = &handshake };
    static const char *const keys[] = { "", "<Enter>", "j<Enter>", "vv", "v", "<Esc>4", "5", "6", "1\\",
                                      "<Esc>2mjdvvv" };

    open_store();
    snprintf(head, sizeof head, "GET /%s HTTP/1.1\r\nHost: %s\r\nSec-WebSocket-Key: %s\r\n\r\n",
             "\xe2\x80\xae\xc2\x9b", "\x1b[31mhost\xff", "\x07\x1b]0;x\x07");
    http_parse_head(bytes_of_text(head), true, &request);
    handshake_judge(&request, NULL, &handshake);
    store_event(store, &opened);
    store_event(store, &event);
    viewer.source.name = hostile;
    for (int width = 1; width < 130; width += 13) {
        set_size(width, 30);
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            press_all(keys[i]);
            viewer_draw(&viewer, &canvas);
            assert_cells_are_clean();
        }
        press(KEYS_ESCAPE);
        press('1');
    }
    close_store();
}
END_TEST

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t most)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % most;
}

static struct key random_key(void)
{
    static const char often[] = "jkjkjk\\/1234567qqnNfcvpFaswWmMdOxgG Rr.+-[]@iE\x1b";
    int code;

    switch (random_below(4)) {
    case 0:
        code = KEYS_UP + (int)random_below(KEYS_WHEEL_DOWN - KEYS_UP + 1);
        break;
    case 1:
        code = KEYS_ENTER;
        break;
    case 2:
        code = often[random_below(sizeof often - 1)];
        break;
    default:
        code = (int)random_below(0x500);
        break;
    }
    return (struct key){ .code = code, .x = (int)random_below(130), .y = (int)random_below(45) };
}

/* faults 73, 76: any keys, at any size, while packets come and old ones go. */
START_TEST(random_keys_at_random_sizes)
{
    static const char *const captures[] = {
        "captures/demo.pcapng", "captures/endings.pcap", "captures/loss-at-client.pcap",
        "captures/mixed.pcap",
    };

    random_state = (uint32_t)_i + 1;
    open_store();
    for (int i = 0; i < 2500; i++) {
        if (i % 250 == 0) {
            viewer.source.packets = 0;
            read_capture(captures[random_below(4)], 0);
        }
        if (random_below(20) == 0) {
            set_size(1 + (int)random_below(random_below(10) ? 130 : 500), 1 + (int)random_below(60));
        }
        if (random_below(30) == 0) {
            static const char *const lines[] = {
                "\\<^U>fin<Enter>", "\\<^U>masked or kind == message<Enter>", "/a<Enter>", "/(x*)*y/<Enter>",
            };

            press_all(lines[random_below(4)]);
        }
        viewer_key(&viewer, random_key());
        viewer.request = REQUEST_NONE;
        if (viewer.replay.restart) {
            play(captures[random_below(4)], 0);
        }
        viewer_work(&viewer);
        viewer_draw(&viewer, &canvas);
        ck_assert(canvas.cursor_x >= 0 && canvas.cursor_y >= 0);
    }
    close_store();
}
END_TEST

/* The cursor of a prompt stands where the next character goes, however wide those before it are. */
START_TEST(the_prompt_counts_columns)
{
    static const int text[] = { '\\', 0x4F60, 'a', 0xE9, KEYS_LEFT };

    open_store();
    set_size(40, 10);
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        press(text[i]);
    }
    viewer_draw(&viewer, &canvas);
    ck_assert_int_eq(canvas.cursor_x, 8 + 2 + 1);
    ck_assert_int_eq(canvas.cursor_y, 9);
    for (int i = 0; i < 100; i++) {
        press(0x4F60);
        viewer_draw(&viewer, &canvas);
        ck_assert_int_lt(canvas.cursor_x, 40);
        ck_assert_ptr_null(strstr(canvas_cell(&canvas, 8, 9)->text, "\\"));
    }
    close_store();
}
END_TEST

static const char *row_text(int y)
{
    static char text[1000];

    text[0] = '\0';
    for (int x = 0; x < canvas.width; x++) {
        strcat(text, canvas_cell(&canvas, x, y)->text);
    }
    return text;
}

/* Rows are filled by columns, not by bytes; what does not fit on the last is said to go on. */
START_TEST(paragraphs_are_measured_in_columns)
{
    open_store();
    set_size(8, 3);
    ck_assert_int_eq(canvas_paragraph(&canvas, 0, 0, 8, 3, STYLE_PLAIN, "ab 你好世界"), 2);
    ck_assert_str_eq(row_text(0), "ab      ");
    ck_assert_str_eq(row_text(1), "你好世界");
    ck_assert_int_eq(canvas_paragraph(&canvas, 0, 0, 8, 2, STYLE_PLAIN, "one two three four"), 2);
    ck_assert_str_eq(row_text(0), "one two ");
    ck_assert_str_eq(row_text(1), "three f…");
    close_store();
}
END_TEST

/* Some terminals draw a joined family in two columns and others in eight: nothing is joined. */
START_TEST(emoji_are_as_wide_as_they_are_counted)
{
    open_store();
    set_size(8, 1);
    canvas_text(&canvas, 0, 0, 8, STYLE_PLAIN, "👩\xe2\x80\x8d👧 ❤\xef\xb8\x8f e\xcc\x81");
    ck_assert_str_eq(row_text(0), "👩👧 ❤ e\xcc\x81");
    close_store();
}
END_TEST

/* Every key of the table is in help, and no key means two things on one screen. */
START_TEST(the_table_of_keys_is_sound)
{
    size_t count;
    const struct key_row *rows = keys_table(&count);

    for (size_t i = 0; i < count; i++) {
        ck_assert(rows[i].help && rows[i].keys && rows[i].codes[0] != 0 && rows[i].screens != 0);
        for (size_t k = 0; k < KEYS_PER_ROW && rows[i].codes[k]; k++) {
            for (enum screen screen = SCREEN_CONNECTIONS; screen < SCREENS; screen++) {
                if (rows[i].screens & SCREEN_BIT(screen)) {
                    ck_assert_msg(keys_action(screen, rows[i].codes[k]) == rows[i].action, "%s on %s",
                                  rows[i].keys, keys_screen_name(screen));
                }
            }
            if (rows[i].screens & KEYS_REPLAY) {
                ck_assert_msg(keys_replay_action(rows[i].codes[k]) == rows[i].action, "%s", rows[i].keys);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("view");
    TCase *golden = tcase_create("golden screens");
    TCase *behaviour = tcase_create("behaviour");
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(golden, 30);
    tcase_add_loop_test(golden, screens_are_as_they_were_read_and_found_good, 0,
                        (int)(sizeof screens / sizeof screens[0]));
    tcase_add_test(golden, a_replay_shows_what_was_known_then);
    tcase_add_test(golden, interfaces_can_be_chosen_from);
    tcase_add_test(golden, ascii_screens_are_ascii);
    tcase_set_timeout(behaviour, 120);
    tcase_add_test(behaviour, arrivals_do_not_move_the_selection);
    tcase_add_test(behaviour, the_chosen_interface_is_the_one_selected);
    tcase_add_test(behaviour, a_replay_goes_where_it_is_told);
    tcase_add_test(behaviour, a_replay_begins_at_what_is_selected);
    tcase_add_test(behaviour, a_click_on_the_bar_jumps);
    tcase_add_test(behaviour, what_comes_once_is_not_replayed);
    tcase_add_test(behaviour, a_live_ladder_follows);
    tcase_add_test(behaviour, screens_are_about_what_is_selected);
    tcase_add_test(behaviour, lists_of_a_whole_begin_at_its_beginning);
    tcase_add_test(behaviour, clicks_select_and_open);
    tcase_add_test(behaviour, rows_are_sorted_by_what_they_show);
    tcase_add_test(behaviour, a_search_finds_what_is_shown);
    tcase_add_test(behaviour, a_prompt_remembers_its_own);
    tcase_add_test(behaviour, what_is_hidden_does_not_move_the_selection_far);
    tcase_add_test(behaviour, findings_are_counted_by_rule_and_side);
    tcase_add_test(behaviour, pages_end_at_their_last_row);
    tcase_add_test(behaviour, a_filter_finds_connections);
    tcase_add_test(behaviour, a_held_screen_stands_still);
    tcase_add_test(behaviour, drops_and_the_filter_share_the_status_line);
    tcase_add_test(behaviour, a_new_filter_reaches_every_list);
    tcase_add_test(behaviour, a_click_finds_the_tab_that_is_shown);
    tcase_add_test(behaviour, hostile_text_stays_text);
    tcase_add_loop_test(behaviour, random_keys_at_random_sizes, 0, 4);
    tcase_add_test(behaviour, the_prompt_counts_columns);
    tcase_add_test(behaviour, paragraphs_are_measured_in_columns);
    tcase_add_test(behaviour, emoji_are_as_wide_as_they_are_counted);
    tcase_add_test(behaviour, the_table_of_keys_is_sound);
    suite_add_tcase(suite, golden);
    suite_add_tcase(suite, behaviour);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
