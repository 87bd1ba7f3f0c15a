import CurlClient
import Foundation
import Marketplace
import NIOHTTP1
import Support
import Testing

@testable import API

/// Event streams with the real workers, Redis and PostgreSQL.
@Suite(.timeLimit(.minutes(2))) struct LiveTests {
    private static let services: [ServiceName] = [.users, .listings, .orders]

    private func watch(
        _ client: APIClient, _ path: String, _ headers: [String: String] = [:], method: HTTPMethod = .GET
    ) async throws -> EventSource {
        try await EventSource.open(
            client.origin, path, cookies: client.cookies, headers: headers, method: method)
    }

    /// Returns the next event that contains a text. Earlier events may have other causes.
    private func next(
        _ text: String, _ events: inout AsyncStream<EventSource.Event>.Iterator
    ) async throws -> EventSource.Event {
        while let event = await events.next() { if event.data.contains(text) { return event } }
        throw SupportError("The stream ended before “\(text)”.")
    }

    @Test func aStreamShowsTheChangesOfAnOrder() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let order = try await buyer.order(seller.list().id).text("id")
        let source = try await watch(buyer, "/live/orders/\(order)")
        #expect(source.head.status == .ok)
        #expect(source.head.headers["content-type"] == ["text/event-stream"])
        #expect(source.head.headers["cache-control"] == ["no-store"])
        #expect(source.head.headers["x-accel-buffering"] == ["no"])
        var events = source.events.makeAsyncIterator()
        let first = try #require(await events.next())
        #expect(first.name == "order" && first.data.contains("data-status=\"awaiting_payment\""))
        #expect(try await buyer.send(.delete, "/api/orders/\(order)").status == 204)
        let second = try #require(await events.next())
        #expect(second.name == "order" && second.data.contains("data-status=\"cancelled\""))
        try await api.stop()
    }

    @Test func allWatchersSeeTheUnitsLeft() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let second = try await api.another()
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let ticket = try await seller.list(quantity: 3).id
        // No watcher is signed in. One is connected to a different API process, and one starts later.
        let early = try await watch(api.client(), "/live/tickets/\(ticket)")
        let elsewhere = try await watch(second.client(), "/live/tickets/\(ticket)")
        var all = [early.events.makeAsyncIterator(), elsewhere.events.makeAsyncIterator()]
        for index in all.indices { _ = try await next("3 left", &all[index]) }
        let order = try await buyer.order(ticket, quantity: 2).text("id")
        for index in all.indices { _ = try await next("1 left", &all[index]) }
        let late = try await watch(api.client(), "/live/tickets/\(ticket)")
        all.append(late.events.makeAsyncIterator())
        _ = try await next("1 left", &all[2])
        #expect(try await buyer.send(.delete, "/api/orders/\(order)").status == 204)
        for index in all.indices { _ = try await next("3 left", &all[index]) }
        // The update comes from the event of the listing: the orders service publishes no event for this change.
        #expect(
            try await seller.send(.put, "/api/tickets/\(ticket)", json: #"{"quantity":7}"#).status == 200)
        for index in all.indices { _ = try await next("7 left", &all[index]) }
        try await second.stop()
        try await api.stop()
    }

    /// The event of the change arrived before the first watcher connected, and the orders service has not received it
    /// yet.
    @Test func anOutdatedCopyIsNotShown() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let seller = api.client()
        try await seller.signUp()
        let ticket = try await seller.list(quantity: 5).id
        let database = Psql(api.environment["DATABASE_URL"] ?? "")
        let update = "UPDATE orders.tickets SET offered = 2, version = 0, held = 1 WHERE id = '\(ticket)' RETURNING id"
        try await eventually("the orders service has the copy") { try await !database.column(update).isEmpty }
        let source = try await watch(api.client(), "/live/tickets/\(ticket)")
        var events = source.events.makeAsyncIterator()
        #expect(try #require(await events.next()).data.contains("4 left"))
        try await api.stop()
    }

    /// Redis loses all data, so no event reports the changes from before the loss.
    @Test func changesWithoutEventsAreFoundAfterALossOfRedis() async throws {
        let redis = try await RedisServer.start()
        let api = try await RunningAPI.start(workers: Self.services, redisURL: redis.url)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let ticket = try await seller.list(quantity: 5).id
        let order = try await buyer.order(ticket).text("id")
        let orderSource = try await watch(buyer, "/live/orders/\(order)")
        let ticketSource = try await watch(buyer, "/live/tickets/\(ticket)")
        var (orders, tickets) = (orderSource.events.makeAsyncIterator(), ticketSource.events.makeAsyncIterator())
        _ = try await next("awaiting_payment", &orders)
        _ = try await next("4 left", &tickets)
        let database = Psql(api.environment["DATABASE_URL"] ?? "")
        try await database.execute(
            """
            UPDATE orders.orders SET status = 'confirmed', attempt = 1, version = version + 1;
            UPDATE orders.tickets SET held = 3
            """)
        let flushed = ContinuousClock.now
        try await redis.flush()
        _ = try await next("confirmed", &orders)
        _ = try await next("2 left", &tickets)
        // The loss caused these reads: the regular read comes only every 15 s.
        #expect(ContinuousClock.now - flushed < .seconds(8))
        // Later changes are shown too.
        #expect(try await buyer.order(ticket).status == 201)
        _ = try await next("1 left", &tickets)
        try await api.stop()
    }

    @Test func onlyTheBuyerMayWatchAnOrder() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, buyer, other) = (api.client(), api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        try await other.signUp()
        let ticket = try await seller.list().id
        let order = try await buyer.order(ticket).text("id")
        let path = "/live/orders/\(order)"
        #expect(try await other.send(.get, path).status == 403)
        #expect(try await api.client().send(.get, path).status == 401)
        #expect(try await other.send(.get, "/live/orders/\(OrderID.new())").status == 404)
        #expect(try await other.send(.get, "/live/tickets/\(ListingID.new())").status == 404)
        #expect(try await other.send(.get, "/live/tickets/x").status == 400)
        #expect(try await buyer.send(.get, path, ["Accept": "application/json"]).status == 406)
        #expect(try await buyer.send(.post, path).status == 405)
        let head = try await watch(buyer, path, method: .HEAD)
        #expect(head.head.status == .ok)
        #expect(head.head.headers["content-type"] == ["text/event-stream"])
        try await api.stop()
    }

    @Test func aBanEndsTheUsersStreams() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp("watching@example.com")
        let ticket = try await seller.list(quantity: 2).id
        let order = try await buyer.order(ticket).text("id")
        let source = try await watch(buyer, "/live/orders/\(order)")
        let other = try await watch(seller, "/live/tickets/\(ticket)")
        try await ProductProcess.run("gittix", ["users", "ban", "watching@example.com"], environment: api.environment)
        var last: EventSource.Event?
        for await event in source.events { last = event }
        #expect(last == EventSource.Event(name: "end", data: "banned"))
        // The hold is released, and other streams continue.
        var others = other.events.makeAsyncIterator()
        _ = try await next("2 left", &others)
        try await api.stop()
    }

    @Test func aStreamEndsWhenTheTokenExpires() async throws {
        let api = try await RunningAPI.start(workers: Self.services, ["ACCESS_TOKEN_SECONDS": "3"])
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let order = try await buyer.order(seller.list().id).text("id")
        let source = try await watch(buyer, "/live/orders/\(order)")
        var names: [String] = []
        for await event in source.events { names.append(event.name) }
        #expect(names == ["order"])
        // The client reconnects with the refresh cookie.
        let again = try await watch(buyer, "/live/orders/\(order)")
        #expect(again.head.status == .ok)
        #expect(again.head.headers["set-cookie"].contains { $0.hasPrefix("gittix_access=") })
        try await api.stop()
    }

    @Test func tooManyStreamsAreRefused() async throws {
        let api = try await RunningAPI.start(
            workers: Self.services, ["STREAM_LIMIT": "3", "STREAMS_PER_ADDRESS": "2", "TRUSTED_PROXIES": "1"])
        let seller = api.client()
        try await seller.signUp()
        let path = "/live/tickets/\(try await seller.list().id)"
        let from = { (address: String) in
            try await watch(api.client(), path, ["X-Forwarded-For": "\(UUID()), \(address)"])
        }
        let first = try await from("192.0.2.1")
        let second = try await from("192.0.2.1")
        let third = try await from("192.0.2.1")
        #expect(third.head.status == .tooManyRequests)
        #expect(third.head.headers["retry-after"] == ["30"])
        let elsewhere = try await from("192.0.2.2")
        #expect([first, second, elsewhere].map(\.head.status) == [.ok, .ok, .ok])
        let full = try await from("192.0.2.3")
        #expect(full.head.status == .serviceUnavailable)
        #expect(full.head.headers["retry-after"] == ["10"])
        // When a client disconnects, another stream is admitted at once.
        try await first.close()
        try await eventually("another stream is accepted") {
            try await from("192.0.2.1").head.status == .ok
        }
        try await api.stop()
    }

    @Test func everyWatcherReceivesTheChange() async throws {
        let api = try await RunningAPI.start(workers: Self.services, ["STREAMS_PER_ADDRESS": "1000"])
        let (seller, buyer) = (api.client(), api.client())
        try await seller.signUp()
        try await buyer.signUp()
        let tickets = [try await seller.list(quantity: 9).id, try await seller.list(quantity: 9).id]
        let sources = try await concurrently(200) { number in
            try await watch(api.client(), "/live/tickets/\(tickets[number % 2])")
        }
        for ticket in tickets { #expect(try await buyer.order(ticket).status == 201) }
        for source in sources {
            var events = source.events.makeAsyncIterator()
            _ = try await next("8 left", &events)
        }
        try await api.stop()
    }

    @Test func openStreamsDoNotDelayTheShutdown() async throws {
        let api = try await RunningAPI.start(workers: Self.services)
        let seller = api.client()
        try await seller.signUp()
        let path = "/live/tickets/\(try await seller.list().id)"
        var sources: [EventSource] = []
        for _ in 0..<50 { sources.append(try await watch(api.client(), path)) }
        let start = ContinuousClock.now
        await api.triggerShutdown()
        for source in sources { for await event in source.events { #expect(event.name == "ticket") } }
        try await api.waitUntilStopped()
        // A server that waited for its streams would take the grace of 5 s.
        #expect(ContinuousClock.now - start < .seconds(5))
        try await api.stop()
    }
}
