/* SPDX-License-Identifier: MIT */
#include "packet_filter.h"

#include "capture.h"
#include "core/link.h"

#include <pcap/pcap.h>
#include <stdlib.h>

#define PROGRAMS_MAX 24         /* link types, those that we read and others in the same file */
#define EXPRESSION_MAX 65536

struct program {
    uint32_t link_type;
    struct bpf_program code;    /* empty where the expression means nothing for the link type */
};

struct packet_filter {
    char *expression;
    struct program programs[PROGRAMS_MAX];
    size_t count;
};

int packet_filter_datalink(uint32_t link_type)
{
    return link_type == LINK_RAW ? DLT_RAW : (int)link_type;
}

static void free_programs(struct packet_filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        pcap_freecode(&filter->programs[i].code);
    }
}

void packet_filter_close(struct packet_filter *filter)
{
    if (filter == NULL) {
        return;
    }
    free_programs(filter);
    free(filter->expression);
    free(filter);
}

static struct program *find_program(struct packet_filter *filter, uint32_t link_type)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->programs[i].link_type == link_type) {
            return &filter->programs[i];
        }
    }
    return NULL;
}

/* A program that compiles to nothing is kept too, so that it is tried once. */
static bool compile(struct packet_filter *filter, struct program *program, struct error *error)
{
    pcap_t *dead = pcap_open_dead(packet_filter_datalink(program->link_type), CAPTURE_PACKET_MAX);

    if (dead == NULL) {
        error_set(error, "filter: no memory");
        return false;
    }
    bool compiled = pcap_compile(dead, &program->code, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!compiled) {
        error_set(error, "filter \"%.200s\": %.200s; see man pcap-filter", filter->expression,
                  pcap_geterr(dead));
        program->code = (struct bpf_program){ .bf_len = 0 };
    }
    pcap_close(dead);
    return compiled;
}

bool packet_filter_compile(struct packet_filter *filter, uint32_t link_type, struct error *error)
{
    struct program *program = find_program(filter, link_type);

    if (program != NULL) {
        error_set(error, "filter \"%.200s\" means nothing for packets of link type %s; see man pcap-filter",
                  filter->expression, capture_link_name(link_type));
        return program->code.bf_len > 0;
    }
    if (filter->count == PROGRAMS_MAX) {
        error_set(error, "filter: more than %d link types in one file", PROGRAMS_MAX);
        return false;
    }
    program = &filter->programs[filter->count++];
    program->link_type = link_type;
    return compile(filter, program, error);
}

/* The error that is told is Ethernet's. */
static bool compile_for_all(struct packet_filter *filter, struct error *error)
{
    static const uint32_t others[] = {
        LINK_RAW, LINK_LINUX_SLL, LINK_LINUX_SLL2, LINK_NULL, LINK_LOOP, LINK_PPP, LINK_PPP_ETHER,
        LINK_RAW_BSD, LINK_RAW_OPENBSD, LINK_IPV4, LINK_IPV6,
    };
    struct error later;

    if (strlen(filter->expression) > EXPRESSION_MAX) {
        error_set(error, "filter: longer than 64 KiB");
        return false;
    }
    bool any = packet_filter_compile(filter, LINK_ETHERNET, error);

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        any = packet_filter_compile(filter, others[i], &later) || any;
    }
    return any;
}

bool packet_filter_check(const char *expression, struct error *error)
{
    struct packet_filter filter = { .expression = (char *)expression };
    bool right = compile_for_all(&filter, error);

    free_programs(&filter);
    return right;
}

struct packet_filter *packet_filter_open(const char *expression, struct error *error)
{
    struct packet_filter *filter = calloc(1, sizeof *filter);
    char *copy = strdup(expression);

    if (filter == NULL || copy == NULL) {
        error_set(error, "filter: no memory");
        free(filter);
        free(copy);
        return NULL;
    }
    filter->expression = copy;
    if (!compile_for_all(filter, error)) {
        packet_filter_close(filter);
        return NULL;
    }
    return filter;
}

bool packet_filter_accepts(struct packet_filter *filter, const struct packet *packet, bool *accepted,
                           struct error *error)
{
    struct program *program = find_program(filter, packet->link_type);
    struct pcap_pkthdr header = {
        .caplen = (bpf_u_int32)packet->captured.length,
        .len = packet->wire_length,
    };

    if (program == NULL) {
        packet_filter_compile(filter, packet->link_type, error);
        program = find_program(filter, packet->link_type);
    }
    if (program == NULL) {
        return false;
    }
    *accepted = program->code.bf_len > 0 &&
                pcap_offline_filter(&program->code, &header, packet->captured.data) != 0;
    return true;
}
