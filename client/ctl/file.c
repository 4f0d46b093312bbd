/* SPDX-License-Identifier: MIT */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "memory.h"

enum {
        READ_SIZE = 1 << 16
};

static int read_all(int fd, uint64_t size_max, struct buffer *buffer) {
        for (;;) {
                uint8_t *room = buffer_reserve(buffer, READ_SIZE);
                ssize_t n;

                if (!room)
                        memory_give_up();
                n = read(fd, room, READ_SIZE);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fault_raise(-errno);
                if (n == 0)
                        return 0;
                buffer_commit(buffer, (size_t)n);
                if (buffer_get_length(buffer) > size_max)
                        return fault_raise(-EFBIG);
        }
}

int file_read(const char *path, uint64_t size_max, struct buffer *buffer) {
        cleanup_(closep) int fd = -1;

        if (strcmp(path, "-") == 0)
                return read_all(STDIN_FILENO, size_max, buffer);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return fault_raise(-errno);
        return read_all(fd, size_max, buffer);
}
