#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The limit of open files and sockets of the process.
enum OpenFiles {
    /// More than any process of GitTix needs. Some systems report an unlimited maximum, but refuse to set it.
    static let maximum: rlim_t = 65_536

    /// Raises the limit to ``maximum``, or as far as the system allows. The usual limit of 1,024 is below the API's
    /// limit of connections; at that limit, the API could not reconnect to Redis or PostgreSQL.
    static func raiseLimit() {
        var limit = rlimit()
        #if canImport(Darwin)
            let resource = RLIMIT_NOFILE
        #else
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        guard unsafe getrlimit(resource, &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, maximum)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        // If this fails, the limit stays as it was.
        _ = unsafe setrlimit(resource, &limit)
    }
}
