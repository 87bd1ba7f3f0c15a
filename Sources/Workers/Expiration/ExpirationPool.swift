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
        let alarm = Alarm()
        let handler = ExpirationHandler(deadlines: deadlines, alarm: alarm)
        return PoolServices(
            background: [
                ExpirationCustodian(stream: stream, logger: logger),
                DeadlineClock(deadlines: deadlines, alarm: alarm, logger: logger),
            ],
            consumers: [ConsumerService(consumer: consumer, handle: handler.handle)])
    }
}

/// Hears of orders. Hearing twice, or in another order, ends in the same: a deadline that should not be there fires, and
/// the orders service knows better.
struct ExpirationHandler: Sendable {
    let deadlines: Deadlines
    let alarm: Alarm
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
        let now = clock()
        let oldest = now - overdueLimit
        let armed = due.compactMap { id, time in time.flatMap { $0 >= oldest ? (order: id, due: $0) : nil } }
        try await deadlines.arm(armed)
        if let soonest = armed.map(\.due).min() { alarm.advance(to: .now + (soonest - now)) }
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
