/* SPDX-License-Identifier: MIT */
/* Any text is hexadecimal or has a place where it is not; any bytes can be explained, and what is said of them
 * is harmless on a terminal. faults.md 48, 71. */
#include "report/escape.h"
#include "report/explain.h"
#include "report/hex_input.h"
#include "report/width.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void look_at(const struct output *output)
{
    struct bytes view = bytes_of(output->buffer, output->error == 0 ? output->used : 0);

    while (view.length > 0) {
        uint32_t code_point = escape_code_point(&view);

        require(code_point == '\n' || (code_point != ESCAPE_INVALID && width_of(code_point) != WIDTH_NONE));
    }
}

static void read_hex(struct bytes text)
{
    uint8_t *out = malloc(text.length / 2 + (text.length < 2));
    size_t length, bad;

    require(out != NULL);
    if (hex_input_read(text, out, &length, &bad)) {
        require(length <= text.length / 2);
    } else {
        require(bad <= text.length);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct output output;
    struct bytes bytes = bytes_after(bytes_of(data, size), 1);
    uint8_t *scratch = malloc(bytes.length + 1);

    require(scratch != NULL);
    read_hex(bytes);
    output_init(&output, -1);
    explain_write(&output, bytes, scratch,
                  &(struct explain_setting){ .sender = (enum explain_sender)(size > 0 ? data[0] % 3 : 0) });
    look_at(&output);
    free(scratch);
    return 0;
}
