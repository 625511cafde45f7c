/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <linux/capability.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/namespace.h"
#include "capture/sandbox.h"
#include "report/escape.h"

static void line(struct output *output, bool good, const char *what, const char *text)
{
    char escaped[600];

    escape_copy(escaped, sizeof escaped, bytes_of_text(text));
    output_format(output, "%-4s %-22s ", good ? "yes" : "no", what);
    output_text(output, escaped);
    output_character(output, '\n');
}

/* A child tries: what it enters, it cannot leave. */
static bool can_enter_namespace(struct error *error)
{
    int pipe_of[2], status = 1;

    if (pipe(pipe_of) != 0) {
        return false;
    }
    pid_t child = fork();

    if (child == 0) {
        bool entered = namespace_enter(error);
        ssize_t written = write(pipe_of[1], error->text, sizeof error->text);

        _exit(!entered || written < 0);
    }
    close(pipe_of[1]);
    ssize_t length = read(pipe_of[0], error->text, sizeof error->text);

    close(pipe_of[0]);
    error->text[length > 0 ? sizeof error->text - 1 : 0] = '\0';
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool has_capability(unsigned capability)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[capability / 32].effective >> capability % 32 & 1) != 0;
}

static void report_interfaces(struct output *output)
{
    struct if_nameindex *list = if_nameindex();
    char names[400] = "any";

    for (const struct if_nameindex *at = list; at && at->if_name; at++) {
        size_t used = strlen(names);

        if (used + IF_NAMESIZE + 2 < sizeof names) {
            names[used] = ' ';
            strcpy(names + used + 1, at->if_name);
        }
    }
    if (list) {
        if_freenameindex(list);
    }
    line(output, true, "interfaces", names);
}

static void report_terminal(struct output *output)
{
    const char *terminal = getenv("TERM");
    bool good = terminal && terminal[0] && strcmp(terminal, "dumb") != 0;

    line(output, good, "terminal",
         good ? terminal : "TERM names none that can be drawn on; ws101 print works everywhere");
}

bool doctor_report(struct output *output)
{
    struct error error = { "" };
    bool raw = has_capability(CAP_NET_RAW);
    bool private_network = can_enter_namespace(&error);
    bool seccomp = sandbox_has_seccomp(), landlock = sandbox_landlock_version() > 0;
    char program[300] = "", text[600];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    program[length > 0 ? length : 0] = '\0';
    line(output, true, "captures in files", "ws101 FILE needs no rights at all");
    line(output, private_network, "a private network",
         private_network ? "ws101 run -- COMMAND watches one command and what it starts" : error.text);
    snprintf(text, sizeof text, raw ? "ws101 -i INTERFACE captures; this process may"
                                    : "not allowed; ask for: sudo setcap cap_net_raw=ep %s", program);
    line(output, raw, "live interfaces", text);
    report_interfaces(output);
    line(output, seccomp, "seccomp",
         seccomp ? "system calls that are not needed are refused while packets are read"
                 : "not in this kernel: whoever takes ws101 over may ask it for anything the user may do");
    line(output, landlock, "landlock",
         landlock ? "no file can be opened any more while packets are read"
                  : "not in this kernel, or switched off (lsm= on its command line); from Linux 5.13 on");
    report_terminal(output);
    return private_network || raw;
}
