/* SPDX-License-Identifier: MIT */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* --- files: Landlock --------------------------------------------------------------------------------- */

/* As linux/landlock.h has them, which in older distributions knows less than the kernel that runs. */
struct ruleset {
    uint64_t files, network;
};

struct __attribute__((packed)) rule_beneath {
    uint64_t allowed;
    int32_t directory;
};

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1
#define VERSION_OF_NETWORK     4
#define WRITE_FILE             (UINT64_C(1) << 1)
#define MAKE_REGULAR           (UINT64_C(1) << 8)
#define NETWORK_TCP            UINT64_C(3)          /* bind, connect */

/* Every access to files that this version can forbid: the first n bits. */
static uint64_t accesses_of(int version)
{
    static const unsigned bits[] = { 0, 13, 14, 15, 15, 16 };
    int newest = (int)(sizeof bits / sizeof bits[0]) - 1;

    return (UINT64_C(1) << bits[version < newest ? version : newest]) - 1;
}

int sandbox_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

static void allow_new_files(int ruleset, const char *path)
{
    struct rule_beneath rule = { .allowed = WRITE_FILE | MAKE_REGULAR };

    rule.directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (rule.directory >= 0) {
        syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
        close(rule.directory);
    }
}

bool sandbox_close_files(const char *directory)
{
    int version = sandbox_landlock_version();
    struct ruleset forbidden = { .files = accesses_of(version), .network = NETWORK_TCP };
    size_t known = version < VERSION_OF_NETWORK ? sizeof forbidden.files : sizeof forbidden;

    if (version == 0) {
        return false;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &forbidden, known, 0);

    if (ruleset < 0) {
        return false;
    }
    if (directory) {
        allow_new_files(ruleset, directory);
    }
    bool closed = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;

    close(ruleset);
    return closed;
}

/* --- system calls: seccomp --------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

#define X32_BIT 0x40000000      /* x86: the same calls under other numbers */

/* Reading, writing, waiting, memory, time, signals to itself and the end: all that is needed once everything
 * is open. The most frequent first. */
static const uint16_t allowed[] = {
    SYS_read, SYS_write, SYS_ppoll, SYS_pselect6, SYS_clock_gettime, SYS_getsockopt,
#ifdef SYS_poll
    SYS_poll, SYS_select, SYS_time, SYS_getpgrp, SYS_dup2,
#endif
    SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat,
    SYS_dup3, SYS_ftruncate, SYS_fsync, SYS_fcntl, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex,
    SYS_sched_yield, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_sysinfo,
    SYS_uname, SYS_getrandom, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,
    SYS_restart_syscall, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid,
    SYS_getegid, SYS_getpgid, SYS_waitid, SYS_wait4, SYS_exit, SYS_exit_group,
};

#define ALLOWED (sizeof allowed / sizeof allowed[0])

/* Calls that are allowed with some arguments. Not among them: memory that can be run; keys pushed into the
 * terminal (TIOCSTI), which would be the shell's input; a file that is there already. */
struct condition {
    uint16_t call;
    uint8_t argument;
    uint32_t mask, value;       /* argument & mask == value */
};

#define ANY      UINT32_MAX
#define NEW_FILE (O_CREAT | O_EXCL)

static const struct condition conditions[] = {
    { SYS_mmap, 2, PROT_EXEC, 0 },
    { SYS_mprotect, 2, PROT_EXEC, 0 },
    { SYS_ioctl, 1, ANY, TCGETS },
    { SYS_ioctl, 1, ANY, TCSETS },
    { SYS_ioctl, 1, ANY, TCSETSW },
    { SYS_ioctl, 1, ANY, TCSETSF },
    { SYS_ioctl, 1, ANY, TCFLSH },
    { SYS_ioctl, 1, ANY, TIOCGWINSZ },
    { SYS_ioctl, 1, ANY, FIONREAD },
    { SYS_ioctl, 1, ANY, SIOCGIFNAME },
    { SYS_ioctl, 1, ANY, SIOCGIFFLAGS },
};

#define CONDITIONS (sizeof conditions / sizeof conditions[0])

#define CODE_MAX (8 + 2 * ALLOWED + 6 * (CONDITIONS + 2))

struct program {
    struct sock_filter code[CODE_MAX];
    unsigned short length;
};

static void put(struct program *program, unsigned operation, uint8_t if_true, uint8_t if_false, uint32_t k)
{
    program->code[program->length++] = (struct sock_filter){ (uint16_t)operation, if_true, if_false, k };
}

static void put_load(struct program *program, size_t offset)
{
    put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void put_return(struct program *program, uint32_t what)
{
    put(program, BPF_RET | BPF_K, 0, 0, what);
}

static void put_allowed(struct program *program, uint32_t call)
{
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call);
    put_return(program, SECCOMP_RET_ALLOW);
}

/* Arguments are 64 bits wide, but none of these has more than 32; both architectures are little-endian. */
static void put_condition(struct program *program, struct condition condition)
{
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, condition.call);
    put_load(program, offsetof(struct seccomp_data, args) + 8U * condition.argument);
    put(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, condition.mask);
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, condition.value);
    put_return(program, SECCOMP_RET_ALLOW);
    put_load(program, offsetof(struct seccomp_data, nr));
}

static void put_calls(struct program *program, const char *directory)
{
    for (size_t i = 0; i < ALLOWED; i++) {
        put_allowed(program, allowed[i]);
    }
    for (size_t i = 0; i < CONDITIONS; i++) {
        put_condition(program, conditions[i]);
    }
    put_condition(program, (struct condition){ SYS_tgkill, 0, ANY, (uint32_t)getpid() });
    if (directory) {
        put_condition(program, (struct condition){ SYS_openat, 2, NEW_FILE, NEW_FILE });
    }
}

bool sandbox_has_seccomp(void)
{
    /* a filter at no address is one that cannot be read, but only where there are filters */
    bool refused = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0;

    return ARCHITECTURE != 0 && refused && errno == EFAULT;
}

bool sandbox_close_calls(const char *directory)
{
    struct program program = { .length = 0 };

    put_load(&program, offsetof(struct seccomp_data, arch));
    put(&program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
    put_return(&program, SECCOMP_RET_KILL_PROCESS);
    put_load(&program, offsetof(struct seccomp_data, nr));
    put(&program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
    put_return(&program, SECCOMP_RET_KILL_PROCESS);
    put_calls(&program, directory);
    put_return(&program, SECCOMP_RET_ERRNO | EPERM);

    struct sock_fprog loaded = { .len = program.length, .filter = program.code };

    return ARCHITECTURE != 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &loaded, 0, 0) == 0;
}
