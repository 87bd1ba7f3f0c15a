import Bootstrap
import CurlClient
import Marketplace
import PostgresClient
import RedisClient
import Storage
import Streams
import Stripe

/// All examinations, one after the other: a look, another for what was found, and the treatment.
struct Checkup {
    /// A finding, and what became of it; nil where it was not to be mended.
    struct Result: Sendable, Hashable {
        var finding: Finding
        var treatment: Treatment?

        /// Whether something is (still) wrong.
        var isDamage: Bool {
            guard finding.weight == .damage else { return false }
            return switch treatment {
            case .mended, .healed: false
            case .left, nil: true
            }
        }
    }

    let surgery: Surgery
    let settings: Settings.Examination
    let patience: Duration

    func run(fix: Bool) async throws -> [Result] {
        // A database that does not answer, or that this build does not know, can't be examined.
        try await checkMigrations()
        _ = try await surgery.redis.send(RedisCommand("PING"))

        let examinations = try self.examinations()
        var first: [[Finding]] = []
        for examination in examinations { first.append(try await examination.look()) }
        guard first.contains(where: { !$0.isEmpty }) else { return [] }
        try await Task.sleep(for: patience)

        var results: [Result] = []
        var confirmed: [(any Examination, Finding)] = []
        for (examination, before) in zip(examinations, first) {
            let known = Set(before.map(\.sameness))
            guard !known.isEmpty else { continue }
            for finding in try await examination.look() where known.contains(finding.sameness) {
                confirmed.append((examination, finding))
            }
        }
        let isForgetful = confirmed.contains { $0.1.kind == .postgresSettings || $0.1.kind == .redisSettings }
        for (examination, finding) in confirmed.sorted(by: { $0.1.kind.rank < $1.1.kind.rank }) {
            var treatment: Treatment?
            if fix, finding.weight == .damage {
                treatment =
                    if isForgetful, finding.kind != .postgresSettings, finding.kind != .redisSettings {
                        .left("first the servers have to keep what they are told")
                    } else {
                        try await Self.treat(finding, by: examination)
                    }
            }
            results.append(Result(finding: finding, treatment: treatment))
        }
        return results
    }

    /// What can't be mended for a reason of its own keeps no other from being mended; what needs a server that is away
    /// does.
    private static func treat(_ finding: Finding, by examination: any Examination) async throws -> Treatment {
        for attempt in 1... {
            do {
                return try await examination.mend(finding)
            } catch let error as PostgresError where error.isRetryable && !error.isUnavailable && attempt < 5 {
                continue
            } catch let error as PostgresError where !error.isUnavailable {
                return .left("it could not be mended: \(error)")
            } catch let error as Refused {
                return .left("\(error)")
            } catch let error as StripeError {
                return .left("Stripe could not be asked: \(error)")
            }
        }
        return .left("it could not be mended")
    }

    private func checkMigrations() async throws {
        for services in settings.operating.databases.servicesByURL.values {
            let pool = try surgery.pool(of: services[0])
            let missing = try await pool.withConnection { connection in
                try await Migrator(connection: connection).status(services: services).filter { $0.appliedAt == nil }
            }
            if let first = missing.first {
                throw Refused(message: "migration \(first.name) is not applied: run `gittix migrate` first")
            }
        }
    }

    private func examinations() throws -> [any Examination] {
        let (users, orders) = (Facts<UserState>.users, Facts<OrderState>.orders)
        var examinations: [any Examination] = [
            ServerExamination(surgery: surgery, eviction: settings.operating.redis.evictionCheck)
        ]
        for service in Service.allCases where service.hasSchema {
            examinations.append(StreamExamination(service: service, surgery: surgery))
            examinations.append(InboxExamination(service: service, surgery: surgery))
        }
        examinations += [
            PutOffExamination(surgery: surgery),
            UnitsExamination(repair: OrdersRepair(pool: try surgery.pool(of: .orders))),
            CountsExamination(repair: TicketsRepair(pool: try surgery.pool(of: .tickets))),
            CopyExamination(
                facts: users, copies: .users(of: .tickets), surgery: surgery, isCopy: { $0.isCopy(of: $1) },
                isOver: \.isOver,
                end: { copy, _ in try await surgery.decide([TicketsEvent.user(copy.over)]) }),
            CopyExamination(
                facts: users, copies: .users(of: .orders), surgery: surgery, isCopy: { $0.isCopy(of: $1) },
                isOver: \.isOver,
                end: { copy, _ in try await surgery.decide([OrdersEvent.user(copy.over)]) }),
            CopyExamination(
                facts: .tickets, copies: .offers, surgery: surgery, isCopy: { $0.isCopy(of: $1) }, isOver: \.isOver,
                end: { copy, now in try await surgery.decide([OrdersEvent.ticket(copy.over(at: now))]) }),
            CopyExamination(
                facts: orders, copies: .countedOrders, surgery: surgery, isCopy: { $0.isCopy(of: $1) },
                isOver: \.isOver,
                end: { copy, now in try await surgery.decide([TicketsEvent.order(copy.over(at: now))]) }),
            CopyExamination(
                facts: orders, copies: .payableOrders, surgery: surgery, isCopy: { $0.isCopy(of: $1) },
                isOver: \.isOver,
                end: { copy, now in try await surgery.decide([PaymentsEvent.order(copy.over(at: now))]) }),
            DeadlineExamination(
                surgery: surgery, repair: OrdersRepair(pool: try surgery.pool(of: .orders)),
                latest: settings.reconcileInterval * 1.2 + .seconds(30)),
            PaymentExamination(surgery: surgery, repair: PaymentsRepair(pool: try surgery.pool(of: .payments))),
            QueueExamination(surgery: surgery),
        ]
        if let stripe = settings.stripe {
            let client = StripeClient(
                StripeConfiguration(secretKey: stripe.secretKey.exposed, apiBase: stripe.apiBase), curl: CurlClient())
            examinations.append(
                StripeExamination(
                    repair: PaymentsRepair(pool: try surgery.pool(of: .payments)), client: client,
                    publicURL: stripe.publicURL))
        }
        return examinations
    }
}

extension Ailment {
    /// Its place in the order of treatment.
    var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
