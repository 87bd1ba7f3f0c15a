import Marketplace
import PostgresClient
import Storage
import Support
import Testing

@testable import Services

@Suite struct ServiceRegistryTests {
    private let topology = ServiceRegistry.topology

    @Test func servicesFollowOneAnother() {
        // Reports keep this order of services; new services come after these.
        #expect(topology.names.starts(with: [.users, .listings, .orders, .payments, .expiration]))
        #expect(topology.follows(.users) == [])
        #expect(topology.follows(.listings).starts(with: [.users, .orders]))
        #expect(topology.follows(.orders) == [.users, .listings, .payments, .expiration])
        #expect(topology.follows(.payments) == [.orders])
        #expect(topology.follows(.catalogue) == [.users])
        // Expiration follows the services that declare timers.
        #expect(topology.follows(.expiration) == [.listings, .orders])
    }

    @Test func followersAreTheServicesThatFollow() {
        #expect(topology.followers(of: .users) == [.listings, .orders, .catalogue])
        #expect(topology.followers(of: .listings) == [.orders, .expiration])
        #expect(topology.followers(of: .orders) == [.listings, .payments, .expiration])
        #expect(topology.followers(of: .payments) == [.orders])
        #expect(topology.followers(of: .expiration) == [.orders])
    }

    @Test func expirationHasNoSchema() {
        #expect(topology.withSchema.starts(with: [.users, .listings, .orders, .payments]))
        #expect(!topology.withSchema.contains(.expiration))
    }

    /// A timer's owner can read the command that expiration writes, and finds overdue rows by an index.
    @Test func everyTimerHasACommandAndAnIndex() async throws {
        let names = ServiceRegistry.timers.map(\.name)
        #expect(Set(names).count == names.count)
        let pool = PostgresPool(try PostgresConfiguration(url: await TestServers.freshDatabase()), size: 1)
        let (orders, listings) = (OrdersHandler.forRepair, ListingsHandler())
        for timer in ServiceRegistry.timers {
            #expect(!timer.events.isEmpty)
            let body = #"{"subject":"01936d6e-0000-7000-8000-000000000001","due":"2026-11-22T14:05:09.070Z"}"#
            let payload = Payload(version: 1, body: Array(body.utf8))
            switch timer.name.service {
            case .orders: _ = try orders.command(timer.command, payload)
            case .listings: _ = try listings.command(timer.command, payload)
            default: Issue.record("add the handler of \(timer.name.service)")
            }
            let plan = try await pool.withTransaction { transaction in
                try await transaction.execute("SET LOCAL enable_seqscan = off")
                return try await transaction.query(
                    "EXPLAIN \(timer.select(following: nil, until: .now(), limit: 100))"
                ).decode(String.self)
            }
            #expect(plan.contains { $0.contains("Index Cond") }, "\(timer.name): \(plan)")
        }
        await pool.close()
    }

    @Test func migrationsHaveDifferentNames() {
        let names = ServiceRegistry.migrations.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func everyCopyIsOfAFollowedService() {
        func check(_ copy: some CopyDeclaration) {
            #expect(topology.follows(copy.copies.follower).contains(copy.facts.service))
        }
        for copy in ServiceRegistry.copies { check(copy) }
    }
}
