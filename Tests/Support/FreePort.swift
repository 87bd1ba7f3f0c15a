import NIOCore
import NIOPosix

/// Finds free TCP ports on the loopback address.
public enum FreePort {
    /// Returns a port below the ephemeral range, so that no outgoing connection of the tests takes it first.
    public static func find() async throws -> Int {
        for _ in 0..<50 {
            let port = Int.random(in: 15_000..<31_000)
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await channel.close()
            return port
        }
        throw SupportError("No free port was found on 127.0.0.1")
    }
}
