public import FoundationEssentials

/// An id with a type for each kind of thing, so that an order's id can't be used as a user's.
public struct Identifier<Thing>: Hashable, Sendable {
    public var uuid: UUID

    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Reads the canonical form: 36 characters with hyphens; letters may be upper or lower case. Returns nil for
    /// anything else.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(canonical: text) else { return nil }
        self.uuid = uuid
    }

    /// Reads the canonical form from bytes.
    public init?(utf8 bytes: ArraySlice<UInt8>) {
        guard let uuid = UUID(canonical: bytes.span) else { return nil }
        self.uuid = uuid
    }
}

extension Identifier: CustomStringConvertible {
    /// The canonical form in lower case, as PostgreSQL writes it.
    public var description: String { uuid.canonical }
}

extension Identifier: Comparable {
    /// The order of the bytes. PostgreSQL uses the same order, and rows are locked in this order.
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

/// The kinds of things that have ids.
public enum Kind {
    public enum User {}
    public enum Session {}
    public enum Listing {}
    public enum Draft {}
    public enum Order {}
    public enum Command {}
    public enum Event {}
}

public typealias UserID = Identifier<Kind.User>
public typealias SessionID = Identifier<Kind.Session>
public typealias ListingID = Identifier<Kind.Listing>
public typealias DraftID = Identifier<Kind.Draft>
public typealias OrderID = Identifier<Kind.Order>
public typealias CommandID = Identifier<Kind.Command>
public typealias EventID = Identifier<Kind.Event>
