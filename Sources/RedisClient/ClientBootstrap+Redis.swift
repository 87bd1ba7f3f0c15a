import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ClientBootstrap {
    /// Disables Nagle's algorithm and enables TCP keepalive, which detects a dead peer within about 25 s even on a
    /// connection that only waits.
    func redisSocketOptions() -> ClientBootstrap {
        var bootstrap =
            channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
            for (option, value) in [(TCP_KEEPIDLE, 10), (TCP_KEEPINTVL, 5), (TCP_KEEPCNT, 3)] {
                bootstrap = bootstrap.channelOption(
                    .tcpOption(NIOBSDSocket.Option(rawValue: option)), value: SocketOptionValue(value))
            }
        #endif
        return bootstrap
    }
}
