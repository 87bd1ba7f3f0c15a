import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import RedisClient

/// Sets up the connections of clients, and handles their requests on the connection's event loop.
struct HTTPConnection: HTTPChannelHandler {
    /// A connection with the address of its other end.
    struct Value: ServerChildChannelValue {
        let requests: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        let peer: SocketAddress?
        var channel: any Channel { requests.channel }
    }

    /// The address of the other end of the task's connection. The channel itself forgets it when the connection ends,
    /// and a request may be handled after that.
    @TaskLocal static var peer: SocketAddress?

    struct Configuration: Sendable {
        var limits = ConnectionLimits()
        let drain: Drain
        /// `nil` if connections come from a proxy, because all clients then have the same address.
        let addresses: AddressConnections?
        /// True if browsers must keep using HTTPS.
        let isSecure: Bool
    }

    let responder: Responder
    let configuration: Configuration

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTPResponseEncoder())
            try pipeline.addHandler(HTTPConnectionHandler.decoder())
            try pipeline.addHandler(
                HTTPConnectionHandler(
                    configuration.limits, drain: configuration.drain, isSecure: configuration.isSecure,
                    turns: .of(channel.eventLoop), refusal: refusal(of: channel)))
            let requests = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            return Value(requests: requests, peer: channel.remoteAddress)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor.of(value.channel.eventLoop)) {
            await Self.$peer.withValue(value.peer) { await handleHTTP(asyncChannel: value.requests, logger: logger) }
        }
    }

    /// Counts the connection. If its address has too many connections, returns the problem that is the response to the
    /// first request. The connection ends after it.
    private func refusal(of channel: any Channel) -> Problem? {
        guard let addresses = configuration.addresses, let peer = channel.remoteAddress?.ipAddress else { return nil }
        let address = ClientAddress.network(peer)
        let isAllowed = addresses.open(address)
        channel.closeFuture.whenComplete { _ in addresses.close(address) }
        return isAllowed ? nil : .tooManyConnections
    }
}

extension HTTPServerBuilder {
    static func http(_ configuration: HTTPConnection.Configuration) -> HTTPServerBuilder {
        HTTPServerBuilder { HTTPConnection(responder: $0, configuration: configuration) }
    }
}
