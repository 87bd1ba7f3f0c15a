import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Writes whole lines to standard output and standard error.
enum StandardOutput {
    private struct Buffer {
        var bytes: [UInt8] = []
        /// True if a flush is scheduled.
        var isFlushScheduled = false
    }

    private static let buffer = Mutex(Buffer())
    private static let flushDelay = Duration.milliseconds(10)
    private static let maxBufferedBytes = 64 * 1024
    /// Flushes the buffer at the end of the process.
    private static let flushAtExit: Void = { _ = atexit { StandardOutput.flush() } }()

    /// Writes a text, with its line break, to standard output. When this returns, the text and all earlier texts are
    /// written, so they are not lost if the process is killed.
    static func write(_ text: String) {
        buffer.withLock { buffer in
            buffer.bytes += text.utf8
            flush(&buffer)
        }
    }

    /// Writes a text within 10 ms, together with all other texts that arrive in that time. A busy process writes
    /// hundreds of lines with one system call. If the process is killed, at most the lines of the last 10 ms are lost.
    static func writeSoon(_ text: String) {
        _ = flushAtExit
        let schedulesFlush = buffer.withLock { buffer in
            buffer.bytes += text.utf8
            if buffer.bytes.count >= maxBufferedBytes { flush(&buffer) }
            guard !buffer.isFlushScheduled, !buffer.bytes.isEmpty else { return false }
            buffer.isFlushScheduled = true
            return true
        }
        guard schedulesFlush else { return }
        Task {
            // The task is never cancelled.
            try? await Task.sleep(for: flushDelay)
            buffer.withLock { buffer in
                buffer.isFlushScheduled = false
                flush(&buffer)
            }
        }
    }

    static func writeError(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    private static func flush() {
        buffer.withLock { flush(&$0) }
    }

    private static func flush(_ buffer: inout Buffer) {
        write(buffer.bytes, to: STDOUT_FILENO)
        buffer.bytes.removeAll(keepingCapacity: true)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                // The output is closed or can't be written. A log must not stop the process.
                return
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
