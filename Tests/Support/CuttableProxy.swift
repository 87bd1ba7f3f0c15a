import NIOCore
import NIOPosix
import Synchronization

/// A cable to a TCP server that can be cut: while it is, what was connected is closed and nothing new gets through.
public final class CuttableProxy: Sendable {
    private struct State {
        var isCut = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    public let port: Int
    private let listener: any Channel
    private let state: SharedState

    private final class SharedState: Sendable {
        let state = Mutex(State())

        /// False while the cable is cut.
        func add(_ channel: any Channel) -> Bool {
            let isThrough = state.withLock { state in
                guard !state.isCut else { return false }
                state.channels[ObjectIdentifier(channel)] = channel
                return true
            }
            channel.closeFuture.whenComplete { [self] _ in
                _ = state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
            return isThrough
        }
    }

    private init(port: Int, listener: any Channel, state: SharedState) {
        self.port = port
        self.listener = listener
        self.state = state
    }

    deinit { listener.close(promise: nil) }

    /// Starts one to a port of the loopback.
    public static func start(to target: Int) async throws -> CuttableProxy {
        let state = SharedState()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                // The client is not read from before this future is done, nor the server before its handler is there.
                guard state.add(client) else { return client.close() }
                return ClientBootstrap(group: client.eventLoop).channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMap { server in
                        guard state.add(server) else { return server.close().flatMap { client.close() } }
                        let (one, other) = Pipe.pair(client, server)
                        return client.pipeline.addHandler(one).flatMap { server.pipeline.addHandler(other) }.map {
                            server.setOption(.autoRead, value: true).whenFailure { _ in server.close(promise: nil) }
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw SupportError("The proxy has no port.") }
        return CuttableProxy(port: port, listener: listener, state: state)
    }

    public func cut() {
        let channels = state.state.withLock { state in
            state.isCut = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    public func mend() {
        state.state.withLock { $0.isCut = false }
    }

    /// Hands on what one end says to the other; both are on one event loop.
    private final class Pipe: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let other: any Channel

        static func pair(_ one: any Channel, _ other: any Channel) -> (Pipe, Pipe) { (Pipe(other), Pipe(one)) }

        private init(_ other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
