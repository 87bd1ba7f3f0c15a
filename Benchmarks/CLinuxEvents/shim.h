// What Glibc's module leaves out.
#pragma once
#include <stddef.h>
#include <sys/epoll.h>

// A GNU extension (string.h): where the needle first stands in the haystack.
void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);
