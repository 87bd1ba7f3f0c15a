// Declarations that the module Glibc lacks.
#pragma once
#include <stddef.h>
#include <sys/epoll.h>

// A GNU extension (string.h): returns the first occurrence of the needle in the haystack.
void *memmem(const void *haystack, size_t length, const void *needle, size_t needle_length);
