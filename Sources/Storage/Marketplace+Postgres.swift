public import FoundationEssentials
public import Marketplace
public import PostgresClient

/// Stores ids as `uuid`.
extension Identifier: PostgresRepresentable {
    public var postgresForm: UUID { uuid }
    public init?(postgresForm: UUID) { self.init(postgresForm) }
}

/// Stores times as `timestamptz`, to the microsecond.
extension Timestamp: PostgresRepresentable {
    public var postgresForm: PostgresTimestamp { PostgresTimestamp(microseconds: microseconds) }
    public init?(postgresForm: PostgresTimestamp) { self.init(microseconds: postgresForm.microseconds) }
}
