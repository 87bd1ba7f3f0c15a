// Valgrind's requests to the tool that runs the process are macros: here they are functions. Without valgrind's header,
// and in a process that runs by itself, they do nothing.
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>

static inline void callgrind_zero(void) { CALLGRIND_ZERO_STATS; }
static inline void callgrind_dump(const char *_Nonnull name) { CALLGRIND_DUMP_STATS_AT(name); }
#else
static inline void callgrind_zero(void) {}
static inline void callgrind_dump(const char *_Nonnull name) { (void)name; }
#endif
