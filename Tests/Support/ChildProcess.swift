import Foundation
import Synchronization

/// A process started by a test: its output is kept, may be waited for, and it never outlives the test process.
public final class ChildProcess: Sendable {
    /// How a process ended.
    public enum Ending: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    /// The signals that tests send.
    public enum Signal: Sendable {
        case terminate, interrupt, kill, stop, resume

        var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .kill: SIGKILL
            case .stop: SIGSTOP
            case .resume: SIGCONT
            }
        }
    }

    private struct State {
        var output = Data()
        var ending: Ending?
        var waiters: [UUID: Waiter] = [:]
    }

    private struct Waiter {
        /// Nil while there is nothing to answer yet.
        let check: @Sendable (borrowing State) -> Result<Void, any Error>?
        let continuation: CheckedContinuation<Void, any Error>
    }

    public let name: String
    public let pid: Int32
    private let state = Mutex(State())

    /// Starts an executable with exactly this environment; standard output and error are read as one.
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
        // A thread of its own reads and waits, so that no thread of the cooperative pool is held.
        Thread.detachNewThread { [self] in
            while let bytes = Spawn.read(reading.fileDescriptor) {
                change { $0.output.append(contentsOf: bytes) }
            }
            let ending = Spawn.wait(pid)
            Reaper.shared.forget(pid)
            change { $0.ending = ending }
        }
    }

    /// Everything written so far, to standard output and error.
    public var output: String {
        state.withLock { String(decoding: $0.output, as: UTF8.self) }
    }

    /// How it ended; nil while it runs.
    public var ending: Ending? {
        state.withLock { $0.ending }
    }

    public func send(_ signal: Signal) {
        guard ending == nil else { return }
        kill(pid, signal.number)
    }

    /// `kill -9`, and waits until the process is gone.
    public func killNow() async throws {
        send(.kill)
        try await waitForExit()
    }

    /// SIGTERM, and waits for the end.
    @discardableResult
    public func terminate(within limit: Duration = .seconds(30)) async throws -> Ending {
        send(.terminate)
        return try await waitForExit(within: limit)
    }

    /// Waits for the end of its output and of the process.
    @discardableResult
    public func waitForExit(within limit: Duration = .seconds(60)) async throws -> Ending {
        try await wait(for: "its end", within: limit) { state in
            state.ending != nil ? .success(()) : nil
        }
        guard let ending else { throw SupportError("\(name) ended without a status") }
        return ending
    }

    /// Waits until the text was written `count` times in all; throws at once when the process ends without it.
    public func waitForOutput(_ text: String, count: Int = 1, within limit: Duration = .seconds(60)) async throws {
        let wanted = Data(text.utf8)
        let name = name
        try await wait(for: "“\(text)”", within: limit) { state in
            if state.output.occurrences(of: wanted) >= count { return .success(()) }
            guard let ending = state.ending else { return nil }
            let said = String(decoding: state.output.suffix(4000), as: UTF8.self)
            return .failure(SupportError("\(name) ended (\(ending)) before it wrote “\(text)”:\n\(said)"))
        }
    }

    private func wait(
        for what: String, within limit: Duration,
        _ check: @escaping @Sendable (borrowing State) -> Result<Void, any Error>?
    ) async throws {
        let id = UUID()
        let deadline = Task {
            try await ContinuousClock().sleep(for: limit)
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(
                throwing: SupportError(
                    "\(name) kept the test waiting for \(what) longer than \(limit):\n\(output.suffix(4000))"))
        }
        defer { deadline.cancel() }
        try await withCheckedThrowingContinuation { continuation in
            let answer = state.withLock { state -> Result<Void, any Error>? in
                if let answer = check(state) { return answer }
                state.waiters[id] = Waiter(check: check, continuation: continuation)
                return nil
            }
            if let answer { continuation.resume(with: answer) }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let answered = state.withLock { state in
            body(&state)
            var answered: [(CheckedContinuation<Void, any Error>, Result<Void, any Error>)] = []
            for (id, waiter) in state.waiters {
                guard let answer = waiter.check(state) else { continue }
                state.waiters[id] = nil
                answered.append((waiter.continuation, answer))
            }
            return answered
        }
        for (continuation, answer) in answered { continuation.resume(with: answer) }
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
