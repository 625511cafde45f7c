/* SPDX-License-Identifier: MIT */
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#define NOBODY 65534

/* --- who we are ------------------------------------------------------------------------------------ */

bool privileges_is_root(void)
{
    unsigned inside = 1, outside = 1, count = 0;
    FILE *map = geteuid() == 0 ? fopen("/proc/self/uid_map", "re") : NULL;

    if (map) {
        if (fscanf(map, "%u %u %u", &inside, &outside, &count) != 3) {
            count = 0;
        }
        fclose(map);
    }
    return geteuid() == 0 && (map == NULL || count > NOBODY);
}

struct identity {
    uid_t user;
    gid_t group;
};

/* 0 where there is no such variable. */
static unsigned number_of(const char *variable)
{
    const char *value = getenv(variable);
    char *end;
    unsigned long number = value ? strtoul(value, &end, 10) : 0;

    return value && *value && *end == '\0' && number < UINT32_MAX ? (unsigned)number : 0;
}

/* For whom root works, itself where nobody called. pkexec, unlike sudo, does not tell the group. */
static struct identity find_caller(void)
{
    struct identity caller = { number_of("SUDO_UID"), number_of("SUDO_GID") };

    if (caller.user == 0) {
        caller.user = number_of("PKEXEC_UID");

        const struct passwd *entry = caller.user != 0 ? getpwuid(caller.user) : NULL;

        caller.group = entry ? entry->pw_gid : 0;
    }
    return caller;
}

static bool become_user(struct error *error)
{
    struct identity caller = find_caller();
    gid_t group = caller.group != 0 ? caller.group : NOBODY;
    uid_t user = caller.user != 0 ? caller.user : NOBODY;

    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) {
        error_set(error, "cannot stop being root: %s", strerror(errno));
        return false;
    }
    return true;
}

int privileges_open(const char *path, int flags, mode_t mode)
{
    struct identity caller = find_caller();

    if (!privileges_is_root() || caller.user == 0) {
        return open(path, flags, mode);
    }
    int group = setfsgid(caller.group), user = setfsuid(caller.user);
    int file = open(path, flags, mode);
    int reason = errno;

    setfsuid((uid_t)user);
    setfsgid((gid_t)group);
    errno = reason;
    return file;
}

/* --- what we may do -------------------------------------------------------------------------------- */

static void empty_bounding_set(void)
{
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++) {
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
}

static bool empty_capabilities(struct error *error)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, none) != 0) {
        error_set(error, "cannot give up capabilities: %s", strerror(errno));
        return false;
    }
    return true;
}

/* Only where root's rights were there to be kept in: others lose nothing that matters by an older kernel. */
static void tell_lacking(struct error *lacking, bool files, bool calls)
{
    if (!files || !calls) {
        error_set(lacking, "this kernel has no %s%s%s: root's rights are given up, but what reads the "
                  "packets is less confined than it could be",
                  files ? "" : "Landlock", !files && !calls ? " and no " : "", calls ? "" : "seccomp");
    }
}

bool privileges_leave_root(struct error *error)
{
    bool root = privileges_is_root();

    empty_bounding_set();
    if ((root && !become_user(error)) || !empty_capabilities(error)) {
        return false;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        error_set(error, "cannot forbid new privileges: %s", strerror(errno));
        return false;
    }
    return true;
}

bool privileges_drop(const char *directory, struct error *lacking, struct error *error)
{
    bool root = privileges_is_root();

    lacking->text[0] = '\0';
    if (!privileges_leave_root(error)) {
        return false;
    }
    bool files = sandbox_close_files(directory), calls = sandbox_close_calls(directory);

    if (root) {
        tell_lacking(lacking, files, calls);
    }
    return true;
}
