public import Marketplace
public import PostgresClient

extension SQL {
    /// The condition that a column has one of these ids, without the column's name before it.
    ///
    /// A single id is compared by itself: PostgreSQL plans such a statement once for a connection. It plans one with an
    /// array each time, because the cost depends on the array's length, and that takes longer than reading the row.
    public static func oneOf<Kind>(_ ids: [Identifier<Kind>]) -> SQL {
        ids.count == 1 ? "= \(ids[0])" : "= ANY(\(ids))"
    }
}
