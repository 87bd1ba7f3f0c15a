import JSONCoding
import Marketplace

/// Reads the members of a JSON object strictly, and collects all errors, each with the name of its field.
///
/// ```swift
/// var fields = try JSONFields(body)
/// let title = fields.text("title", 1...200)
/// guard fields.finish(), let title else { throw fields.problem }
/// ```
struct JSONFields {
    private let values: [String: JSONFlatObject.Value]
    /// The prefix of the names of fields in errors, such as `changes[0].`.
    private let prefix: String
    private var readNames: Set<String> = []
    private var errors: [Problem.Fault] = []

    /// - Parameter body: UTF-8.
    init(_ body: [UInt8]) throws(Problem) {
        do {
            values = try JSONFlatObject(body, maximumDepth: RequestLimits.jsonDepth).members
        } catch {
            throw .malformedJSON(error.reason)
        }
        prefix = ""
        guard values.count <= RequestLimits.jsonMembers else {
            throw .invalid("a body may have at most \(RequestLimits.jsonMembers) fields")
        }
    }

    private init(_ object: JSONFlatObject, prefix: String) {
        values = object.members
        self.prefix = prefix
    }

    /// All errors, after ``finish()`` has returned false.
    var problem: Problem { errors.isEmpty ? .internal : .invalid(errors) }

    /// Refuses the members that were not read. Returns true if there are no errors.
    mutating func finish() -> Bool {
        for name in values.keys.sorted() where !readNames.contains(name) {
            // The response contains the name, so the name is cleaned and shortened.
            let shown = String(name.unicodeScalars.filter { !$0.isDisallowedInText }.prefix(64).map(Character.init))
            fail(shown, "is not a field of this request")
        }
        return errors.isEmpty
    }

    /// Further errors are left out, because a body may have thousands of wrong members.
    private static let errorLimit = 100

    mutating func fail(_ field: String, _ message: String) {
        guard errors.count < Self.errorLimit else { return }
        errors.append(Problem.Fault(message: message, field: prefix + field))
    }

    /// Adds the errors of an object that this body contains.
    mutating func addErrors(of object: JSONFields) {
        errors += object.errors.prefix(max(0, Self.errorLimit - errors.count))
    }

    /// True if the body has the member, with any value.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The member as a string, unchanged.
    private mutating func string(_ name: String, required: Bool) -> String? {
        switch member(name, required: required) {
        case nil: return nil
        case .string(let text): return text
        case .some:
            fail(name, "must be a string")
            return nil
        }
    }

    private mutating func member(_ name: String, required: Bool) -> JSONFlatObject.Value? {
        readNames.insert(name)
        guard let value = values[name] else {
            if required { fail(name, "is required") }
            return nil
        }
        return value
    }

    /// A line of text, without the white space around it. The length is in Unicode scalars.
    mutating func text(_ name: String, _ length: ClosedRange<Int>, required: Bool = true) -> String? {
        guard let raw = string(name, required: required) else { return nil }
        let text = raw.trimmed
        let count = text.unicodeScalars.count
        if text.unicodeScalars.contains(where: \.isDisallowedInText) {
            fail(name, "must not contain control characters or characters that change the text direction")
        } else if count == 0, length.lowerBound > 0 {
            fail(name, "must not be empty")
        } else if count > 0, !text.unicodeScalars.contains(where: \.isVisible) {
            fail(name, "must contain a visible character")
        } else if !length.contains(count) {
            fail(name, "must have \(length.lowerBound) to \(length.upperBound) characters, not \(count)")
        } else {
            return text
        }
        return nil
    }

    /// Text of several lines, with line feeds and without the white space around it. The length is in Unicode scalars.
    mutating func paragraphs(_ name: String, _ length: ClosedRange<Int>) -> String? {
        guard let raw = string(name, required: false) else { return nil }
        let text = raw.withLineFeeds.trimmed
        let count = text.unicodeScalars.count
        if text.unicodeScalars.contains(where: { $0.isDisallowedInText && $0 != "\n" }) {
            fail(name, "must not contain control characters or characters that change the text direction")
        } else if count > 0, !text.unicodeScalars.contains(where: \.isVisible) {
            fail(name, "must contain a visible character")
        } else if !length.contains(count) {
            fail(name, "must have \(length.lowerBound) to \(length.upperBound) characters, not \(count)")
        } else {
            return text
        }
        return nil
    }

    /// The text of a file, unchanged. The caller checks its content.
    mutating func document(_ name: String) -> String? {
        guard let text = string(name, required: true) else { return nil }
        if text.trimmed.isEmpty { fail(name, "must not be empty") }
        return text
    }

