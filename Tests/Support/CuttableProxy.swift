import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy that can be cut: it then closes all connections and rejects new ones.
public final class CuttableProxy: Sendable {
    private struct State {
        var isCut = false
        var channels: [ObjectIdentifier: any Channel] = [:]
        var interruption: Interruption?
    }

    private struct Interruption: Sendable {
        let trigger: [UInt8]
        let action: @Sendable () async -> Void
    }

    public let port: Int
    private let listener: any Channel
    private let state: SharedState

    private final class SharedState: Sendable {
        let state = Mutex(State())

        /// Returns and removes the interruption if these bytes trigger it.
        func takeInterruption(of bytes: ByteBuffer) -> Interruption? {
            state.withLock { state in
                guard let found = state.interruption, bytes.readableBytesView.contains(found.trigger) else {
                    return nil
                }
                state.interruption = nil
                return found
            }
        }

        /// Returns false if the proxy is cut.
        func add(_ channel: any Channel) -> Bool {
            let isAccepted = state.withLock { state in
                guard !state.isCut else { return false }
                state.channels[ObjectIdentifier(channel)] = channel
                return true
            }
            channel.closeFuture.whenComplete { [self] _ in
                _ = state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
            return isAccepted
        }
    }

    private init(port: Int, listener: any Channel, state: SharedState) {
        self.port = port
        self.listener = listener
        self.state = state
    }

    deinit { listener.close(promise: nil) }

    /// Starts a proxy to a loopback port.
    public static func start(to target: Int) async throws -> CuttableProxy {
        let state = SharedState()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in
                // Reading from the client begins after this future completes, and reading from the server once its
                // handler is installed.
                guard state.add(client) else { return client.close() }
                return ClientBootstrap(group: client.eventLoop).channelOption(.autoRead, value: false)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMap { server in
                        guard state.add(server) else { return server.close().flatMap { client.close() } }
                        let (one, other) = Pipe.pair(client, server, state)
                        return client.pipeline.addHandler(one).flatMap { server.pipeline.addHandler(other) }.map {
                            server.setOption(.autoRead, value: true).whenFailure { _ in server.close(promise: nil) }
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw SupportError("The proxy has no port") }
        return CuttableProxy(port: port, listener: listener, state: state)
    }

    /// Closes all connections and rejects new ones.
    public func cut() {
        let channels = state.state.withLock { state in
            state.isCut = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// Runs an action once, just before the next client bytes that contain the text reach the server.
    public func before(_ text: String, _ action: @escaping @Sendable () async -> Void) {
        state.state.withLock { $0.interruption = Interruption(trigger: Array(text.utf8), action: action) }
    }

    /// Forwards the bytes of one end to the other. Both ends are on one event loop.
    private final class Pipe: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let other: any Channel
        /// Set for the client's end only.
        private let state: SharedState?
        /// The bytes that wait for the end of an interruption, or `nil` if there is none.
        private let held = Mutex<[ByteBuffer]?>(nil)

        static func pair(
            _ client: any Channel, _ server: any Channel, _ state: SharedState
        ) -> (Pipe, Pipe) { (Pipe(server, state), Pipe(client, nil)) }

        private init(_ other: any Channel, _ state: SharedState?) {
            self.other = other
            self.state = state
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            let isHeld = held.withLock { held in
                held?.append(bytes)
                return held != nil
            }
            if isHeld { return }
            guard let interruption = state?.takeInterruption(of: bytes) else {
                return other.writeAndFlush(bytes, promise: nil)
            }
            held.withLock { $0 = [bytes] }
            Task {
                await interruption.action()
                other.eventLoop.execute { self.flushHeld() }
            }
        }

        private func flushHeld() {
            let bytes = held.withLock { held in
                defer { held = nil }
                return held ?? []
            }
            for part in bytes { other.write(part, promise: nil) }
            other.flush()
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
