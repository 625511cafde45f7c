/* SPDX-License-Identifier: MIT */
#include "packet_filter.h"

#include "capture.h"

#include <pcap/pcap.h>
#include <stdlib.h>

#define PROGRAMS_MAX 8          /* link types in one file */
#define LINKTYPE_RAW 101
#define EXPRESSION_MAX 65536

struct program {
    uint32_t link_type;
    struct bpf_program code;
};

struct packet_filter {
    char *expression;
    struct program programs[PROGRAMS_MAX];
    size_t count;
};

int packet_filter_datalink(uint32_t link_type)
{
    return link_type == LINKTYPE_RAW ? DLT_RAW : (int)link_type;
}

struct packet_filter *packet_filter_open(const char *expression, struct error *error)
{
    struct packet_filter *filter = calloc(1, sizeof *filter);
    char *copy = strdup(expression);

    if (filter == NULL || copy == NULL || strlen(expression) > EXPRESSION_MAX) {
        error_set(error, "filter: %s", copy == NULL || filter == NULL ? "no memory" : "longer than 64 KiB");
        free(filter);
        free(copy);
        return NULL;
    }
    filter->expression = copy;
    return filter;
}

void packet_filter_close(struct packet_filter *filter)
{
    if (filter == NULL) {
        return;
    }
    for (size_t i = 0; i < filter->count; i++) {
        pcap_freecode(&filter->programs[i].code);
    }
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

static struct program *compile(struct packet_filter *filter, uint32_t link_type, struct error *error)
{
    struct program *program = &filter->programs[filter->count];

    if (filter->count == PROGRAMS_MAX) {
        error_set(error, "filter: more than %d link types in one file", PROGRAMS_MAX);
        return NULL;
    }
    pcap_t *dead = pcap_open_dead(packet_filter_datalink(link_type), CAPTURE_PACKET_MAX);
    if (dead == NULL) {
        error_set(error, "filter: no memory");
        return NULL;
    }
    if (pcap_compile(dead, &program->code, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        program->link_type = link_type;
        filter->count++;
    } else {
        error_set(error, "filter \"%.200s\": %.200s; see man pcap-filter", filter->expression,
                  pcap_geterr(dead));
        program = NULL;
    }
    pcap_close(dead);
    return program;
}

static struct program *find_or_compile(struct packet_filter *filter, uint32_t link_type, struct error *error)
{
    struct program *program = find_program(filter, link_type);

    return program != NULL ? program : compile(filter, link_type, error);
}

bool packet_filter_compile(struct packet_filter *filter, uint32_t link_type, struct error *error)
{
    return find_or_compile(filter, link_type, error) != NULL;
}

bool packet_filter_accepts(struct packet_filter *filter, const struct packet *packet, bool *accepted,
                           struct error *error)
{
    struct program *program = find_or_compile(filter, packet->link_type, error);
    struct pcap_pkthdr header = {
        .caplen = (bpf_u_int32)packet->captured.length,
        .len = packet->wire_length,
    };

    if (program == NULL) {
        return false;
    }
    *accepted = pcap_offline_filter(&program->code, &header, packet->captured.data) != 0;
    return true;
}
