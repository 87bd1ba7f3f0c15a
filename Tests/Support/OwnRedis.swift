import Foundation
import Synchronization

/// A Redis process of one test's own, which it may flush, kill and start again. It ends with the test process.
public final class OwnRedis: Sendable {
    public let port: Int
    private let directory: String
    private let options: [String]
    private let process: Mutex<ChildProcess>

    public var url: String { "redis://127.0.0.1:\(port)" }

    private init(port: Int, directory: String, options: [String], process: ChildProcess) {
        self.port = port
        self.directory = directory
        self.options = options
        self.process = Mutex(process)
    }

    deinit {
        process.withLock { $0.send(.kill) }
    }

    /// Starts one with append-only file and `noeviction`, as GitTix asks for.
    ///
    /// - Parameter options: More of redis-server's own, such as `["--maxmemory", "20mb"]`.
    public static func start(options: [String] = []) async throws -> OwnRedis {
        let directory = NSTemporaryDirectory() + "gittix-redis-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        Reaper.shared.remove(directory: directory)
        var lastError: any Error = SupportError("No free port was found for redis-server.")
        for _ in 0..<5 {
            let port = try await FreePort.find()
            do {
                let process = try await launch(port: port, directory: directory, options: options)
                return OwnRedis(port: port, directory: directory, options: options, process: process)
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    /// Starts it again after a stop or a kill: same port, same data.
    public func restart() async throws {
        let process = try await Self.launch(port: port, directory: directory, options: options)
        self.process.withLock { $0 = process }
    }

    /// `kill -9`; resumes when the process is gone.
    public func kill() async throws {
        try await process.withLock { $0 }.killNow()
    }

    /// A clean stop; the data stays for ``restart()``.
    public func stop() async throws {
        try await process.withLock { $0 }.terminate()
    }

    /// Stops the process in its tracks (SIGSTOP): connections stay open and nothing answers.
    public func suspend() {
        process.withLock { $0.send(.stop) }
    }

    public func resume() {
        process.withLock { $0.send(.resume) }
    }

    /// Deletes every key.
    public func flush() async throws {
        try await command("FLUSHALL")
    }

    /// Runs one command by redis-cli and returns its output, as lines.
    @discardableResult
    public func command(_ words: String...) async throws -> String {
        try await command(words)
    }

    @discardableResult
    public func command(_ words: [String]) async throws -> String {
        try await Tool.run("redis-cli", ["-e", "-h", "127.0.0.1", "-p", "\(port)"] + words)
    }

    private static func launch(port: Int, directory: String, options: [String]) async throws -> ChildProcess {
        let process = try ChildProcess(
            try Tool.path("redis-server"),
            [
                "--bind", "127.0.0.1", "--port", "\(port)", "--dir", directory, "--appendonly", "yes", "--save", "",
                "--maxmemory-policy", "noeviction", "--enable-debug-command", "local",
            ] + options,
            environment: [:])
        try await process.waitForOutput("Ready to accept connections")
        return process
    }
}
