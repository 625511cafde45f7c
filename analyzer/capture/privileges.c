/* SPDX-License-Identifier: MIT */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

/* --- who we are ------------------------------------------------------------------------------------ */

/* Root of the machine, not of a namespace in which only we exist. */
static bool is_real_root(void)
{
    unsigned inside = 1, outside = 1, count = 0;
    FILE *map = fopen("/proc/self/uid_map", "re");

    if (map) {
        if (fscanf(map, "%u %u %u", &inside, &outside, &count) != 3) {
            count = 0;
        }
        fclose(map);
    }
    return geteuid() == 0 && (map == NULL || count > NOBODY);
}

static unsigned number_of(const char *variable)
{
    const char *value = getenv(variable);
    char *end;
    unsigned long number = value ? strtoul(value, &end, 10) : 0;

    return value && *value && *end == '\0' && number > 0 && number < UINT32_MAX ? (unsigned)number : NOBODY;
}

static bool become_user(struct error *error)
{
    gid_t group = number_of("SUDO_GID");
    uid_t user = number_of("SUDO_UID");

    if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) {
        error_set(error, "cannot stop being root: %s", strerror(errno));
        return false;
    }
    return true;
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

/* --- what we may ask of the kernel ------------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

/* Nothing that reading packets and drawing needs; what somebody who took the process over would. */
static const uint16_t refused[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_socket,
    SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_mount, SYS_umount2,
    SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_keyctl, SYS_add_key,
    SYS_request_key, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot,
    SYS_open_by_handle_at, SYS_userfaultfd, SYS_setuid, SYS_setgid, SYS_setresuid, SYS_setresgid,
    SYS_capset, SYS_symlinkat, SYS_linkat, SYS_fchmodat, SYS_fchownat,
};

#define REFUSED (sizeof refused / sizeof refused[0])
#define X32_BIT 0x40000000      /* x86: the same calls under other numbers */

/* Load the architecture, load the number, compare with each, allow; refuse. */
static bool install_filter(void)
{
    struct sock_filter code[REFUSED + 6];
    struct sock_fprog program = { .len = sizeof code / sizeof code[0], .filter = code };
    size_t at = 0;

    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0,
                                              (uint8_t)(REFUSED + 3));
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, (uint8_t)(REFUSED + 1), 0);
    for (size_t i = 0; i < REFUSED; i++) {
        code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i],
                                                  (uint8_t)(REFUSED - i), 0);
    }
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    return ARCHITECTURE != 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

bool privileges_drop(struct error *error)
{
    empty_bounding_set();
    if ((is_real_root() && !become_user(error)) || !empty_capabilities(error)) {
        return false;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        error_set(error, "cannot forbid new privileges: %s", strerror(errno));
        return false;
    }
    install_filter();           /* a kernel without seccomp is not refused: the rest holds without it */
    return true;
}
