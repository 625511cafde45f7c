/* SPDX-License-Identifier: MIT */
#ifndef WS101_RULE_LIST_H
#define WS101_RULE_LIST_H

/* rule_list - the table of rules, to be read or parsed: {"rules": [{"rule": ..., ...}, ...]}. */

#include "output.h"

void rule_list_text(struct output *output);
void rule_list_json(struct output *output);

#endif
