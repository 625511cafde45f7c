/* SPDX-License-Identifier: MIT */
/* attack PID: makes a running process do what somebody who took it over would, and says how each went.
 *
 * The process is stopped where it waits in the kernel, its registers changed so that the same instruction makes
 * another system call, and set right again. So no test's code is in the program that is shipped. Prints for each
 * attempt its name and "done" or the error's name. x86-64; says "not here" elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)

#define TEXT_ROOM 512           /* below what the process uses of its stack */
#define SYSCALL   0x050F

struct attempt {
    const char *name;
    long call;
    const char *text;           /* the argument that is an address, or NULL */
    unsigned text_argument;
    unsigned long arguments[6];
};

static const struct attempt attempts[] = {
    { "read /etc/shadow", SYS_openat, "/etc/shadow", 1, { (unsigned long)AT_FDCWD, 0, O_RDONLY } },
    { "read /etc/passwd", SYS_openat, "/etc/passwd", 1, { (unsigned long)AT_FDCWD, 0, O_RDONLY } },
    { "read /proc/self/mem", SYS_openat, "/proc/self/mem", 1, { (unsigned long)AT_FDCWD, 0, O_RDWR } },
    { "list /", SYS_openat, "/", 1, { (unsigned long)AT_FDCWD, 0, O_RDONLY | O_DIRECTORY } },
    { "write a file", SYS_openat, "/etc/passwd", 1, { (unsigned long)AT_FDCWD, 0, O_WRONLY | O_APPEND } },
    { "make a file elsewhere", SYS_openat, "/tmp/ws101-attack", 1,
      { (unsigned long)AT_FDCWD, 0, O_WRONLY | O_CREAT | O_EXCL, 0600 } },
    { "open, the old call", SYS_open, "/etc/passwd", 0, { 0, O_RDONLY } },
    { "remove", SYS_unlinkat, "/tmp/ws101-attack-file", 1, { (unsigned long)AT_FDCWD, 0, 0 } },
    { "rename", SYS_rename, "/tmp/ws101-attack-file", 0, { 0, 0 } },
    { "execve", SYS_execve, "/bin/true", 0, { 0, 0, 0 } },
    { "fork", SYS_fork, NULL, 0, { 0 } },
    { "socket", SYS_socket, NULL, 0, { AF_INET, SOCK_STREAM, 0 } },
    { "packet socket", SYS_socket, NULL, 0, { AF_PACKET, SOCK_RAW, 0 } },
    { "unix socket", SYS_socketpair, NULL, 0, { AF_UNIX, SOCK_STREAM, 0, 0 } },
    { "ptrace", SYS_ptrace, NULL, 0, { PTRACE_ATTACH, 1, 0, 0 } },
    { "kill", SYS_kill, NULL, 0, { 1, 0 } },
    { "kill everybody", SYS_kill, NULL, 0, { (unsigned long)-1, 0 } },
    { "setuid", SYS_setresuid, NULL, 0, { 0, 0, 0 } },
    { "namespace", SYS_unshare, NULL, 0, { 0x10000000 } },
    { "keys into the terminal", SYS_ioctl, "x", 2, { 0, TIOCSTI, 0 } },
    { "code", SYS_mmap, NULL, 0, { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                                   (unsigned long)-1, 0 } },
    { "ring", SYS_io_uring_setup, NULL, 0, { 8, 0 } },
    { "an unknown call", 100000, NULL, 0, { 0 } },
};

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static void wait_stopped(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) {
        printf("killed\n");
        exit(0);
    }
}

static void write_text(pid_t pid, unsigned long address, const char *text)
{
    size_t words = strlen(text) / sizeof(long) + 1;
    long word[TEXT_ROOM / sizeof(long)] = { 0 };

    memcpy(word, text, strlen(text));
    for (size_t i = 0; i < words; i++) {
        if (ptrace(PTRACE_POKEDATA, pid, address + i * sizeof(long), word[i])) {
            die("poke");
        }
    }
}

static long make(pid_t pid, const struct attempt *attempt, const struct user_regs_struct *stopped)
{
    struct user_regs_struct registers = *stopped;
    unsigned long arguments[6];

    memcpy(arguments, attempt->arguments, sizeof arguments);
    if (attempt->text) {
        arguments[attempt->text_argument] = stopped->rsp - 2 * TEXT_ROOM;
        write_text(pid, arguments[attempt->text_argument], attempt->text);
    }
    registers.rip -= 2;                         /* the instruction that led into the kernel */
    registers.rax = (unsigned long)attempt->call;
    registers.orig_rax = (unsigned long)-1;     /* nothing to begin again */
    registers.rdi = arguments[0];
    registers.rsi = arguments[1];
    registers.rdx = arguments[2];
    registers.r10 = arguments[3];
    registers.r8 = arguments[4];
    registers.r9 = arguments[5];
    if (ptrace(PTRACE_SETREGS, pid, NULL, &registers) || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL)) {
        die("registers");
    }
    wait_stopped(pid);
    if (ptrace(PTRACE_GETREGS, pid, NULL, &registers)) {
        die("registers");
    }
    return (long)registers.rax;
}

int main(int argc, char **argv)
{
    pid_t pid = argc == 2 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
    struct user_regs_struct stopped;

    if (pid <= 0) {
        fprintf(stderr, "usage: attack PID\n");
        return 2;
    }
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL)) {
        die("attach");
    }
    wait_stopped(pid);
    if (ptrace(PTRACE_GETREGS, pid, NULL, &stopped) ||
        (ptrace(PTRACE_PEEKTEXT, pid, stopped.rip - 2, NULL) & 0xFFFF) != SYSCALL) {
        die("the process does not wait in the kernel");
    }
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        printf("%s: ", attempts[i].name);
        fflush(stdout);
        long result = make(pid, &attempts[i], &stopped);

        if (attempts[i].call == SYS_fork && result > 0) {
            kill((pid_t)result, SIGKILL);
        }
        puts(result < 0 && result > -4096 ? strerrorname_np((int)-result) : "done");
    }
    ptrace(PTRACE_SETREGS, pid, NULL, &stopped);
    ptrace(PTRACE_DETACH, pid, NULL, NULL);
    return 0;
}

#else

int main(void)
{
    puts("not here");
    return 0;
}

#endif
