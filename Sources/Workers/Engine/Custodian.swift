import Logging
import Marketplace
import ServiceLifecycle
import Storage
import Streams

/// Keeps a service's tables and its event stream from growing: once a second it computes the low-water mark, below which
/// every follower has read, and lets go of what lies there.
struct Custodian: ServiceLifecycle.Service {
    let service: Marketplace.Service
    let outbox: Outbox
    let inbox: Inbox
    let stream: EventStream
    let logger: Logger
    var interval: Duration = .seconds(1)
    /// How long a command's id is known: longer than anyone may repeat it.
    var inboxLife: Duration = .seconds(48 * 3600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var round = 0
            while !Task.isCancelled {
                do {
                    try await tidy(inboxToo: round.isMultiple(of: 60))
                } catch {
                    logger.notice("The stream of \(service) was not tidied.", metadata: ["error": "\(error)"])
                }
                round += 1
                try? await Task.sleep(for: interval * Double.random(in: 0.9...1.1))
            }
        }
    }

    func tidy(inboxToo: Bool) async throws {
        let read = try await stream.lowWater(groups: service.followers)
        try await outbox.mark(lowWater: read)
        try await stream.trim(before: read)
        try await outbox.maintain()
        if inboxToo { try await inbox.prune(before: .now() - inboxLife) }
    }
}
