/* SPDX-License-Identifier: MIT */

#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fault.h"

static void add_unless_ignored(sigset_t *set, int number) {
        struct sigaction action;

        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
                (void)sigaddset(set, number);
}

int interrupt_open(void) {
        sigset_t set;
        int fd;

        (void)sigemptyset(&set);
        add_unless_ignored(&set, SIGINT);
        add_unless_ignored(&set, SIGTERM);
        fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0)
                return fault_raise(-errno);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        return fd;
}

unsigned interrupt_take(int fd) {
        struct signalfd_siginfo info;
        unsigned n = 0;

        while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
                n++;
        return n;
}
