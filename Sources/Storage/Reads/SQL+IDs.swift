public import Marketplace
public import PostgresClient

extension SQL {
    /// Returns the condition that a column has one of these ids, without the column's name.
    ///
    /// A single id is compared without an array, because PostgreSQL then plans the statement once for a connection. A
    /// statement with an array is planned each time, because the cost depends on the array's length. That planning
    /// takes longer than reading the row.
    public static func oneOf<Kind>(_ ids: [Identifier<Kind>]) -> SQL {
        ids.count == 1 ? "= \(ids[0])" : "= ANY(\(ids))"
    }
}
