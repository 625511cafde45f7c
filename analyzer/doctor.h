/* SPDX-License-Identifier: MIT */
#ifndef WS101_DOCTOR_H
#define WS101_DOCTOR_H

/* doctor - can packets be captured here, by which way, and what to ask the administrator for. */

#include "report/output.h"

/* Writes what it found. True when at least one way is open. */
bool doctor_report(struct output *output);

#endif
