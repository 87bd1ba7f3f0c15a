// Functions for valgrind's client requests, which are macros. They do nothing without valgrind's header, or in a
// process that does not run under valgrind.
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>

static inline void callgrind_zero(void) { CALLGRIND_ZERO_STATS; }
static inline void callgrind_dump(const char *_Nonnull name) { CALLGRIND_DUMP_STATS_AT(name); }
#else
static inline void callgrind_zero(void) {}
static inline void callgrind_dump(const char *_Nonnull name) { (void)name; }
#endif
