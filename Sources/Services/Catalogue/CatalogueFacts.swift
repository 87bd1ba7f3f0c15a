package import FoundationEssentials
package import Marketplace
import PostgresClient
package import Storage

extension Performer: Fact {
    package var factID: UUID { id.uuid }
}

extension Show: Fact {
    package var factID: UUID { id.uuid }
}

extension Venue: Fact {
    package var factID: UUID { id.uuid }
}

extension PerformanceState: Fact {
    package var factID: UUID { id.uuid }
}

extension ServiceFacts where State == PerformanceState {
    /// The performances, as the catalogue announces them.
    package static var performances: ServiceFacts {
        ServiceFacts(
            service: .catalogue, table: "catalogue.performances", columns: Performance.columns,
            make: { try Performance(row: $0).state })
    }
}

extension CatalogueMember: FactCopy {
    package var factID: UUID { id.uuid }
}

extension PlainCopy where State == UserState, Copy == CatalogueMember {
    /// The catalogue's copies of users. The engine writes them, because the catalogue's decisions only read them.
    package static var catalogueMembers: PlainCopy {
        PlainCopy(
            of: .users,
            in: CopyTable(
                follower: .catalogue, table: "catalogue.users", columns: CatalogueMember.columns,
                make: { try CatalogueMember(row: $0) }),
            events: [.userCreated, .userUpdated], make: { CatalogueMember($0) },
            upsert: { members in
                """
                INSERT INTO catalogue.users AS copy (id, status, role, version)
                SELECT
                    unnest(\(members.map(\.id))), unnest(\(members.map(\.status.rawValue))),
                    unnest(\(members.map(\.role.rawValue))), unnest(\(members.map(\.version)))
                ON CONFLICT (id) DO UPDATE SET
                    status = excluded.status, role = excluded.role, version = excluded.version
                WHERE copy.version < excluded.version
                """
            }, delete: { "DELETE FROM catalogue.users WHERE id = \($0)" })
    }
}