    /// A time in RFC 3339 with its offset from UTC.
    mutating func time(_ name: String, required: Bool = false) -> Timestamp? {
        guard let text = string(name, required: required) else { return nil }
        guard let time = Timestamp(withOffset: text.trimmed) else {
            fail(name, "must be a time with its offset from UTC, such as 2026-08-01T19:30:00+02:00")
            return nil
        }
        return time
    }

    /// Text that is used byte for byte, such as a password or a token.
    mutating func secret(_ name: String, bytes: ClosedRange<Int>) -> String? {
        guard let text = string(name, required: true) else { return nil }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            fail(name, "must not contain control characters")
        } else if !bytes.contains(text.utf8.count) {
            fail(name, "must have \(bytes.lowerBound) to \(bytes.upperBound) bytes")
        } else {
            return text
        }
        return nil
    }

    /// A whole number.
    ///
    /// - Parameter kind: the words for the error message, such as "a whole number of minor units".
    mutating func integer(
        _ name: String, _ range: ClosedRange<Int64>, required: Bool = true, kind: String = "a whole number"
    ) -> Int64? {
        switch member(name, required: required) {
        case nil: return nil
        case .integer(let value) where range.contains(value): return value
        case .integer: fail(name, "must be \(range.lowerBound) to \(range.upperBound)")
        case .some: fail(name, "must be \(kind), \(range.lowerBound) to \(range.upperBound)")
        }
        return nil
    }

    mutating func bool(_ name: String, required: Bool = true) -> Bool? {
        switch member(name, required: required) {
        case nil: return nil
        case .bool(let value): return value
        case .some:
            fail(name, "must be true or false")
            return nil
        }
    }

    mutating func id<Thing>(_ name: String, of: Thing.Type = Thing.self) -> Identifier<Thing>? {
        guard let text = string(name, required: true) else { return nil }
        guard let id = Identifier<Thing>(text) else {
            fail(name, "must be an id: a UUID of 36 characters")
            return nil
        }
        return id
    }

    mutating func email(_ name: String) -> EmailAddress? {
        guard let text = string(name, required: true) else { return nil }
        guard let email = EmailAddress(text.trimmed) else {
            fail(name, "must be an e-mail address")
            return nil
        }
        return email
    }

    /// The price of one unit, in minor units.
    mutating func price(_ name: String, required: Bool = true) -> Int64? {
        integer(name, 1...Price.limit, required: required, kind: "a whole number of minor units")
    }

    mutating func currency(_ name: String) -> Currency? {
        guard let text = string(name, required: false) else { return nil }
        guard let currency = Currency.inAnyCase(text) else {
            fail(name, "must be one of \(Currency.all.joined(separator: ", "))")
            return nil
        }
        return currency
    }

    /// The objects of an array.
    mutating func objects(_ name: String, _ count: ClosedRange<Int>) -> [JSONFields] {
        switch member(name, required: true) {
        case nil: return []
        case .objects(let objects) where count.contains(objects.count):
            return objects.enumerated().map { JSONFields($1, prefix: "\(name)[\($0)].") }
        case .some:
            fail(name, "must be an array of \(count.lowerBound) to \(count.upperBound) objects")
            return []
        }
    }

    /// The names of seats.
    mutating func seats(_ name: String) -> [String]? {
        switch member(name, required: false) {
        case nil: return nil
        case .strings(let texts):
            let names = texts.map(\.trimmed)
            if !(1...Seat.limit).contains(names.count) {
                fail(name, "must have 1 to \(Seat.limit) seats")
            } else if !names.allSatisfy(SeatNames.isName) {
                fail(name, "must be seats of 1 to \(Seat.nameLimit) letters, digits and hyphens")
            } else {
                return names
            }
        case .some: fail(name, "must be an array of strings")
        }
        return nil
    }

    /// The number of units. If seats are named, it is the number of seats.
    mutating func quantity(_ name: String, upTo limit: Int, seats: [String]?) -> Int {
        let quantity = integer(name, 1...Int64(limit), required: false).map { Int($0) }
        if let seats, let quantity, quantity != seats.count {
            fail(name, "must be the number of seats, or be left out")
        }
        return quantity ?? seats?.count ?? 1
    }

    /// A split rule by its name.
    mutating func splitRule(_ name: String) -> SplitRule? {
        guard let text = string(name, required: false) else { return nil }
        guard let rule = SplitRule(rawValue: text) else {
            fail(
                name,
                "must be any, pairs, no_single, all_together, or different quantities from 1 to "
                    + "\(QuantitySet.limit) in ascending order, such as 2,4")
            return nil
        }
        return rule
    }
}
