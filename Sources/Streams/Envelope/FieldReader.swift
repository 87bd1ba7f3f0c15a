import FoundationEssentials
import Marketplace

/// Reads fields. If a field is missing or wrong, the error names it. Reading the fields in their order needs no search.
struct FieldReader {
    let fields: StreamFields
    private var next = 0

    init(fields: StreamFields) { self.fields = fields }

    mutating func value(_ name: String) -> ArraySlice<UInt8>? {
        guard let value = fields.slice(name, at: next) else { return fields.slice(name) }
        next += 1
        return value
    }

    mutating func text(_ name: String, limit: Int) throws(EnvelopeError) -> String {
        guard let bytes = value(name) else { throw .missing(name) }
        return try Self.text(bytes, name, limit: limit)
    }

    /// Reads valid UTF-8 without control characters.
    static func text(_ bytes: ArraySlice<UInt8>, _ name: String, limit: Int) throws(EnvelopeError) -> String {
        guard bytes.count <= limit else { throw .tooLong(name, limit: limit) }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(where: { $0 < 32 || $0 == 127 })
        else { throw .malformed(name, expected: "UTF-8 text without control characters") }
        return text
    }

    mutating func identifier<Thing>(_ name: String) throws(EnvelopeError) -> Identifier<Thing> {
        guard let bytes = value(name) else { throw .missing(name) }
        guard let id = Identifier<Thing>(utf8: bytes) else { throw .malformed(name, expected: "a UUID") }
        return id
    }

    /// Reads the kind of message: letters and digits.
    mutating func type() throws(EnvelopeError) -> String {
        let type = try text("type", limit: EnvelopeLimits.type)
        guard EnvelopeRules.isType(type) else { throw .malformed("type", expected: EnvelopeRules.typeExpectation) }
        return type
    }

    mutating func number(_ name: String) throws(EnvelopeError) -> Int64 {
        guard let number = Int64(try text(name, limit: 20)), number >= 0 else {
            throw .malformed(name, expected: "a whole number of 0 or more")
        }
        return number
    }

    mutating func time(_ name: String) throws(EnvelopeError) -> Timestamp {
        guard let bytes = value(name) else { throw .missing(name) }
        guard let time = Timestamp(utf8: bytes) else {
            throw .malformed(name, expected: "an RFC 3339 time in UTC")
        }
        return time
    }

    /// Reads UTF-8 that is not empty. The handler of the type checks whether it is the right JSON.
    mutating func body() throws(EnvelopeError) -> [UInt8] {
        guard let bytes = value("body") else { throw .missing("body") }
        let body = Array(bytes)
        try EnvelopeRules.check(body: body)
        return body
    }
}

/// Rules for envelopes that are read or written.
enum EnvelopeRules {
    static let typeExpectation = "a name of letters and digits"

    static func isType(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 }
    }

    static func check(body: [UInt8]) throws(EnvelopeError) {
        guard body.count <= EnvelopeLimits.body else { throw .tooLong("body", limit: EnvelopeLimits.body) }
        guard !body.isEmpty, (try? UTF8Span(validating: body.span)) != nil else {
            throw .malformed("body", expected: "JSON in UTF-8")
        }
    }

    static func check(_ value: String, _ name: String, limit: Int) throws(EnvelopeError) {
        _ = try FieldReader.text(Array(value.utf8)[...], name, limit: limit)
    }
}
