import Marketplace
import Services
import Storage
import Testing

@Suite struct ServiceRegistryTests {
    private let topology = ServiceRegistry.topology

    @Test func servicesFollowOneAnother() {
        // Reports keep this order; new services come after them.
        #expect(topology.names.starts(with: [.users, .listings, .orders, .payments, .expiration]))
        #expect(topology.follows(.users) == [])
        #expect(topology.follows(.listings).starts(with: [.users, .orders]))
        #expect(topology.follows(.orders) == [.users, .listings, .payments, .expiration])
        #expect(topology.follows(.payments) == [.orders])
        #expect(topology.follows(.expiration) == [.orders])
    }

    @Test func followersAreTheServicesThatFollow() {
        #expect(topology.followers(of: .users) == [.listings, .orders])
        #expect(topology.followers(of: .listings) == [.orders])
        #expect(topology.followers(of: .orders) == [.listings, .payments, .expiration])
        #expect(topology.followers(of: .payments) == [.orders])
        #expect(topology.followers(of: .expiration) == [.orders])
    }

    @Test func expirationHasNoSchema() {
        #expect(topology.withSchema.starts(with: [.users, .listings, .orders, .payments]))
        #expect(!topology.withSchema.contains(.expiration))
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
