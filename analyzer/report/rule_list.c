/* SPDX-License-Identifier: MIT */
#include "rule_list.h"

#include "core/rules.h"
#include "object.h"

/* The rules of frames are those of cut frames as well: they are listed once. */
static const struct rule *rules_listed(unsigned kind, size_t *count)
{
    const struct rule *rules = rules_of((enum event_kind)kind, count);

    *count = kind == EVENT_CUT ? 0 : *count;
    return rules;
}

static void rule_text(struct output *output, const struct rule *rule)
{
    output_format(output, "%-36s  %-6s  %-7s  %s\n", rule->id, rules_severity_name(rule->severity),
                  rules_side_name(rule->side), rule->section);
    output_format(output, "    %s\n    %s\n", rule->text, rule->instead);
}

void rule_list_text(struct output *output)
{
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        size_t count;
        const struct rule *rules = rules_listed(kind, &count);

        for (size_t i = 0; i < count; i++) {
            rule_text(output, &rules[i]);
        }
    }
}

static void rule_json(struct object *object, enum event_kind kind, const struct rule *rule)
{
    object_open(object, NULL);
    object_text(object, "rule", rule->id);
    object_text(object, "of", event_kind_name(kind));
    object_text(object, "severity", rules_severity_name(rule->severity));
    object_text(object, "side", rules_side_name(rule->side));
    object_text(object, "section", rule->section);
    object_text(object, "text", rule->text);
    object_text(object, "instead", rule->instead);
    object_close(object);
}

void rule_list_json(struct output *output)
{
    struct object object;

    object_begin(&object, output);
    object_open_list(&object, "rules");
    for (unsigned kind = 0; kind < EVENT_KINDS; kind++) {
        size_t count;
        const struct rule *rules = rules_listed(kind, &count);

        for (size_t i = 0; i < count; i++) {
            rule_json(&object, (enum event_kind)kind, &rules[i]);
        }
    }
    object_close_list(&object);
    object_end(&object);
}
