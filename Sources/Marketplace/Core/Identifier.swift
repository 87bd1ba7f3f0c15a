public import FoundationEssentials

/// The id of one kind of thing: an order's id is not a user's.
public struct Identifier<Thing>: Hashable, Sendable {
    public var uuid: UUID

    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Reads the canonical form: 36 characters, hyphens included, any case. Anything else is nil.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(canonical: text) else { return nil }
        self.uuid = uuid
    }

    /// Reads the same from bytes.
    public init?(utf8 bytes: ArraySlice<UInt8>) {
        guard let uuid = UUID(canonical: bytes.span) else { return nil }
        self.uuid = uuid
    }
}

extension Identifier: CustomStringConvertible {
    /// Lower case, as RFC 9562 asks of what is written.
    public var description: String { uuid.canonical }
}

extension Identifier: Comparable {
    /// The order of the bytes, which is also PostgreSQL's: rows are locked in it.
    public static func < (one: Identifier, other: Identifier) -> Bool { one.uuid.precedes(other.uuid) }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = Identifier(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an id (a UUID)")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What the ids are of.
public enum Kind {
    public enum User {}
    public enum Session {}
    public enum Ticket {}
    public enum Order {}
    public enum Command {}
    public enum Event {}
}

public typealias UserID = Identifier<Kind.User>
public typealias SessionID = Identifier<Kind.Session>
public typealias TicketID = Identifier<Kind.Ticket>
public typealias OrderID = Identifier<Kind.Order>
public typealias CommandID = Identifier<Kind.Command>
public typealias EventID = Identifier<Kind.Event>
