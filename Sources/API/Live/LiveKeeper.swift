import JSONCoding
import Logging
import Marketplace
import RedisClient
import ServiceLifecycle
import Storage
import Streams

/// Keeps what is watched up to date: one follower of the orders' events and one of the tickets' for all streams of the
/// process, and now and then a look at PostgreSQL for what no event told.
///
/// An order's event carries its whole state. How many units are left of a ticket is counted by the orders service alone,
/// so an event only says that its count is to be read.
struct LiveKeeper: ServiceLifecycle.Service {
    struct Followed: Sendable {
        let stream: EventStream
        let follower: EventFollower
    }

    let hub: LiveHub
    let reader: LiveTicketReader
    let orders: OrderReads
    let bans: BanList
    let followed: [Followed]
    let logger: Logger
    private let looks: AsyncStream<Void>
    private let looking: AsyncStream<Void>.Continuation

    init(
        hub: LiveHub, reader: LiveTicketReader, orders: OrderReads, bans: BanList, followed: [Followed], logger: Logger
    ) {
        self.hub = hub
        self.reader = reader
        self.orders = orders
        self.bans = bans
        self.followed = followed
        self.logger = logger
        (looks, looking) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for one in followed { group.addTask { await follow(one) } }
                group.addTask { await reader.run() }
                group.addTask { await keepLooking() }
                group.addTask { await keepTime() }
            }
        }
    }

    // MARK: Following

    private func follow(_ followed: Followed) async {
        guard let position = await position(of: followed.stream) else { return }
        // Some may watch already, and what happened before the position is told to nobody.
        looking.yield()
        await followed.follower.run(after: position, resumed: { looking.yield() }) { events in take(events) }
    }

    /// Nil when the task was cancelled.
    private func position(of stream: EventStream) async -> StreamID? {
        while !Task.isCancelled {
            do {
                return try await stream.last().id
            } catch {
                guard !Task.isCancelled else { return nil }
                logger.warning(
                    "events can't be followed yet", metadata: ["of": "\(stream.service)", "error": "\(error)"])
                // Cancelled: the loop's condition ends it.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        return nil
    }

    private func take(_ events: [StreamEvent]) {
        var changed: Set<TicketID> = []
        for event in events {
            do {
                try take(event.event, &changed)
            } catch {
                // The next look at PostgreSQL has what it told.
                logger.warning(
                    "an event can't be read", metadata: ["id": "\(event.id)", "type": "\(event.event.type)"])
            }
        }
        if hub.markDirty(changed) { reader.wake() }
    }

    /// Decodes only what somebody watches: there may be thousands of events a second that nobody does.
    private func take(_ event: EventEnvelope, _ changed: inout Set<TicketID>) throws {
        switch EventType(rawValue: event.type) {
        case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
            if let id = OrderID(event.subject), hub.watches(.order(id)) {
                let order = try JSONBytes.decode(OrderState.self, from: event.body)
                hub.publish(order)
                changed.insert(order.ticketId)
            } else if hub.watchesTickets, let ticket = OrderBody.ticket(event.body) {
                changed.insert(ticket)
            }
        case .ticketCreated, .ticketUpdated:
            guard let id = TicketID(event.subject), hub.watches(.ticket(id)) else { return }
            hub.publish(try JSONBytes.decode(TicketState.self, from: event.body))
            changed.insert(id)
        default: break
        }
    }

    // MARK: Looking

    /// How often PostgreSQL is asked for what no event told: one that Redis lost, or that was trimmed before it was read.
    private static let lookEvery = 15
    /// The same while Redis can't be read.
    private static let lookEveryWithoutRedis = 2
    private static let lookLimit = 1000

    private func keepLooking() async {
        var isFailing = false
        for await _ in looks {
            hub.markAllDirty()
            reader.wake()
            do {
                let ids = hub.watchedOrders
                for start in stride(from: 0, to: ids.count, by: Self.lookLimit) {
                    let part = ids[start..<min(start + Self.lookLimit, ids.count)]
                    for order in try await orders.orders(Array(part)) { hub.publish(order) }
                }
                isFailing = false
            } catch {
                guard !Task.isCancelled else { return }
                if !isFailing { logger.warning("watched orders can't be read", metadata: ["error": "\(error)"]) }
                isFailing = true
            }
        }
    }

    /// Each second: the streams that are over, heartbeats, and whether it is time to look.
    private func keepTime() async {
        var (beat, sinceLook): (UInt64, Int) = (0, 0)
        while !Task.isCancelled {
            // Cancelled: the loop's condition ends it.
            try? await Task.sleep(for: .seconds(1))
            beat += 1
            hub.tick(beat, beats: 20, now: .now()) { bans.standing(of: $0) == .banned }
            sinceLook += 1
            let earliest = ContinuousClock.now - .seconds(2)
            let isRedisHeard = followed.allSatisfy { ($0.follower.lastSuccessfulRead ?? earliest) > earliest }
            guard sinceLook >= (isRedisHeard ? Self.lookEvery : Self.lookEveryWithoutRedis) else { continue }
            sinceLook = 0
            looking.yield()
        }
    }
}

extension LiveKeeper.Followed {
    /// One that follows by a connection of its own.
    init(
        _ service: Marketplace.Service, redis: RedisClient, blocking: RedisClient, keys: Keys, logger: Logger
    ) {
        self.init(
            stream: EventStream(service: service, redis: redis, keys: keys),
            follower: EventFollower(service: service, blocking: blocking, keys: keys, logger: logger))
    }
}
