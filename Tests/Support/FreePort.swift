import NIOCore
import NIOPosix

/// A TCP port of the loopback that nothing listens on.
public enum FreePort {
    /// Below the range that outgoing connections take theirs from, so that none of the tests' own takes it first.
    public static func find() async throws -> Int {
        for _ in 0..<50 {
            let port = Int.random(in: 15_000..<31_000)
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await channel.close()
            return port
        }
        throw SupportError("No free port was found on 127.0.0.1.")
    }
}
