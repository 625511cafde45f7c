/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"
#include "capture/interfaces.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Each test has a network namespace of its own, and in it nothing but its loopback interface: no packet can
 * leave it. Check runs every test in a process of its own, so the namespace ends with it. */

static void write_text(const char *file, const char *text)
{
    int descriptor = open(file, O_WRONLY);

    if (descriptor >= 0) {
        ck_assert_int_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
        close(descriptor);
    }
}

static void set_loopback(bool up)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0 };
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(ioctl(descriptor, SIOCSIFFLAGS, &request), 0);
    close(descriptor);
}

/* As root, or as anybody where the kernel lets users have namespaces; elsewhere there is nothing to test. */
static bool enter_namespace(void)
{
    char map[40];

    snprintf(map, sizeof map, "0 %u 1", getuid());
    if (unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        fprintf(stderr, "no network namespaces here: live capture is not tested\n");
        return false;
    }
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", map);
    return true;
}

static void send_datagrams(int count, uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);

    for (int i = 0; i < count; i++) {
        sendto(descriptor, "hello", 5, 0, (struct sockaddr *)&to, sizeof to);   /* ECONNREFUSED is fine */
    }
    close(descriptor);
}

static struct capture *open_live(const char *interface, const char *filter, struct error *error)
{
    struct capture_options options = { .interface = interface, .filter = filter, .buffer_size = 1 << 20 };

    error->text[0] = '\0';
    return capture_open(&options, error);
}

/* Packets until that many have come, or the capture ends, or three seconds have passed. */
static int count_packets(struct capture *capture, int wanted, enum capture_result *result,
                         struct error *error)
{
    time_t end = time(NULL) + 3;
    struct packet packet;
    uint64_t number = 0;
    int count = 0;

    while (count < wanted && time(NULL) <= end) {
        *result = capture_next(capture, &packet, error);
        if (*result == CAPTURE_NOTHING) {
            capture_wait(capture, 200);
        } else if (*result != CAPTURE_PACKET) {
            break;
        } else {
            ck_assert(count == 0 || packet.number == number + 1);
            number = packet.number;
            count++;
            ck_assert_uint_eq(packet.link_type, 1);
            ck_assert_int_lt(llabs(packet.time / 1000000000 - time(NULL)), 10);
        }
    }
    return count;
}

START_TEST(packets_of_loopback_are_captured)
{
    struct error error;
    enum capture_result result;

    if (!enter_namespace()) {
        return;
    }
    set_loopback(true);
    struct capture *capture = open_live("lo", "udp port 8101", &error);
    ck_assert_msg(capture != NULL, "%s", error.text);
    ck_assert(capture_is_live(capture));
    ck_assert_int_ge(capture_descriptor(capture), 0);
    send_datagrams(5, 9999);
    send_datagrams(5, 8101);
    ck_assert_int_eq(count_packets(capture, 5, &result, &error), 5);
    ck_assert_uint_eq(capture_counts(capture).dropped_kernel, 0);
    capture_break(capture);
    ck_assert_int_eq(count_packets(capture, 1, &result, &error), 0);
    ck_assert_int_eq(result, CAPTURE_END);
    capture_close(capture);
}
END_TEST

START_TEST(what_the_kernel_drops_is_counted)        /* fault 84 */
{
    struct error error;
    struct capture_options options = { .interface = "lo", .buffer_size = 1 };

    if (!enter_namespace()) {
        return;
    }
    set_loopback(true);
    struct capture *capture = capture_open(&options, &error);
    ck_assert_msg(capture != NULL, "%s", error.text);
    send_datagrams(20000, 8101);
    ck_assert_uint_gt(capture_counts(capture).dropped_kernel, 0);
    uint64_t before = capture_counts(capture).dropped_kernel;
    ck_assert_uint_ge(capture_counts(capture).dropped_kernel, before);
    capture_close(capture);
}
END_TEST

START_TEST(an_interface_that_goes_down_is_reported)     /* fault 83 */
{
    struct error error;
    enum capture_result result = CAPTURE_NOTHING;

    if (!enter_namespace()) {
        return;
    }
    set_loopback(true);
    struct capture *capture = open_live("lo", NULL, &error);
    ck_assert_msg(capture != NULL, "%s", error.text);
    send_datagrams(1, 8101);
    ck_assert_int_gt(count_packets(capture, 1, &result, &error), 0);
    set_loopback(false);
    count_packets(capture, 1000, &result, &error);
    ck_assert_msg(result == CAPTURE_FAILED, "%d", result);
    ck_assert_msg(strstr(error.text, "lo: the capture ended: ") == error.text, "%s", error.text);
    capture_close(capture);
}
END_TEST

START_TEST(interfaces_are_listed)
{
    struct interface list[INTERFACES_MAX];
    struct error error;
    bool seen = false;

    if (!enter_namespace()) {
        return;
    }
    set_loopback(true);
    size_t count = interfaces_list(list, &error);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].name, "lo") == 0) {
            ck_assert(list[i].up && list[i].loopback);
            ck_assert_ptr_nonnull(strstr(list[i].addresses, "127.0.0.1"));
            seen = true;
        }
    }
    ck_assert(seen);
    set_loopback(false);
    count = interfaces_list(list, &error);
    for (size_t i = 0; i < count; i++) {
        ck_assert(strcmp(list[i].name, "lo") != 0 || !list[i].up);
    }
}
END_TEST

START_TEST(an_interface_that_is_not_there_is_answered_with_those_that_are)
{
    struct error error;

    if (!enter_namespace()) {
        return;
    }
    ck_assert_ptr_null(open_live("no\x1bsuch0", NULL, &error));
    ck_assert_msg(strstr(error.text, "no\\x1Bsuch0: no such interface; there are: any, lo") != NULL, "%s",
                  error.text);
}
END_TEST

START_TEST(a_wrong_filter_is_refused_before_packets_come)     /* fault 87 */
{
    struct error error;

    if (!enter_namespace()) {
        return;
    }
    set_loopback(true);
    ck_assert_ptr_null(open_live("lo", "tpc port 80", &error));
    ck_assert_msg(strstr(error.text, "filter \"tpc port 80\"") != NULL, "%s", error.text);
}
END_TEST

START_TEST(without_the_right_to_capture_the_message_says_what_to_do)  /* fault 80 */
{
    struct error error;

    if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return;
    }
    ck_assert_ptr_null(open_live("lo", NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "sudo setcap cap_net_raw=ep /"));
    ck_assert_ptr_nonnull(strstr(error.text, "ws101 run -- COMMAND"));
    ck_assert_ptr_nonnull(strstr(error.text, "ws101 doctor"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live");
    TCase *live = tcase_create("on loopback");
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(live, 20);
    tcase_add_test(live, packets_of_loopback_are_captured);
    tcase_add_test(live, what_the_kernel_drops_is_counted);
    tcase_add_test(live, an_interface_that_goes_down_is_reported);
    tcase_add_test(live, interfaces_are_listed);
    tcase_add_test(live, an_interface_that_is_not_there_is_answered_with_those_that_are);
    tcase_add_test(live, a_wrong_filter_is_refused_before_packets_come);
    tcase_add_test(live, without_the_right_to_capture_the_message_says_what_to_do);
    suite_add_tcase(suite, live);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
