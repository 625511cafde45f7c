/* SPDX-License-Identifier: MIT */
#include "wrap.h"

size_t wrap_write(struct output *output, const char *sentence, size_t column, size_t indent, size_t columns)
{
    bool first = true;

    while (*sentence != '\0') {
        size_t length = strcspn(sentence, " ");

        if (!first && columns > 0 && column + 1 + length > columns) {
            output_character(output, '\n');
            output_spaces(output, indent);
            column = indent;
        } else if (!first) {
            output_character(output, ' ');
            column++;
        }
        output_bytes(output, sentence, length);
        column += length;
        sentence += length + (sentence[length] == ' ');
        first = false;
    }
    return column;
}
