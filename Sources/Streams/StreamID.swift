public import RedisClient

/// The id of a stream's entry: two 64-bit numbers, ordered as a pair. Redis fills them with its clock's milliseconds
/// and a sequence number; in an event stream the first is the outbox row's id and the second 0.
public struct StreamID: Sendable, Hashable {
    public var milliseconds: UInt64
    public var sequence: UInt64

    public init(milliseconds: UInt64, sequence: UInt64 = 0) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// The id of the outbox row's entry.
    public init(outbox id: UInt64) { self.init(milliseconds: id) }

    /// `1692632086370-0`. Nothing else: neither `$` nor `-`, nor a number alone.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt64(parts[0]), let second = UInt64(parts[1]) else { return nil }
        self.init(milliseconds: first, sequence: second)
    }

    /// Reads the same from bytes.
    init?(utf8 bytes: ArraySlice<UInt8>) {
        guard let hyphen = bytes.firstIndex(of: UInt8(ascii: "-")),
            let first = Self.number(bytes[..<hyphen]), let second = Self.number(bytes[(hyphen + 1)...])
        else { return nil }
        self.init(milliseconds: first, sequence: second)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var number: UInt64 = 0
        for byte in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            let (product, isTooMuch) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !isTooMuch, !overflow else { return nil }
            number = sum
        }
        return number
    }

    /// Before every entry.
    public static let zero = StreamID(milliseconds: 0)

    /// The outbox row's id, of an entry in an owner's event stream.
    public var outboxID: UInt64 { milliseconds }

    /// The greatest id before this one; zero has none, and gives itself.
    public var previous: StreamID {
        if sequence > 0 { return StreamID(milliseconds: milliseconds, sequence: sequence - 1) }
        return milliseconds > 0 ? StreamID(milliseconds: milliseconds - 1, sequence: .max) : .zero
    }
}

extension StreamID: Comparable {
    public static func < (one: StreamID, other: StreamID) -> Bool {
        (one.milliseconds, one.sequence) < (other.milliseconds, other.sequence)
    }
}

extension StreamID: CustomStringConvertible {
    public var description: String { "\(milliseconds)-\(sequence)" }
}

/// Written as it is: a batch names each of its entries a few times.
extension StreamID: RedisWord {
    public func write(to bytes: inout [UInt8]) {
        Self.write(milliseconds, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.write(sequence, to: &bytes)
    }

    private static func write(_ number: UInt64, to bytes: inout [UInt8]) {
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
