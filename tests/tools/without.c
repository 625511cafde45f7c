/* SPDX-License-Identifier: MIT */
/* without THING... -- COMMAND: runs COMMAND as on a kernel that has no landlock or seccomp, or that forbids
 * namespaces or packet sockets: the calls fail as they do there. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct thing {
    const char *name;
    uint32_t call, argument, value;     /* value 0: whatever the first argument is */
    uint32_t reason;
} things[] = {
    { "landlock", SYS_landlock_create_ruleset, 0, 0, ENOSYS },
    { "seccomp", SYS_prctl, 0, PR_SET_SECCOMP, EINVAL },
    { "namespaces", SYS_unshare, 0, 0, ENOSPC },
    { "packets", SYS_socket, 0, AF_PACKET, EPERM },
};

#define THINGS (sizeof things / sizeof things[0])

/* One filter for each; the strictest answer counts. */
static int forbid(const struct thing *thing)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, thing->call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, thing->value, 0, thing->value == 0 ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | thing->reason),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof code[0], code };

    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int main(int argc, char **argv)
{
    int at = 1;

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        for (size_t i = 0; i < THINGS; i++) {
            if (strcmp(argv[at], things[i].name) == 0 && forbid(&things[i]) != 0) {
                perror(argv[at]);
                return 1;
            }
        }
    }
    if (at + 1 >= argc) {
        fprintf(stderr, "usage: without THING... -- COMMAND\n");
        return 2;
    }
    execvp(argv[at + 1], argv + at + 1);
    perror(argv[at + 1]);
    return 127;
}
