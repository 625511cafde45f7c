/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (16 << 20)  /* a fifth of a second of 50,000 full packets, without the processor */
#define TIMEOUT_MS 50           /* how long the kernel may gather packets: below what a person notices */

struct live {
    pcap_t *pcap;
    int index;                  /* of the interface; 0: all of them */
    uint32_t link_type;
    struct pcap_stat last;      /* libpcap counts in 32 bits, which wrap */
    struct capture_counts counts;
    bool ending;                /* the interface is gone: only what it had brought is left */
    struct error reason;
};

/* --- what to do when it cannot be opened ---------------------------------------------------------------- */

static void explain_permission(struct error *error, const char *interface)
{
    char program[256];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    program[length > 0 ? length : 0] = '\0';
    error_set(error,
              "%.32s: no permission to capture; allow it once with: sudo setcap cap_net_raw=ep %s - or watch "
              "one program without root: ws101 run -- COMMAND - more: ws101 doctor",
              interface, program);
}

static void explain_interface(struct error *error, const char *interface)
{
    char names[300] = "any";
    size_t used = strlen(names);
    struct if_nameindex *list = if_nameindex();

    for (struct if_nameindex *at = list; at != NULL && at->if_name != NULL; at++) {
        if (used + IF_NAMESIZE + 2 > sizeof names) {
            break;
        }
        used += (size_t)snprintf(names + used, sizeof names - used, ", %s", at->if_name);
    }
    if (list != NULL) {
        if_freenameindex(list);
    }
    error_set(error, "%.100s: no such interface; there are: %s", interface, names);
}

static void explain(struct error *error, pcap_t *pcap, int status, const char *interface)
{
    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        explain_permission(error, interface);
        break;
    case PCAP_ERROR_NO_SUCH_DEVICE:
        explain_interface(error, interface);
        break;
    case PCAP_ERROR_IFACE_NOT_UP:
        error_set(error, "%.100s: the interface is down; bring it up with: sudo ip link set dev %.100s up",
                  interface, interface);
        break;
    default:
        error_set(error, "%.100s: %s", interface,
                  status == PCAP_ERROR ? pcap_geterr(pcap) : pcap_statustostr(status));
    }
}

/* --- opening -------------------------------------------------------------------------------------------- */

static bool activate(pcap_t *pcap, const struct capture_options *options, struct error *error)
{
    char reason[PCAP_ERRBUF_SIZE];

    pcap_set_snaplen(pcap, options->snap_length ? (int)options->snap_length : (int)CAPTURE_PACKET_MAX);
    pcap_set_promisc(pcap, options->promiscuous);
    pcap_set_timeout(pcap, TIMEOUT_MS);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    pcap_set_buffer_size(pcap, options->buffer_size > 0 ? (int)options->buffer_size : BUFFER_SIZE);
    int status = pcap_activate(pcap);
    if (status < 0) {
        explain(error, pcap, status, options->interface);
        return false;
    }
    if (pcap_setnonblock(pcap, 1, reason) != 0) {
        error_set(error, "%.100s: %s", options->interface, reason);
        return false;
    }
    return true;
}

static bool set_filter(pcap_t *pcap, const char *expression, struct error *error)
{
    struct bpf_program program;

    if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        error_set(error, "filter \"%.200s\": %.200s; see man pcap-filter", expression, pcap_geterr(pcap));
        return false;
    }
    bool set = pcap_setfilter(pcap, &program) == 0;
    if (!set) {
        error_set(error, "filter \"%.200s\": %.200s", expression, pcap_geterr(pcap));
    }
    pcap_freecode(&program);
    return set;
}

struct live *live_open(const struct capture_options *options, struct error *error)
{
    char reason[PCAP_ERRBUF_SIZE] = "no memory";
    struct live *live = calloc(1, sizeof *live);
    pcap_t *pcap = live != NULL ? pcap_create(options->interface, reason) : NULL;

    if (pcap == NULL) {
        error_set(error, "%.100s: %s", options->interface, reason);
        free(live);
        return NULL;
    }
    live->pcap = pcap;
    if (!activate(pcap, options, error) ||
        (options->filter != NULL && !set_filter(pcap, options->filter, error))) {
        live_close(live);
        return NULL;
    }
    live->link_type = (uint32_t)pcap_datalink(pcap);
    live->index = (int)if_nametoindex(options->interface);
    return live;
}

void live_close(struct live *live)
{
    if (live != NULL) {
        pcap_close(live->pcap);
        free(live);
    }
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* libpcap goes on waiting for an interface that went down, and may never hear of it again. Asked by its
 * index: renaming it changes nothing. */
static bool is_up(const struct live *live)
{
    struct ifreq request = { .ifr_ifindex = live->index };
    int descriptor = pcap_fileno(live->pcap);

    return live->index == 0 || (ioctl(descriptor, SIOCGIFNAME, &request) == 0 &&
                                ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 &&
                                (request.ifr_flags & IFF_UP) != 0);
}

/* Packets from before its end are in the ring still; the last block of them comes out when its time is up. */
static int begin_ending(struct live *live, int status, struct pcap_pkthdr **header, const u_char **bytes)
{
    error_set(&live->reason, "the capture ended: %s",
              status == 0 ? "the interface went down or away" : pcap_geterr(live->pcap));
    live->ending = true;
    nanosleep(&(struct timespec){ .tv_nsec = 2 * TIMEOUT_MS * 1000000L }, NULL);
    return pcap_next_ex(live->pcap, header, bytes);
}

enum capture_result live_next(struct live *live, struct packet *packet, struct error *error)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int status = pcap_next_ex(live->pcap, &header, &bytes);

    if (status == 0 && !live->ending && is_up(live)) {
        return CAPTURE_NOTHING;
    }
    if (status <= 0 && !live->ending) {
        status = begin_ending(live, status, &header, &bytes);
    }
    if (status <= 0) {
        *error = live->reason;
        return CAPTURE_FAILED;
    }
    packet->time = header->ts.tv_sec * INT64_C(1000000000) + header->ts.tv_usec;   /* nanoseconds: activate */
    packet->link_type = live->link_type;
    packet->wire_length = header->len;
    packet->captured = bytes_of(bytes, header->caplen);
    return CAPTURE_PACKET;
}

int live_descriptor(const struct live *live)
{
    return pcap_get_selectable_fd(live->pcap);
}

uint32_t live_link_type(const struct live *live)
{
    return live->link_type;
}

struct capture_counts live_counts(struct live *live)
{
    struct pcap_stat now;

    if (pcap_stats(live->pcap, &now) == 0) {
        live->counts.dropped_kernel += (uint32_t)(now.ps_drop - live->last.ps_drop);
        live->counts.dropped_interface += (uint32_t)(now.ps_ifdrop - live->last.ps_ifdrop);
        live->last = now;
    }
    return live->counts;
}
