/* SPDX-License-Identifier: MIT */
#ifndef WS101_HEX_INPUT_H
#define WS101_HEX_INPUT_H

/* hex_input - bytes that somebody typed or pasted in hexadecimal.
 *
 * Comes in:   "81 85", "8185", "0x81, 0x85", "81:85", "\x81\x85"; or the lines of a dump, as Wireshark, xxd
 *             and hexdump -C write them, with an offset before and the characters behind.
 * Goes out:   the bytes.
 */

#include "core/bytes.h"

/* out has room for text.length / 2 bytes. False where a character is no hexadecimal digit, or the lone half
 * of a byte: *bad is its place in the text. */
bool hex_input_read(struct bytes text, uint8_t *out, size_t *length, size_t *bad);

#endif
