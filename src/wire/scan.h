/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a message must keep to before protobuf-c may see it: numbers below 2^29, no groups, varints that end, lengths
 * inside the message they stand in, in the message itself and in every message inside it, and one body at
 * most (two messages of the outermost message's oneof, or the same one twice, are refused; protobuf-c would merge them).
 * Nothing is allocated and nothing recurses.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

enum {
        /* How deep a message of the schema nests, the outermost counted. A test holds the schema to it. */
        SCAN_DEPTH_MAX = 8,
};

bool scan_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size);
