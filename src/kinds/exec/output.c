/* SPDX-License-Identifier: MIT */

#include "kinds/exec/output.h"

#include <errno.h>
#include <unistd.h>

#include "kinds/kinds.h"

static void output_close(struct output *output, gca_task *task) {
        gca_watch_disarm(task, &output->watch);
        close_fd(output->fd);
}

enum output_status output_read(struct output *output, gca_task *task) {
        char buffer[OUTPUT_READ_SIZE];
        ssize_t n;

        if (*output->fd < 0)
                return OUTPUT_CLOSED;
        do
                n = read(*output->fd, buffer, sizeof(buffer));
        while (n < 0 && errno == EINTR);
        if (n < 0 && errno == EAGAIN)
                return OUTPUT_OPEN;
        if (n < 0)
                output->is_lost = true;
        if (n <= 0) {
                output_close(output, task);
                return OUTPUT_CLOSED;
        }
        output->n_bytes += (uint64_t)n;
        if (gca_write_output(task, output->stream, buffer, (size_t)n) < 0)
                output->is_lost = true;
        return OUTPUT_MORE;
}

void output_watch(struct output *output, gca_task *task) {
        if (*output->fd >= 0 && !gca_watch_is_armed(&output->watch))
                (void)gca_watch_fd(task, &output->watch, *output->fd, GCA_READABLE);
}
