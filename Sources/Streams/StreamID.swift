public import RedisClient

/// The id of a stream's entry: two 64-bit numbers, ordered as a pair.
///
/// Redis sets them to its clock's milliseconds and a sequence number. In an event stream, the first number is the id of
/// the outbox row, and the second is 0.
public struct StreamID: Sendable, Hashable {
    public var milliseconds: UInt64
    public var sequence: UInt64

    public init(milliseconds: UInt64, sequence: UInt64 = 0) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// The id of an outbox row's entry.
    public init(outbox id: UInt64) { self.init(milliseconds: id) }

    /// Parses the form `1692632086370-0`. Returns `nil` for `$`, `-` and a single number.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = UInt64(parts[0]), let second = UInt64(parts[1]) else { return nil }
        self.init(milliseconds: first, sequence: second)
    }

    /// Parses the same form from bytes.
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
            let (product, productOverflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard !productOverflows, !sumOverflows else { return nil }
            number = sum
        }
        return number
    }

    /// An id that is less than the id of every entry.
    public static let zero = StreamID(milliseconds: 0)

    /// The id of the outbox row, if this is an entry of an event stream.
    public var outboxID: UInt64 { milliseconds }

    /// The greatest id that is less than this one, or zero if this is zero.
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

/// Writes the id without making a `String`, because a batch writes each entry's id several times.
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
