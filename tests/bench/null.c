/* SPDX-License-Identifier: MIT */

/* The least that any program can do with a capture: let libpcap read it, and count. */

#include <pcap/pcap.h>
#include <stdio.h>

static void count(u_char *packets, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)header;
    (void)bytes;
    ++*(unsigned long *)(void *)packets;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    unsigned long packets = 0;

    if (argc != 2) {
        fputs("usage: null CAPTURE\n", stderr);
        return 2;
    }
    pcap_t *capture = pcap_open_offline(argv[1], error);
    if (capture == NULL || pcap_loop(capture, -1, count, (u_char *)&packets) < 0) {
        fprintf(stderr, "null: %s\n", capture ? pcap_geterr(capture) : error);
        return 3;
    }
    pcap_close(capture);
    printf("%lu\n", packets);
    return 0;
}
