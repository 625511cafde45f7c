/* SPDX-License-Identifier: MIT */
/* Any bytes as a capture file: pcap, pcapng, gzip. A capture ends, and every view is its packet's. */
#include "capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void touch(struct bytes view)
{
    volatile uint8_t sum = 0;

    for (size_t i = 0; i < view.length; i++) {
        sum = (uint8_t)(sum ^ view.data[i]);
    }
}

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void read_all(struct capture *capture)
{
    struct packet packet;
    struct error error;
    uint64_t packets = 0;

    while (capture_next(capture, &packet, &error) == CAPTURE_PACKET) {
        require(packet.number == ++packets);
        require(packet.captured.length <= CAPTURE_PACKET_MAX);
        require(packet.wire_length >= packet.captured.length);
        touch(packet.captured);
    }
    require(capture_next(capture, &packet, &error) == CAPTURE_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct error error;
    int descriptor = memfd_create("capture", MFD_CLOEXEC);

    require(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);

    struct capture_options options = { .file = path, .filter = size % 16 == 0 ? "tcp" : NULL };
    struct capture *capture = capture_open(&options, &error);
    if (capture != NULL) {
        read_all(capture);
        capture_close(capture);
    }
    close(descriptor);
    return 0;
}
