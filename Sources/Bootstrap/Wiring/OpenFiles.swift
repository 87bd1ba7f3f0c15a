#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How many files and sockets the process may have open.
enum OpenFiles {
    /// More than any process here has use for; systems that allow "unlimited" dislike being taken at their word.
    static let most: rlim_t = 65_536

    /// Raises the limit as far as the system lets anyone: a usual 1,024 would run out before the API's own limit of
    /// connections, and then neither Redis nor PostgreSQL could be reached again.
    static func raiseLimit() {
        var limit = rlimit()
        #if canImport(Darwin)
            let resource = RLIMIT_NOFILE
        #else
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        guard unsafe getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(limit.rlim_max, most)
        // Where it is refused, the limit stays as it was, which is no worse.
        _ = unsafe setrlimit(resource, &limit)
    }
}
