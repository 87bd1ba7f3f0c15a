import Bootstrap
import CurlClient
import Marketplace
import PostgresClient
import RedisClient
import Services
import Storage
import Streams
import Stripe

/// Runs all checks: a scan, a second scan of the checks that found something, and the repairs.
struct DoctorRun {
    /// A confirmed finding, and the result of its repair if one was tried.
    struct Result: Sendable, Hashable {
        var finding: Finding
        var repair: RepairResult?

        /// True if the finding is damage that was not repaired.
        var isDamage: Bool {
            guard finding.weight == .damage else { return false }
            return switch repair {
            case .repaired, .resolved: false
            case .manual, nil: true
            }
        }
    }

    let context: OperatorContext
    let settings: Settings.Doctor
    /// The time between the two scans.
    let confirmAfter: Duration

    func run(fix: Bool) async throws -> [Result] {
        // The checks need databases that answer and have this build's schemas.
        try await checkMigrations()
        _ = try await context.redis.send(RedisCommand("PING"))

        let checks = try self.checks()
        var first: [[Finding]] = []
        for check in checks { first.append(try await check.scan()) }
        guard first.contains(where: { !$0.isEmpty }) else { return [] }
        try await Task.sleep(for: confirmAfter)

        var results: [Result] = []
        var confirmed: [(any Check, Finding)] = []
        for (check, before) in zip(checks, first) {
            let identities = Set(before.map(\.identity))
            guard !identities.isEmpty else { continue }
            for finding in try await check.scan() where identities.contains(finding.identity) {
                confirmed.append((check, finding))
            }
        }
        let hasUnsafeDurability = confirmed.contains {
            $0.1.kind == .postgresSettings || $0.1.kind == .redisSettings
        }
        for (check, finding) in confirmed.sorted(by: { $0.1.kind.rank < $1.1.kind.rank }) {
            var repair: RepairResult?
            if fix, finding.weight == .damage {
                repair =
                    if hasUnsafeDurability, finding.kind != .postgresSettings, finding.kind != .redisSettings {
                        .manual("first change the settings of the servers, so that they cannot lose data")
                    } else {
                        try await Self.repair(finding, by: check)
                    }
            }
            results.append(Result(finding: finding, repair: repair))
        }
        return results
    }

    /// Repairs a finding. A failed repair does not stop the other repairs, but an unavailable PostgreSQL or Redis
    /// server does.
    private static func repair(_ finding: Finding, by check: any Check) async throws -> RepairResult {
        for attempt in 1... {
            do {
                return try await check.repair(finding)
            } catch let error as PostgresError where error.isRetryable && !error.isUnavailable && attempt < 5 {
                continue
            } catch let error as PostgresError where !error.isUnavailable {
                return .manual("the repair failed: \(error)")
            } catch let error as OperatorError {
                return .manual("\(error)")
            } catch let error as UndecidedMessage {
                return .manual("\(error)")
            } catch let error as StripeError {
                return .manual("the request to Stripe failed: \(error)")
            }
        }
        return .manual("the repair failed")
    }

    private func checkMigrations() async throws {
        for services in settings.operating.databases.servicesByURL.values {
            let pool = try context.pool(of: services[0])
            let missing = try await pool.withConnection { connection in
                try await Migrator(connection: connection).status(services: services).filter { $0.appliedAt == nil }
            }
            if let first = missing.first {
                throw OperatorError(message: "migration \(first.name) is not applied: run `gittix migrate` first")
            }
        }
    }

    private func checks() throws -> [any Check] {
        var checks: [any Check] = [
            ServerCheck(context: context, eviction: settings.operating.redis.evictionCheck)
        ]
        for service in ServiceRegistry.all where service.migrations != nil {
            checks.append(StreamCheck(service: service.name, context: context))
            checks.append(WorkCheck(service: service.name, context: context))
            checks.append(
                InboxCheck(
                    service: service.name, inbox: service.inboxRepair(on: try context.pool(of: service.name)),
                    context: context))
        }
        let orders = OrdersRepair(pool: try context.pool(of: .orders))
        let payments = PaymentsRepair(pool: try context.pool(of: .payments))
        checks += [
            DeferredCheck(context: context),
            UnitsCheck(orders: orders),
            CountsCheck(listings: ListingsRepair(pool: try context.pool(of: .listings))),
        ]
        for declaration in ServiceRegistry.copies { checks.append(check(of: declaration)) }
        for timer in ServiceRegistry.timers {
            checks.append(
                TimerCheck(timer: timer, context: context, maxDelay: settings.reconcileInterval * 1.2 + .seconds(30)))
        }
        checks += [
            PaymentCheck(context: context, payments: payments),
            QueueCheck(context: context),
        ]
        if let stripe = settings.stripe {
            let client = StripeClient(
                StripeConfiguration(secretKey: stripe.secretKey.exposed, apiBase: stripe.apiBase), curl: CurlClient())
            checks.append(StripeCheck(payments: payments, client: client, publicURL: stripe.publicURL))
        }
        return checks
    }

    private func check(of declaration: some CopyDeclaration) -> any Check {
        CopyCheck(declaration: declaration, context: context)
    }
}
