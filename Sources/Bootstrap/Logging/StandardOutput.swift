import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Standard output and error, whole lines at a time.
enum StandardOutput {
    private struct Waiting {
        var bytes: [UInt8] = []
        /// Whether somebody is going to write them.
        var isSeenTo = false
    }

    private static let waiting = Mutex(Waiting())
    private static let delay = Duration.milliseconds(10)
    private static let mostWaiting = 64 * 1024
    /// What waits when the process ends is still said.
    private static let endsWithAFlush: Void = { _ = atexit { StandardOutput.flush() } }()

    /// A text with its line's end, to standard output. It and all that was said before it is written when this returns:
    /// a killed process has said it.
    static func write(_ text: String) {
        waiting.withLock { waiting in
            waiting.bytes += text.utf8
            flush(&waiting)
        }
    }

    /// The same within 10 ms, with whatever else is said until then: a busy process says hundreds of lines with one call
    /// of the system, and one that is killed leaves out no more than the last of them.
    static func writeSoon(_ text: String) {
        _ = endsWithAFlush
        let begins = waiting.withLock { waiting in
            waiting.bytes += text.utf8
            if waiting.bytes.count >= mostWaiting { flush(&waiting) }
            guard !waiting.isSeenTo, !waiting.bytes.isEmpty else { return false }
            waiting.isSeenTo = true
            return true
        }
        guard begins else { return }
        Task {
            // Nobody cancels it.
            try? await Task.sleep(for: delay)
            waiting.withLock { waiting in
                waiting.isSeenTo = false
                flush(&waiting)
            }
        }
    }

    static func writeError(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    private static func flush() {
        waiting.withLock { flush(&$0) }
    }

    private static func flush(_ waiting: inout Waiting) {
        write(waiting.bytes, to: STDOUT_FILENO)
        waiting.bytes.removeAll(keepingCapacity: true)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                // Nobody is left to read it; a log must not stop the work.
                return
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
