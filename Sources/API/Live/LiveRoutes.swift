import HTTPTypes
import Hummingbird
import Marketplace
import NIOCore
import Storage

#if os(Linux)
    import Glibc
#endif

/// Server-sent events: a fragment of the page for each state of what is watched, the state of the moment first.
struct LiveRoutes: Sendable {
    let hub: LiveHub
    let reader: LiveTicketReader
    let orders: OrderReads
    let addresses: ClientAddress

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("tickets/:id") { request, context in try await ticket(request, context) }
        routes.get("orders/:id") { request, context in try await order(request, context) }
    }

    private func ticket(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.id(of: Kind.Ticket.self)
        let watch = try watch(.ticket(id), request, context)
        guard try await reader.know(id) else { throw Problem.notFound("ticket") }
        return Self.stream(watch, hub, on: context.channel)
    }

    private func order(_ request: Request, _ context: APIContext) async throws -> Response {
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

    // MARK: The answer

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
            // The head is on its way to the event loop already: what follows comes after it.
            try await channel.eventLoop.submit {
                let pipeline = channel.pipeline.syncOperations
                let stream = LiveStream(ended: ended)
                try pipeline.addHandler(stream, position: .after(try pipeline.handler(type: ClosingAnswer.self)))
                bound(channel)
                // All who are thrown out at once would come back at once.
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

    /// Keeps what the system holds back for a client that does not read small, and ends the connection of one that is gone
    /// without a word. Where the system refuses, heartbeats find out too, only later.
    private static func bound(_ channel: any Channel) {
        _ = channel.setOption(.socketOption(.so_sndbuf), value: 32 << 10)
        #if os(Linux)
            _ = channel.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: 45_000)
        #endif
    }
}

extension HTTPField.Name {
    /// `no` keeps nginx, and what follows it, from holding the stream back.
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!  // A token.
}

extension Problem {
    static let notAnEventStream = Problem(
        .notAcceptable, "not-acceptable", "Not acceptable", "this address has text/event-stream alone")
}
