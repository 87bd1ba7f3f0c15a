/// A W3C trace context, which identifies a request across processes.
///
/// Source: https://www.w3.org/TR/trace-context/#traceparent-header
public struct TraceContext: Sendable, Hashable, CustomStringConvertible {
    /// The trace: 32 lowercase hexadecimal digits, not all zero.
    public let traceID: String
    /// The sender's part of the trace: 16 lowercase hexadecimal digits, not all zero.
    public let spanID: String
    public let isSampled: Bool

    /// Starts a new trace.
    public init() {
        self.init(traceID: Self.hex(words: 2), spanID: Self.hex(words: 1), isSampled: true)
    }

    private init(traceID: String, spanID: String, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// Parses a `traceparent` header. Returns `nil` if it is malformed.
    public init?(traceparent: String) {
        guard traceparent.utf8.count <= 256 else { return nil }
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff",
            // Version 00 has exactly four parts. Later versions may have more.
            parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        self.init(traceID: String(parts[1]), spanID: String(parts[2]), isSampled: flags & 1 == 1)
    }

    /// Returns a context of the same trace with a new span, for messages that this process sends.
    public func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.hex(words: 1), isSampled: isSampled)
    }

    /// The value of the `traceparent` header and the stream field `trace`.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    public var description: String { traceparent }

    private static func isHex(_ part: Substring, _ count: Int) -> Bool {
        part.utf8.count == count
            && part.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// Returns random words of 64 bits as hexadecimal digits. No word is zero.
    private static func hex(words: Int) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(words * 16)
        var random = RandomWords()
        for _ in 0..<words {
            let word = UInt64.random(in: 1...UInt64.max, using: &random)
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift) & 0xf)
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
