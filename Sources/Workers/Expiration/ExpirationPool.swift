import FoundationEssentials
import Logging
import Marketplace
import ServiceLifecycle
import Streams

/// The clock: arms a deadline for each unpaid order, and tells when it is over. It keeps nothing but Redis's sorted set;
/// what is lost there is found by the orders service's sweep.
struct ExpirationPool {
    let consumer: StreamConsumer
    let deadlines: Deadlines
    let stream: EventStream
    let logger: Logger

    var services: PoolServices {
        PoolServices(
            background: [
                ExpirationCustodian(stream: stream, logger: logger),
                DeadlineClock(deadlines: deadlines, logger: logger),
            ],
            consumers: [ConsumerService(consumer: consumer, handle: ExpirationHandler(deadlines: deadlines).handle)])
    }
}

/// Hears of orders. Hearing twice, or in another order, ends in the same: a deadline that should not be there fires, and
/// the orders service knows better.
struct ExpirationHandler: Sendable {
    let deadlines: Deadlines
    /// What is overdue by more than this is the sweep's, so that a replay of old events is no stampede.
    var overdueLimit: Duration = .seconds(60)
    var clock: @Sendable () -> Timestamp = { .now() }

    func handle(_ batch: Batch) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        // The last word on each order: a batch is in order.
        var due: [OrderID: Timestamp?] = [:]
        for entry in batch.entries {
            switch read(entry) {
            case .success(nil): outcomes.append(.done)
            case .success(let order?):
                due[order.id] = .some(order.status == .awaitingPayment ? order.expiresAt : nil)
                outcomes.append(.done)
            case .failure(let outcome): outcomes.append(outcome.outcome)
            }
        }
        let oldest = clock() - overdueLimit
        try await deadlines.arm(
            due.compactMap { id, time in time.flatMap { $0 >= oldest ? (order: id, due: $0) : nil } })
        try await deadlines.disarm(due.compactMap { id, time in time == nil ? id : nil })
        return outcomes
    }

    private struct Refused: Error { var outcome: Outcome }

    private func read(_ entry: StreamEntry) -> Result<OrderState?, Refused> {
        switch entry.content {
        case .malformed(let reason, _): return .failure(Refused(outcome: .dead(reason: reason)))
        case .command(let command):
            return .failure(Refused(outcome: .dead(reason: "this service takes no commands, such as \(command.type)")))
        case .event(let event, _):
            do {
                switch EventType(rawValue: event.type) {
                case .orderCreated, .orderConfirmed, .orderCompleted, .orderCancelled, .orderRefunded:
                    return .success(try Payload(version: event.payloadVersion, body: event.body).decode())
                case nil: throw UnknownPayload(what: "the event \(event.type)")
                default: return .success(nil)
                }
            } catch let error as UnknownPayload {
                return .failure(Refused(outcome: .putOff(after: .seconds(30), reason: "\(error)")))
            } catch {
                return .failure(Refused(outcome: .dead(reason: "\(error)")))
            }
        }
    }
}

/// Fires what is due, by Redis's own clock.
struct DeadlineClock: ServiceLifecycle.Service {
    let deadlines: Deadlines
    let logger: Logger
    var limit = 1000
    /// The longest pause: what another process arms meanwhile may be due before what this one knows of.
    var interval: Duration = .milliseconds(50)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = interval
                do {
                    let fired = try await deadlines.fire(limit: limit)
                    // More may be due than its followers have room for: nothing fired is no reason to hurry.
                    if let next = fired.next, fired.count > 0 || next > .zero { pause = min(pause, next) }
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("Deadlines can't be fired.", metadata: ["error": "\(error)"])
                    pause = .seconds(1)
                }
                if pause > .zero { try? await Task.sleep(for: pause) }
            }
        }
    }
}

/// Trims the stream of expiries to what some follower has not read.
struct ExpirationCustodian: ServiceLifecycle.Service {
    let stream: EventStream
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let lowWater = try await stream.lowWater(groups: Marketplace.Service.expiration.followers)
                    try await stream.trim(before: lowWater.read)
                } catch {
                    if Task.isCancelled { break }
                    logger.notice("The stream of expiries was not trimmed.", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }
}
