import FoundationEssentials
import Marketplace

/// Reads fields with a named error for each that is missing or wrong.
struct FieldReader {
    let fields: StreamFields

    func text(_ name: String, limit: Int) throws(EnvelopeError) -> String {
        guard let bytes = fields[name] else { throw .missing(name) }
        return try Self.text(bytes, name, limit: limit)
    }

    /// Valid UTF-8 without control characters.
    static func text(_ bytes: [UInt8], _ name: String, limit: Int) throws(EnvelopeError) -> String {
        guard bytes.count <= limit else { throw .tooLong(name, limit: limit) }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(where: { $0 < 32 || $0 == 127 })
        else { throw .malformed(name, expected: "text in UTF-8 without control characters") }
        return text
    }

    func identifier<Thing>(_ name: String) throws(EnvelopeError) -> Identifier<Thing> {
        guard let id = Identifier<Thing>(try text(name, limit: 64)) else { throw .malformed(name, expected: "a UUID") }
        return id
    }

    /// The name of a kind of message: letters and digits.
    func type() throws(EnvelopeError) -> String {
        let type = try text("type", limit: EnvelopeLimits.type)
        guard EnvelopeRules.isType(type) else { throw .malformed("type", expected: EnvelopeRules.typeExpectation) }
        return type
    }

    func number(_ name: String) throws(EnvelopeError) -> Int64 {
        guard let number = Int64(try text(name, limit: 20)), number >= 0 else {
            throw .malformed(name, expected: "a whole number that is not negative")
        }
        return number
    }

    func time(_ name: String) throws(EnvelopeError) -> Timestamp {
        guard let time = Timestamp(try text(name, limit: 40)) else {
            throw .malformed(name, expected: "an RFC 3339 time in UTC")
        }
        return time
    }

    /// UTF-8 of some length; whether it is JSON, and the right one, is for whoever knows the type.
    func body() throws(EnvelopeError) -> [UInt8] {
        guard let body = fields["body"] else { throw .missing("body") }
        try EnvelopeRules.check(body: body)
        return body
    }
}

/// What holds for envelopes on their way in and out.
enum EnvelopeRules {
    static let typeExpectation = "a name of letters and digits"

    static func isType(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 }
    }

    static func check(body: [UInt8]) throws(EnvelopeError) {
        guard body.count <= EnvelopeLimits.body else { throw .tooLong("body", limit: EnvelopeLimits.body) }
        guard !body.isEmpty, String(validating: body, as: UTF8.self) != nil else {
            throw .malformed("body", expected: "JSON in UTF-8")
        }
    }

    static func check(_ value: String, _ name: String, limit: Int) throws(EnvelopeError) {
        _ = try FieldReader.text(Array(value.utf8), name, limit: limit)
    }
}
