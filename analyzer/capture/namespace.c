/* SPDX-License-Identifier: MIT */
#include "namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "privileges.h"

static bool write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    size_t length = strlen(text);

    if (file < 0) {
        return false;
    }
    bool written = write(file, text, length) == (ssize_t)length;

    return close(file) == 0 && written;
}

/* We stay who we are: the one identity that a process without rights may map is its own. */
static bool map_identity(uid_t user, gid_t group)
{
    char users[64], groups[64];

    snprintf(users, sizeof users, "%u %u 1", (unsigned)user, (unsigned)user);
    snprintf(groups, sizeof groups, "%u %u 1", (unsigned)group, (unsigned)group);
    return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", users) &&
           write_file("/proc/self/gid_map", groups);
}

static bool bring_up(void)
{
    struct ifreq request = { .ifr_name = NAMESPACE_INTERFACE };
    int socket_of = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    request.ifr_mtu = NAMESPACE_MTU;
    bool up = socket_of >= 0 && ioctl(socket_of, SIOCSIFMTU, &request) == 0 &&
              ioctl(socket_of, SIOCGIFFLAGS, &request) == 0;

    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    up = up && ioctl(socket_of, SIOCSIFFLAGS, &request) == 0;
    int reason = errno;

    if (socket_of >= 0) {
        close(socket_of);
    }
    errno = reason;
    return up;
}

/* --- what to do where it is forbidden ------------------------------------------------------------------ */

/* What administrators and distributions forbid it with, and the value that does. */
static const struct {
    const char *file;
    char forbids;
    const char *remedy;
} switches[] = {
    { "/proc/sys/user/max_user_namespaces", '0', "user.max_user_namespaces=10000" },
    { "/proc/sys/kernel/unprivileged_userns_clone", '0', "kernel.unprivileged_userns_clone=1" },
    { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
      "kernel.apparmor_restrict_unprivileged_userns=0" },
};

static char first_character(const char *path)
{
    char character = '\0';
    int file = open(path, O_RDONLY | O_CLOEXEC);

    if (file >= 0) {
        character = read(file, &character, 1) == 1 ? character : '\0';
        close(file);
    }
    return character;
}

static void explain(struct error *error, const char *reason)
{
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        if (first_character(switches[i].file) == switches[i].forbids) {
            error_set(error, "this system forbids private networks (%s); ask its administrator for: "
                             "sudo sysctl %s", reason, switches[i].remedy);
            return;
        }
    }
    error_set(error, "this system forbids private networks (%s), as containers often do; ask whoever runs "
                     "it to allow user namespaces, or to let ws101 capture; ws101 doctor says how", reason);
}

bool namespace_enter(struct error *error)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    /* root needs no user namespace, and could not become anybody else in one */
    bool with_user = !privileges_is_root() && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;

    if (!with_user && unshare(CLONE_NEWNET) != 0) {
        explain(error, errno == ENOSPC ? "their number is limited" : strerror(errno));
        return false;
    }
    if ((with_user && !map_identity(user, group)) || !bring_up()) {
        explain(error, strerror(errno));    /* AppArmor lets them be made, and nothing be done in them */
        return false;
    }
    return true;
}
