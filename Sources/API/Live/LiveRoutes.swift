import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Services
import Storage

#if os(Linux)
    import Glibc
#endif

/// `/live/tickets/:id` and `/live/orders/:id`: server-sent events with a fragment of the page for each change. The
/// first event contains the current state.
struct LiveRoutes: Sendable {
    let hub: LiveHub
    let reader: LiveListingReader
    let orders: OrderReads
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("tickets/:id") { request, context in try await watchListing(request, context) }
        routes.get("orders/:id") { request, context in try await watchOrder(request, context) }
    }

    private func watchListing(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Listing.self)
        let watch = try watch(.listing(id), request, context)
        guard try await reader.ensureRead(id) else { throw Problem.notFound("ticket") }
        return Self.stream(watch, hub, on: context.channel)
    }

    private func watchOrder(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.id(of: Kind.Order.self)
        let watch = try watch(.order(id), request, context)
        hub.publish(try await orders.ownOrder(id, of: requester))
        return Self.stream(watch, hub, on: context.channel)
    }

    private func watch(_ topic: LiveTopic, _ request: Request, _ context: APIContext) throws -> LiveWatch {
        guard Self.accepts(request.headers) else { throw Problem.notAnEventStream }
        let viewer = LiveViewer(
            address: addresses.of(request, context), requester: context.user,
            visitor: Visitor(request))
        return try hub.watch(topic, by: viewer, on: context.channel.eventLoop)
    }

    private static func accepts(_ headers: HTTPFields) -> Bool {
        let accepted = headers[values: .accept]
        return accepted.isEmpty
            || accepted.contains { value in
                value.split(separator: ",").contains { range in
                    let type = range.split(separator: ";").first.map { String($0).trimmed.lowercased() }
                    return ["text/event-stream", "text/*", "*/*"].contains(type)
                }
            }
    }

    // MARK: The response

    private static func stream(_ watch: LiveWatch, _ hub: LiveHub, on channel: any Channel) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no",
                .connection: "close",
            ],
            body: ResponseBody { writer in
                try await run(watch, hub, on: channel)
                try await writer.finish(nil)
            })
    }

    /// Returns when the stream has ended.
    private static func run(_ watch: LiveWatch, _ hub: LiveHub, on channel: any Channel) async throws {
        let ended = channel.eventLoop.makePromise(of: Void.self)
        do {
            // The head of the response has already been passed to the event loop, so the stream follows the head.
            try await channel.eventLoop.submit {
                let pipeline = channel.pipeline.syncOperations
                let stream = LiveStream(ended: ended)
                try pipeline.addHandler(
                    stream, position: .after(try pipeline.handler(type: HTTPConnectionHandler.self)))
                limitBuffering(of: channel)
                // Random, so that clients that are disconnected together do not reconnect together.
                stream.begin(ServerSentEvent.retry(.milliseconds(.random(in: 1500...4500))))
                hub.attach(stream, to: watch)
            }.get()
        } catch {
            ended.succeed()
            throw error
        }
        try await withTaskCancellationHandler {
            try await ended.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Limits the bytes that the kernel buffers for a slow client, and the time until it detects a lost client. If the
    /// kernel does not support an option, heartbeats detect such clients later.
    private static func limitBuffering(of channel: any Channel) {
        _ = channel.setOption(.socketOption(.so_sndbuf), value: 32 << 10)
        #if os(Linux)
            _ = channel.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: 45_000)
        #endif
    }
}

extension HTTPField.Name {
    /// `no` prevents nginx and compatible proxies from buffering the stream.
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!  // A valid name.
}

extension Problem {
    static let notAnEventStream = Problem(
        .notAcceptable, "not-acceptable", "Not acceptable", "this URL sends only text/event-stream")
}
