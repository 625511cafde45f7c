/* SPDX-License-Identifier: MIT */
#include "place.h"

size_t place_index(struct place *place, const struct listing *listing)
{
    size_t count = listing->count, index = place->follow ? count : listing_find(listing, place->id);

    if (count == 0) {
        return 0;
    }
    index = index < count ? index : count - 1;
    place->id = listing_id(listing, index);
    return index;
}

size_t place_moved_by(enum action action, size_t index, size_t count, size_t page)
{
    switch (action) {
    case ACTION_UP:
        return index > 0 ? index - 1 : 0;
    case ACTION_DOWN:
        return index + 1;
    case ACTION_PAGE_UP:
        return index > page ? index - page : 0;
    case ACTION_PAGE_DOWN:
        return index + page;
    case ACTION_FIRST:
        return 0;
    case ACTION_LAST:
        return count;
    default:
        return index;
    }
}

size_t place_move(struct place *place, enum action action, size_t index, size_t count, int height)
{
    size_t page = height > 2 ? (size_t)height - 1 : 1;
    size_t moved = place_moved_by(action, index, count, page);

    if (count == 0) {
        return 0;
    }
    moved = moved < count ? moved : count - 1;
    int row = place->row + (int)((int64_t)moved - (int64_t)index);

    place->row = row < 0 ? 0 : row >= height ? height - 1 : row;
    place->follow = action == ACTION_LAST;
    return moved;
}

size_t place_top(struct place *place, size_t index, size_t count, int height)
{
    size_t rows = height > 0 ? (size_t)height : 0;
    size_t row = place->row > 0 ? (size_t)place->row : 0;

    row = rows > 0 && row >= rows ? rows - 1 : row;
    size_t top = index > row ? index - row : 0;

    if (count > rows && top > count - rows) {
        top = count - rows;
    }
    top = count <= rows ? 0 : top;
    place->row = (int)(index - top);
    return top;
}

bool place_click(struct place *place, const struct listing *listing, size_t index, struct area rows,
                 struct key key)
{
    if (key.code != KEYS_CLICK || key.y < rows.y || key.y >= rows.y + rows.height) {
        return false;
    }
    size_t row = place_top(place, index, listing->count, rows.height) + (size_t)(key.y - rows.y);

    if (row >= listing->count) {
        return false;
    }
    bool again = listing_id(listing, row) == place->id;

    *place = (struct place){ .id = listing_id(listing, row), .row = key.y - rows.y };
    return again;
}
