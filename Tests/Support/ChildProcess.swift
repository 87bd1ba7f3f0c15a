import Foundation
import Synchronization

/// A process started by a test. Its output is recorded and can be waited for. It never outlives the test process.
public final class ChildProcess: Sendable {
    /// The way in which a process ended.
    public enum ExitStatus: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    /// Signals that tests send.
    public enum Signal: Sendable {
        case terminate, kill, stop, resume

        var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .kill: SIGKILL
            case .stop: SIGSTOP
            case .resume: SIGCONT
            }
        }
    }

    private struct State {
        var output = Data()
        var exitStatus: ExitStatus?
        var waiters: [UUID: Waiter] = [:]
    }

    private struct Waiter {
        /// Returns the result for the waiter, or `nil` to keep waiting.
        let check: @Sendable (borrowing State) -> Result<Void, any Error>?
        let continuation: CheckedContinuation<Void, any Error>
    }

    public let name: String
    public let pid: Int32
    private let state = Mutex(State())

    /// Starts an executable with exactly this environment. Standard output and error are read as one stream.
    public init(_ executable: String, _ arguments: [String] = [], environment: [String: String], name: String? = nil)
        throws
    {
        self.name = name ?? (executable as NSString).lastPathComponent
        let pipe = try Spawn.pipe()
        let reading = FileHandle(fileDescriptor: pipe.reading, closeOnDealloc: true)
        let writing = FileHandle(fileDescriptor: pipe.writing, closeOnDealloc: true)
        pid = try Spawn.start(executable, arguments, environment: environment, input: nil, output: pipe.writing)
        try writing.close()
        Reaper.shared.watch(pid)
        // A dedicated thread reads and waits, so that no thread of the cooperative pool blocks.
        Thread.detachNewThread { [self] in
            while let bytes = Spawn.read(reading.fileDescriptor) {
                change { $0.output.append(contentsOf: bytes) }
            }
            let exitStatus = Spawn.wait(pid)
            Reaper.shared.forget(pid)
            change { $0.exitStatus = exitStatus }
        }
    }

    /// The output so far, from standard output and error.
    public var output: String {
        state.withLock { String(decoding: $0.output, as: UTF8.self) }
    }

    /// The exit status, or `nil` while the process runs.
    public var exitStatus: ExitStatus? {
        state.withLock { $0.exitStatus }
    }

    public func send(_ signal: Signal) {
        guard exitStatus == nil else { return }
        kill(pid, signal.number)
    }

    /// Sends SIGKILL and waits for the exit.
    public func killAndWait() async throws {
        send(.kill)
        try await waitForExit()
    }

    /// Sends SIGTERM and waits for the exit.
    @discardableResult
    public func terminate(within limit: Duration = .seconds(30)) async throws -> ExitStatus {
        send(.terminate)
        return try await waitForExit(within: limit)
    }

    /// Waits for the end of the output and the exit of the process.
    @discardableResult
    public func waitForExit(within limit: Duration = .seconds(60)) async throws -> ExitStatus {
        try await wait(for: "its exit", within: limit) { state in
            state.exitStatus != nil ? .success(()) : nil
        }
        guard let exitStatus else { throw SupportError("\(name) exited without a status") }
        return exitStatus
    }

    /// Waits until the output contains the text `count` times. Throws as soon as the process ends without it.
    public func waitForOutput(_ text: String, count: Int = 1, within limit: Duration = .seconds(60)) async throws {
        let wanted = Data(text.utf8)
        let name = name
        try await wait(for: "“\(text)”", within: limit) { state in
            if state.output.occurrences(of: wanted) >= count { return .success(()) }
            guard let exitStatus = state.exitStatus else { return nil }
            let tail = String(decoding: state.output.suffix(4000), as: UTF8.self)
            return .failure(SupportError("\(name) ended (\(exitStatus)) before it wrote “\(text)”:\n\(tail)"))
        }
    }

    private func wait(
        for condition: String, within limit: Duration,
        _ check: @escaping @Sendable (borrowing State) -> Result<Void, any Error>?
    ) async throws {
        let id = UUID()
        let deadline = Task {
            try await ContinuousClock().sleep(for: limit)
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(
                throwing: SupportError(
                    "\(name): timed out after \(limit) waiting for \(condition):\n\(output.suffix(4000))"))
        }
        defer { deadline.cancel() }
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state -> Result<Void, any Error>? in
                if let result = check(state) { return result }
                state.waiters[id] = Waiter(check: check, continuation: continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let finished = state.withLock { state in
            body(&state)
            var finished: [(CheckedContinuation<Void, any Error>, Result<Void, any Error>)] = []
            for (id, waiter) in state.waiters {
                guard let result = waiter.check(state) else { continue }
                state.waiters[id] = nil
                finished.append((waiter.continuation, result))
            }
            return finished
        }
        for (continuation, result) in finished { continuation.resume(with: result) }
    }
}

extension Data {
    func occurrences(of wanted: Data) -> Int {
        var count = 0
        var start = startIndex
        while start < endIndex, let found = self[start...].firstRange(of: wanted) {
            count += 1
            start = found.upperBound
        }
        return count
    }
}
