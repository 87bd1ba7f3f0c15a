import JSONCoding
import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Services
import Storage
import Streams

/// Keeps watched topics up to date. It follows the events of orders and of listings, once for all streams of the
/// process, and regularly reads PostgreSQL for changes whose events were lost.
///
/// An order's event contains the whole state of the order, but not the number of units left of its listing. So the
/// listing is marked for reading.
struct LiveUpdater: ServiceLifecycle.Service {
    struct Followed: Sendable {
        let stream: EventStream
        let follower: EventFollower
    }

    let hub: LiveHub
    let reader: LiveListingReader
    let orders: OrderReads
    let bans: BanList
    let endedSessions: EndedSessions
    let followed: [Followed]
    let logger: Logger
    private let readRequests: AsyncStream<Void>
    private let readRequest: AsyncStream<Void>.Continuation

    init(
        hub: LiveHub, reader: LiveListingReader, orders: OrderReads, bans: BanList, endedSessions: EndedSessions,
        followed: [Followed], logger: Logger
    ) {
        self.hub = hub
        self.reader = reader
        self.orders = orders
        self.bans = bans
        self.endedSessions = endedSessions
        self.followed = followed
        self.logger = logger
        (readRequests, readRequest) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for one in followed { group.addTask { await follow(one) } }
                group.addTask { await reader.run() }
                group.addTask { await readOnRequest() }
                group.addTask { await tickEverySecond() }
            }
        }
    }

    // MARK: Events

    private func follow(_ followed: Followed) async {
        guard let position = await position(of: followed.stream) else { return }
        // There may already be watchers, and the follower does not read earlier events, so PostgreSQL is read now.
        readRequest.yield()
        await followed.follower.run(after: position, resumed: { readRequest.yield() }) { events in apply(events) }
    }

    /// Returns the last id of the stream, or `nil` if the task was cancelled.
    private func position(of stream: EventStream) async -> StreamID? {
        while !Task.isCancelled {
            do {
                return try await stream.last().id
            } catch {
                guard !Task.isCancelled else { return nil }
                logger.warning(
                    "Could not read the position of an event stream; retrying",
                    metadata: ["service": "\(stream.service)", "error": "\(error)"])
                // A cancellation ends the sleep, and the loop's condition is then false.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        return nil
    }

    private func apply(_ events: [StreamEvent]) {
        var changed: Set<ListingID> = []
        for event in events {
            do {
                try apply(event.event, &changed)
            } catch {
                // The next read of PostgreSQL finds the change.
                logger.warning(
                    "Could not read an event", metadata: ["id": "\(event.id)", "type": "\(event.event.type)"])
            }
        }
        if hub.markDirty(changed) { reader.wake() }
    }

    /// Decodes only events of watched topics: there may be thousands of other events a second.
    private func apply(_ event: EventEnvelope, _ changed: inout Set<ListingID>) throws {
        switch EventType(rawValue: event.type) {
        case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
            if let id = OrderID(event.subject), hub.watches(.order(id)) {
                let order = try JSONBytes.decode(OrderState.self, from: event.body)
                hub.publish(order)
                changed.insert(order.ticketId)
            } else if hub.watchesListings, let listing = ListingID(inOrderEvent: event.body) {
                changed.insert(listing)
            }
        case .ticketCreated, .ticketUpdated:
            guard let id = ListingID(event.subject), hub.watches(.listing(id)) else { return }
            hub.publish(try JSONBytes.decode(ListingState.self, from: event.body))
            changed.insert(id)
        default: break
        }
    }

    // MARK: Reads of PostgreSQL

    /// Seconds between two reads. The reads find changes whose events Redis lost, or trimmed before this process read
    /// them.
    private static let readInterval = 15
    /// Seconds between two reads while Redis is unavailable.
    private static let readIntervalWithoutRedis = 2
    private static let readLimit = 1000

    private func readOnRequest() async {
        var isFailing = false
        for await _ in readRequests {
            hub.markAllDirty()
            reader.wake()
            do {
                let ids = hub.watchedOrders
                for start in stride(from: 0, to: ids.count, by: Self.readLimit) {
                    let part = ids[start..<min(start + Self.readLimit, ids.count)]
                    for order in try await orders.orders(Array(part)) { hub.publish(order) }
                }
                isFailing = false
            } catch {
                guard !Task.isCancelled else { return }
                if !isFailing { logger.warning("Could not read watched orders", metadata: ["error": "\(error)"]) }
                isFailing = true
            }
        }
    }

    /// Ends streams, sends heartbeats, and requests a read of PostgreSQL when it is due.
    private func tickEverySecond() async {
        var (tick, secondsSinceRead): (UInt64, Int) = (0, 0)
        while !Task.isCancelled {
            // A cancellation ends the sleep, and the loop's condition is then false.
            try? await Task.sleep(for: .seconds(1))
            tick += 1
            hub.tick(
                tick, heartbeatInterval: 20, now: .now(), isBanned: { bans.status(of: $0) == .banned },
                hasEnded: endedSessions.contains)
            secondsSinceRead += 1
            let earliest = ContinuousClock.now - .seconds(2)
            let isRedisAvailable = followed.allSatisfy { ($0.follower.lastSuccessfulRead ?? earliest) > earliest }
            let interval = isRedisAvailable ? Self.readInterval : Self.readIntervalWithoutRedis
            guard secondsSinceRead >= interval else { continue }
            secondsSinceRead = 0
            readRequest.yield()
        }
    }
}

extension LiveUpdater.Followed {
    /// - Parameter blocking: a connection that only this follower uses.
    init(
        _ service: ServiceName, redis: RedisClient, blocking: RedisClient, keys: Keys, logger: Logger
    ) {
        self.init(
            stream: EventStream(service: service, redis: redis, keys: keys),
            follower: EventFollower(service: service, blocking: blocking, keys: keys, logger: logger))
    }
}
