import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Starts child processes with posix_spawn(3), with only the given file descriptors and without blocked signals.
enum Spawn {
    /// Keeps a child from starting between the creation of a pipe and the setting of its `FD_CLOEXEC` flag.
    private static let spawnLock = Mutex(())

    /// Starts a program and returns its process id. The caller still owns the descriptors.
    static func start(
        _ executable: String, _ arguments: [String], environment: [String: String], input: Int32?, output: Int32?
    ) throws -> Int32 {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = unsafe posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        try redirect(input, to: STDIN_FILENO, O_RDONLY)
        try redirect(output, to: STDOUT_FILENO, O_WRONLY)
        try redirect(output, to: STDERR_FILENO, O_WRONLY)

        #if !canImport(Darwin)
            // A library's socket without `FD_CLOEXEC` would stay open in the child, and a released port would stay in
            // use. Closing a descriptor that is not open is not an error on Linux.
            for descriptor in (STDERR_FILENO + 1)..<1024 {
                unsafe posix_spawn_file_actions_addclose(&actions, descriptor)
            }
        #endif

        func redirect(_ descriptor: Int32?, to target: Int32, _ mode: Int32) throws {
            let status =
                if let descriptor {
                    unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, target)
                } else {
                    unsafe posix_spawn_file_actions_addopen(&actions, target, "/dev/null", mode, 0)
                }
            guard status == 0 else { throw SupportError("posix_spawn's file actions failed: errno \(status)") }
        }

        // Threads of the concurrency runtime block signals, and a child inherits the signal mask of its creator.
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let argumentPointers = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
        let variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (argumentPointers + variables).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let status = spawnLock.withLock { _ in
            unsafe posix_spawn(&pid, executable, &actions, &attributes, argumentPointers, variables)
        }
        guard status == 0 else { throw SupportError("\(executable) did not start: errno \(status)") }
        return pid
    }

    /// Creates a pipe whose ends no other child inherits.
    static func pipe() throws -> (reading: Int32, writing: Int32) {
        try spawnLock.withLock { _ in
            var ends: [Int32] = [0, 0]
            guard unsafe systemPipe(&ends) == 0 else { throw SupportError("pipe failed: errno \(errno)") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return (ends[0], ends[1])
        }
    }

    /// Blocks until the process ends. Only for dedicated threads.
    static func wait(_ pid: Int32) -> ChildProcess.ExitStatus {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        // A wait status has the signal in its low seven bits, else the exit code in the next byte.
        return status & 0x7f == 0 ? .exit((status >> 8) & 0xff) : .signal(status & 0x7f)
    }

    /// Blocks until there is output and returns it, or `nil` at the end of the output. Only for dedicated threads.
    static func read(_ descriptor: Int32) -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            var bytesRead = 0
            repeat {
                bytesRead = unsafe readBytes(descriptor, buffer.baseAddress, buffer.count)
            } while bytesRead < 0 && errno == EINTR
            count = max(0, bytesRead)
        }
        return bytes.isEmpty ? nil : bytes
    }
}

private func readBytes(_ descriptor: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
    unsafe read(descriptor, buffer, count)
}

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 {
    unsafe pipe(ends)
}
