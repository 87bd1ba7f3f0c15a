import Logging
import Marketplace
import PostgresClient
import ServiceLifecycle
import Storage
import Streams

/// Keeps a service's tables and its event stream from growing: once a second it computes the low-water mark, below which
/// every follower has settled all, and lets go of what lies there.
struct Custodian: ServiceLifecycle.Service {
    let service: Marketplace.Service
    let pool: PostgresPool
    let storage: ServiceStorage
    let stream: EventStream
    let logger: Logger
    var clock: @Sendable () -> Timestamp = { .now() }
    var interval: Duration = .seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                do {
                    try await tidy(tablesToo: round.isMultiple(of: 10))
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("The stream of \(service) was not tidied.", metadata: ["error": "\(error)"])
                }
                round += 1
                try? await Task.sleep(for: interval * Double.random(in: 0.9...1.1))
            }
        }
    }

    func tidy(tablesToo: Bool) async throws {
        let lowWater = try await stream.lowWater(groups: service.followers)
        let mark = Int64(clamping: lowWater.settled.outboxID)
        // Beyond the last row lies only what somebody wrote into the stream by hand, until the relay has put that right.
        if try await Int64(clamping: lowWater.read.outboxID) <= storage.outbox.lastID(on: pool) {
            try await storage.outbox.mark(lowWater: mark, on: pool)
            try await stream.trim(before: lowWater.read)
        }
        if tablesToo { try await tidyTables() }
    }

    private func tidyTables() async throws {
        let partitions = try await storage.outbox.maintain(on: pool)
        if !partitions.dropped.isEmpty {
            logger.info("Read events are dropped.", metadata: ["partitions": "\(partitions.dropped)"])
        }
        let slots = try await storage.inbox.maintain(at: clock(), on: pool)
        if !slots.dropped.isEmpty {
            logger.info("Old messages are forgotten.", metadata: ["partitions": "\(slots.dropped)"])
        }
    }
}
