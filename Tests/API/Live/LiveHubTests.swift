import Marketplace
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import API

/// Tests of the hub with embedded channels, whose writes a test can hold back.
@Suite struct LiveHubTests {
    /// A stream from the client's view.
    private final class Client {
        let channel = EmbeddedChannel()
        let watch: LiveWatch
        let stalled = Stalled()
        private(set) var hasEnded = false

        /// - Parameter beforeStart: runs between the registration and the start of the stream.
        init(
            _ hub: LiveHub, _ topic: LiveTopic, _ viewer: LiveViewer, beforeStart: () -> Void = {}
        ) throws {
            watch = try hub.watch(topic, by: viewer, on: channel.eventLoop)
            beforeStart()
            let promise = channel.eventLoop.makePromise(of: Void.self)
            let stream = LiveStream(ended: promise)
            try channel.pipeline.syncOperations.addHandlers([stalled, stream])
            hub.attach(stream, to: watch)
            promise.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.hasEnded = true }
        }

        deinit { _ = try? channel.finish() }

        /// The bytes that arrived since the last call.
        func received() throws -> [String] {
            channel.embeddedEventLoop.run()
            var all: [String] = []
            while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
                if case .body(let bytes) = part { all.append(String(buffer: bytes)) }
            }
            return all
        }
    }

    /// Holds back writes, like a client that does not read.
    private final class Stalled: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart

        var isStalled = false
        private var held: [(NIOAny, EventLoopPromise<Void>?)] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if isStalled { held.append((data, promise)) } else { context.write(data, promise: promise) }
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            for (_, promise) in held { promise?.fail(ChannelError.ioOnClosedChannel) }
            held = []
        }

        func release(_ channel: EmbeddedChannel) throws {
            isStalled = false
            let context = try channel.pipeline.syncOperations.context(handler: self)
            for (data, promise) in held { context.writeAndFlush(data, promise: promise) }
            held = []
        }
    }

    private final class Renders: Sendable {
        let count = Mutex(0)
    }

    private func hub(_ renders: Renders = Renders(), streams: Int = 100) -> LiveHub {
        LiveHub(limits: LiveLimits(streams: streams, perAddress: streams)) { state, visitor in
            renders.count.withLock { $0 += 1 }
            guard case .order(let order) = state else { return [] }
            return Array("\(order.version) \(visitor.locale)".utf8)
        }
    }

    private func viewer(_ locale: String = "en_001", _ requester: Requester? = nil) -> LiveViewer {
        LiveViewer(address: "192.0.2.1", requester: requester, visitor: Visitor(locale: locale))
    }

    private static let order = OrderID.new()

    private func order(version: Int64) -> OrderState {
        OrderState(
            id: Self.order, userId: .new(), ticketId: .new(), ticketTitle: "A concert", quantity: 1, price: 1, total: 1,
            currency: .usd, status: .confirmed, reason: nil, attempt: 1, expiresAt: Timestamp(seconds: 0),
            createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0), version: version)
    }

    private static func event(_ text: String) -> String { "event: order\ndata: \(text)\n\n" }

    @Test func anOlderStateIsNeverShown() throws {
        let hub = hub()
        let client = try Client(hub, .order(Self.order), viewer())
        hub.publish(order(version: 2))
        #expect(try client.received() == [Self.event("2 en_001")])
        for version: Int64 in [1, 2] { hub.publish(order(version: version)) }
        #expect(try client.received().isEmpty)
        hub.publish(order(version: 3))
        #expect(try client.received() == [Self.event("3 en_001")])
    }

    @Test func equalVisitorsShareOneRendering() throws {
        let renders = Renders()
        let hub = hub(renders)
        let clients = try ["en_DE", "en_DE", "en_US"].map { try Client(hub, .order(Self.order), viewer($0)) }
        hub.publish(order(version: 1))
        #expect(try clients.map { try $0.received() } == ["en_DE", "en_DE", "en_US"].map { [Self.event("1 \($0)")] })
        #expect(renders.count.withLock { $0 } == 2)
        // A later watcher receives the same bytes.
        let late = try Client(hub, .order(Self.order), viewer("en_DE"))
        #expect(try late.received() == [Self.event("1 en_DE")])
        #expect(renders.count.withLock { $0 } == 2)
    }

    @Test func cachedFramesAreLimited() throws {
        let hub = hub()
        let clients = try [Client(hub, .order(Self.order), viewer()), Client(hub, .order(Self.order), viewer())]
        hub.publish(order(version: 1))
        for number in 0..<200 {
            let passing = try Client(hub, .order(Self.order), viewer("en_\(number)"))
            #expect(try passing.received() == [Self.event("1 en_\(number)")])
        }
        #expect(hub.state.withLock { $0.topics[.order(Self.order)]?.frames.count } == LiveHub.State.frameLimit)
        for client in clients { #expect(try client.received() == [Self.event("1 en_001")]) }
    }

    @Test func aSlowClientGetsOnlyTheNewestState() throws {
        let hub = hub()
        let client = try Client(hub, .order(Self.order), viewer())
        client.stalled.isStalled = true
        for version: Int64 in 1...1000 {
            hub.publish(order(version: version))
            client.channel.embeddedEventLoop.run()
        }
        #expect(try client.received().isEmpty)
        try client.stalled.release(client.channel)
        #expect(try client.received() == [Self.event("1 en_001"), Self.event("1000 en_001")])
    }

    @Test func aClientThatReadsNothingIsDisconnected() throws {
        let hub = hub()
        let client = try Client(hub, .order(Self.order), viewer())
        let beat = {
            hub.tick(
                client.watch.id, heartbeatInterval: 20, now: .now(), isBanned: { _ in false }, hasEnded: { _ in false })
            client.channel.embeddedEventLoop.run()
        }
        beat()
        #expect(try client.received() == [":\n\n"])
        client.stalled.isStalled = true
        hub.publish(order(version: 1))
        beat()
        #expect(!client.hasEnded)
        beat()
        beat()
        #expect(client.hasEnded)
    }

    @Test func aStreamEndsWithABanOrTheEndOfTheSessionOrToken() throws {
        let hub = hub()
        let now = Timestamp.now()
        let requester = { (life: Duration) in
            Requester(id: .new(), session: .new(), version: 1, role: .member, expiresAt: now + life)
        }
        let (banned, ended) = (requester(.seconds(60)), requester(.seconds(60)))
        let clients = try [banned, requester(.seconds(0)), ended, requester(.seconds(60))].map {
            try Client(hub, .order(Self.order), viewer("en_001", $0))
        }
        hub.tick(
            0, heartbeatInterval: 1000, now: now, isBanned: { $0 == banned.id }, hasEnded: { $0 == ended.session })
        #expect(try clients.map { try $0.received() } == [["event: end\ndata: banned\n\n"], [], [], []])
        #expect(clients.map(\.hasEnded) == [true, true, true, false])
        hub.close()
        clients[3].channel.embeddedEventLoop.run()
        #expect(clients[3].hasEnded)
        #expect(throws: Problem.self) { try Client(hub, .order(Self.order), viewer()) }
    }

    /// The client has received the head of the response. If the stream did not end, the client would wait forever.
    @Test func aStreamThatStartsAfterTheCloseEndsAtOnce() throws {
        let hub = hub()
        let client = try Client(hub, .order(Self.order), viewer()) { hub.close() }
        #expect(try client.received().isEmpty)
        #expect(client.hasEnded)
    }

    @Test func aWatcherIsRemovedWithItsResponse() throws {
        let hub = hub(streams: 1)
        var client: Client? = try Client(hub, .order(Self.order), viewer())
        #expect(throws: Problem.self) { try Client(hub, .order(Self.order), viewer()) }
        #expect(hub.count == 1 && hub.watchedOrders == [Self.order])
        _ = try client?.channel.finish()
        client = nil
        #expect(hub.count == 0 && hub.watchedOrders.isEmpty)
    }

    @Test(arguments: [
        ("a", "data: a"), ("a\nb", "data: a\ndata: b"), ("a\r\nb\rc", "data: a\ndata: b\ndata: c"),
        ("\n\n", "data: \ndata: \ndata: "), ("", "data: "),
    ])
    func everyLineOfDataIsAField(data: String, fields: String) {
        #expect(String(buffer: ServerSentEvent.event("x", data.utf8)) == "event: x\n\(fields)\n\n")
    }

    @Test func theListingIDIsFoundInAnOrdersEvent() throws {
        let ticket = ListingID.new()
        let title = #"x","ticketId":"00000000-0000-4000-8000-000000000000"#
        var order = order(version: 1)
        order.ticketTitle = title
        order.ticketId = ticket
        for key in [0, 1] {
            // Any member may come first.
            let body =
                key == 0 ? ResponseJSON.encode(order) : ResponseJSON.encode(["a": title]) + ResponseJSON.encode(order)
            #expect(ListingID(inOrderEvent: body) == ticket)
        }
        #expect(ListingID(inOrderEvent: Array(#"{"ticketId":"short"}"#.utf8)) == nil)
        #expect(ListingID(inOrderEvent: []) == nil)
    }
}
