public import Marketplace
import PostgresClient
import Storage

extension CatalogueReads {
    /// Returns pairs of performances that may be the same one and have not started, the soonest first.
    public func duplicates(limit: Int) async throws -> [(PerformanceState, PerformanceState)] {
        let pairs = try await pool.query(
            """
            SELECT performance_id, other_id FROM catalogue.duplicates WHERE NOT kept AND starts_at > now()
            ORDER BY starts_at, performance_id, other_id LIMIT \(Int64(limit))
            """
        ).decode((PerformanceID, PerformanceID).self)
        let ids = Set(pairs.flatMap { [$0.0, $0.1] })
        let states = try await pool.query(
            "SELECT \(Performance.columns) FROM catalogue.performances WHERE id = ANY(\(ids.sorted()))"
        ).decodeKnown { try Performance(row: $0).state }
        let byID = Dictionary(states.map { ($0.id, $0) }) { $1 }
        return pairs.compactMap { one, other in
            guard let one = byID[one], let other = byID[other] else { return nil }
            return (one, other)
        }
    }
}
