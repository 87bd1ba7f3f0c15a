import NIOCore
import NIOPosix
import Synchronization

/// A cable to a TCP server that can be cut: while it is, what was connected is closed and nothing new gets through.
public final class CuttableProxy: Sendable {
    private struct State {
        var isCut = false
        var channels: [ObjectIdentifier: any Channel] = [:]
        var interruption: Interruption?
    }

    private struct Interruption: Sendable {
        let word: [UInt8]
        let action: @Sendable () async -> Void
    }

    public let port: Int
    private let listener: any Channel
    private let state: SharedState

    private final class SharedState: Sendable {
        let state = Mutex(State())

        /// What is to be done before these bytes go on: once.
        func interruption(of bytes: ByteBuffer) -> Interruption? {
            state.withLock { state in
                guard let found = state.interruption, bytes.readableBytesView.contains(found.word) else { return nil }
                state.interruption = nil
                return found
            }
        }

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
                        let (one, other) = Pipe.pair(client, server, state)
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

    /// Does something in the instant before a client's word reaches the server: the next one, once.
    public func before(_ word: String, _ action: @escaping @Sendable () async -> Void) {
        state.state.withLock { $0.interruption = Interruption(word: Array(word.utf8), action: action) }
    }

    /// Hands on what one end says to the other; both are on one event loop.
    private final class Pipe: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let other: any Channel
        /// Of the client's end.
        private let state: SharedState?
        /// What waits for an interruption to be over; nil when there is none.
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
            guard let interruption = state?.interruption(of: bytes) else {
                return other.writeAndFlush(bytes, promise: nil)
            }
            held.withLock { $0 = [bytes] }
            Task {
                await interruption.action()
                other.eventLoop.execute { self.goOn() }
            }
        }

        private func goOn() {
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
