/* SPDX-License-Identifier: MIT */
#include "findings.h"

#include <inttypes.h>

void findings_count(struct findings *findings, const struct event *event)
{
    for (uint64_t left = event->faults; left != 0; left &= left - 1) {
        /* a cut frame breaks a frame's rules */
        findings->counts[event->kind == EVENT_CUT ? EVENT_FRAME : event->kind][__builtin_ctzll(left)]++;
    }
}

/* Walks the rules that were broken; *kind and *row are 0 at the first call. NULL when there are no more. */
static const struct rule *next_broken(const struct findings *findings, unsigned *kind, size_t *row,
                                      uint64_t *count)
{
    for (; *kind < EVENT_KINDS; ++*kind, *row = 0) {
        size_t rows;
        const struct rule *rules = rules_of((enum event_kind)*kind, &rows);

        while (*row < rows && *row < FINDINGS_BITS) {
            size_t at = (*row)++;

            if (findings->counts[*kind][at] > 0) {
                *count = findings->counts[*kind][at];
                return &rules[at];
            }
        }
    }
    return NULL;
}

uint64_t findings_of_severity(const struct findings *findings, enum rule_severity severity)
{
    const struct rule *rule;
    unsigned kind = 0;
    size_t row = 0;
    uint64_t count, sum = 0;

    while ((rule = next_broken(findings, &kind, &row, &count)) != NULL) {
        sum += rule->severity == severity ? count : 0;
    }
    return sum;
}

static void lines_of_severity(const struct findings *findings, struct output *output,
                              enum rule_severity severity)
{
    const struct rule *rule;
    unsigned kind = 0;
    size_t row = 0;
    uint64_t count;

    while ((rule = next_broken(findings, &kind, &row, &count)) != NULL) {
        if (rule->severity == severity) {
            output_format(output, "%8" PRIu64 "  %-6s  %-36s  %s\n", count, rules_severity_name(severity),
                          rule->id, rule->section);
        }
    }
}

void findings_text(const struct findings *findings, struct output *output)
{
    lines_of_severity(findings, output, RULE_MUST);
    lines_of_severity(findings, output, RULE_SHOULD);
    lines_of_severity(findings, output, RULE_NOTE);
}

void findings_json(const struct findings *findings, struct object *object, const char *name)
{
    const struct rule *rule;
    unsigned kind = 0;
    size_t row = 0;
    uint64_t count;

    object_open(object, name);
    while ((rule = next_broken(findings, &kind, &row, &count)) != NULL) {
        object_number(object, rule->id, count);
    }
    object_close(object);
}
