import Foundation

/// A PgBouncer process in front of the tests' PostgreSQL server. It ends with the test process.
public final class PgBouncer: Sendable {
    /// The time for which a client keeps a session of the server.
    public enum Mode: String, Sendable, CaseIterable {
        case session, transaction
    }

    private let process: ChildProcess
    private let port: Int

    deinit {
        process.send(.kill)
    }

    private init(process: ChildProcess, port: Int) {
        self.process = process
        self.port = port
    }

    /// Starts a pooler. Apart from the mode and the pool size, it has default settings.
    ///
    /// - Parameter poolSize: The number of sessions of each database.
    public static func start(_ mode: Mode, poolSize: Int) async throws -> PgBouncer {
        let server = try components(of: TestServers.databaseURL)
        let directory = NSTemporaryDirectory() + "gittix-pgbouncer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        Reaper.shared.remove(directory: directory)
        let users = "\"\(server.user ?? "gittix")\" \"\"\n"
        try users.write(toFile: directory + "/users.txt", atomically: true, encoding: .utf8)
        let port = try await FreePort.find()
        let settings = """
            [databases]
            * = host=\(server.host ?? "127.0.0.1") port=\(server.port ?? 5432)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = trust
            auth_file = \(directory)/users.txt
            pool_mode = \(mode.rawValue)
            default_pool_size = \(poolSize)

            """
        try settings.write(toFile: directory + "/pgbouncer.ini", atomically: true, encoding: .utf8)
        // Like PostgreSQL, PgBouncer refuses to run as root.
        let user = geteuid() == 0 ? ["-u", "postgres"] : []
        let process = try ChildProcess(program(), user + ["\(directory)/pgbouncer.ini"], environment: [:])
        try await process.waitForOutput("process up")
        return PgBouncer(process: process, port: port)
    }

    /// The URL of a database through the pooler.
    ///
    /// - Parameter direct: The database's URL on the server itself.
    public func url(of direct: String) throws -> String {
        var components = try Self.components(of: direct)
        components.host = "127.0.0.1"
        components.port = port
        return try components.string ?? { throw SupportError("The URL \(direct) cannot be changed") }()
    }

    private static func components(of url: String) throws -> URLComponents {
        guard let components = URLComponents(string: url) else { throw SupportError("\(url) is not a URL") }
        return components
    }

    /// Debian installs PgBouncer outside the PATH of users.
    private static func program() throws -> String {
        let path = "/usr/sbin/pgbouncer"
        return FileManager.default.isExecutableFile(atPath: path) ? path : try Tool.path("pgbouncer")
    }
}
