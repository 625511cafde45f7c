/* SPDX-License-Identifier: MIT */
/* Any text is a script or gets a sentence; a script's capture is whole records from its header to its end. */
#include "play/script.h"
#include "play/wire.h"

#include <stdlib.h>

#define MEMORY (1 << 20)

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void require_sentence(const char *text)
{
    require(*text != '\0');
    for (; *text != '\0'; text++) {
        require(*text >= ' ' && *text < 0x7F);
    }
}

static uint32_t little(struct cursor *cursor)
{
    return __builtin_bswap32(cursor_u32(cursor));
}

static void require_records(struct bytes file)
{
    struct cursor cursor = cursor_over(file);

    cursor_take(&cursor, 24);
    while (cursor_left(&cursor) > 0) {
        cursor_take(&cursor, 8);
        uint32_t captured = little(&cursor);

        require(captured <= little(&cursor));
        cursor_take(&cursor, captured);
    }
    require(!cursor.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conversation conversation;
    struct script_error error;
    struct wire_error wire_error;
    struct buffer file = { .limit = MEMORY };

    if (size > 1024) {
        return -1;
    }
    if (!script_read(bytes_of(data, size), MEMORY, &conversation, &error)) {
        require(error.line > 0);
        require_sentence(error.text);
        return 0;
    }
    if (wire_write(&conversation, &file, &wire_error)) {
        require_records(buffer_view(&file));
    } else {
        require_sentence(wire_error.text);
    }
    buffer_release(&file);
    conversation_release(&conversation);
    return 0;
}
