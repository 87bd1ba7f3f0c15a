import Foundation
import Synchronization

/// A separate Redis process, which a test may flush, kill and restart. It ends with the test process.
public final class RedisServer: Sendable {
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

    /// Starts a server with an append-only file and `noeviction`, as GitTix requires.
    ///
    /// - Parameter options: Additional options for redis-server, such as `["--maxmemory", "20mb"]`.
    public static func start(options: [String] = []) async throws -> RedisServer {
        let directory = NSTemporaryDirectory() + "gittix-redis-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        Reaper.shared.remove(directory: directory)
        var lastError: any Error = SupportError("No free port was found for redis-server")
        for _ in 0..<5 {
            let port = try await FreePort.find()
            do {
                let process = try await launch(port: port, directory: directory, options: options)
                return RedisServer(port: port, directory: directory, options: options, process: process)
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    /// Restarts the server after a stop or a kill, with the same port and data.
    public func restart() async throws {
        let process = try await Self.launch(port: port, directory: directory, options: options)
        self.process.withLock { $0 = process }
    }

    /// Sends SIGKILL and waits for the exit.
    public func kill() async throws {
        try await process.withLock { $0 }.killAndWait()
    }

    /// Shuts the server down. The data stays for ``restart()``.
    public func stop() async throws {
        try await process.withLock { $0 }.terminate()
    }

    /// Suspends the process with SIGSTOP: connections stay open, and commands get no reply.
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

    /// Runs a command with redis-cli and returns its output.
    @discardableResult
    public func command(_ arguments: String...) async throws -> String {
        try await command(arguments)
    }

    @discardableResult
    public func command(_ arguments: [String]) async throws -> String {
        try await Tool.run("redis-cli", ["-e", "-h", "127.0.0.1", "-p", "\(port)"] + arguments)
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
