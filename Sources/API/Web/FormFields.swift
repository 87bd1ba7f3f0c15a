import Foundation
import HTTPTypes
import Hummingbird
import Marketplace

/// Reads what a form sent, and collects what is wrong with it, each fault at its field and in words for people.
///
/// ```swift
/// var form = try await FormFields(request, context)
/// let title = form.line("title", "a title", 1...200)
/// guard form.isRight, let title else { return try page(form) }
/// ```
struct FormFields: Sendable {
    private let values: [String: String]
    private(set) var faults: [Problem.Fault] = []
    /// As it came.
    let body: [UInt8]

    private static let limit = 64 * 1024
    private static let memberLimit = 64

    /// - Throws: ``Problem``: 415, 413, 408, and 400 for what no browser makes of a form of ours.
    init(_ request: Request, _ context: APIContext) async throws {
        let type = request.headers[.contentType]?.lowercased().split(separator: ";").first.map { String($0).trimmed }
        guard type == "application/x-www-form-urlencoded" else { throw Problem.notForm }
        try self.init(try await request.bytes(upTo: Self.limit, context))
    }

    /// - Parameter body: `application/x-www-form-urlencoded` (https://url.spec.whatwg.org/#urlencoded-parsing).
    init(_ body: [UInt8]) throws(Problem) {
        var values: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(parts[0])
            let value = parts.count > 1 ? Self.decoded(parts[1]) : ""
            guard values.updateValue(value.replacing("\r\n", with: "\n"), forKey: name) == nil,
                values.count <= Self.memberLimit
            else { throw .notForm }
        }
        self.values = values
        self.body = body
    }

    /// What stands in an address after `?`: read as a form is, but anyone may write one, and the first of two counts.
    init(query: String?) {
        var values: [String: String] = [:]
        for pair in (query ?? "").utf8.split(separator: UInt8(ascii: "&")).prefix(Self.memberLimit) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decoded(ArraySlice(parts[0]))
            if values[name] == nil { values[name] = parts.count > 1 ? Self.decoded(ArraySlice(parts[1])) : "" }
        }
        self.init(values)
    }

    /// A form that nothing was typed into yet.
    init(_ values: [String: String] = [:]) {
        self.values = values
        body = []
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "%"), index + 2 < text.endIndex, let high = digit(text[index + 1]),
                let low = digit(text[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    // MARK: What was typed

    /// What was typed, as it was typed. Empty when the form has no such field.
    subscript(name: String) -> String { values[name] ?? "" }

    func has(_ name: String) -> Bool { values[name] != nil }

    // MARK: What is wrong

    var isRight: Bool { faults.isEmpty }

    /// - Parameter name: nil for what is wrong with the form as a whole.
    mutating func fail(_ name: String?, _ message: String) {
        faults.append(Problem.Fault(message: message, field: name))
    }

    /// Takes over what the service refused, at the fields that it names.
    ///
    /// - Parameter names: the form's names of the service's fields, where they differ.
    mutating func take(_ problem: Problem, names: [String: String] = [:]) {
        for fault in problem.errors {
            let name = fault.field.map { names[$0] ?? $0 }
            fail(name.flatMap { values[$0] == nil ? nil : $0 }, Self.sentence(fault.message))
        }
    }

    func fault(of name: String) -> String? { faults.first { $0.field == name }?.message }

    static func sentence(_ text: String) -> String {
        guard let first = text.first, let last = text.last else { return text }
        return first.uppercased() + text.dropFirst() + (".!?".contains(last) ? "" : ".")
    }

    // MARK: What it means

    /// A line of text, without the white space around it.
    ///
    /// - Parameters:
    ///   - what: what is asked for, with its article: "a title".
    ///   - length: in Unicode scalars; when it may be 0, nothing typed is nil and no fault.
    mutating func line(_ name: String, _ what: String, _ length: ClosedRange<Int>) -> String? {
        text(name, what, length) { $0.isUnwelcome }
    }

    /// Text of several lines.
    mutating func lines(_ name: String, _ what: String, _ length: ClosedRange<Int>) -> String? {
        text(name, what, length) { $0.isUnwelcome && $0 != "\n" }
    }

    private mutating func text(
        _ name: String, _ what: String, _ length: ClosedRange<Int>, isUnwelcome: (Unicode.Scalar) -> Bool
    ) -> String? {
        let text = self[name].trimmed
        if text.isEmpty {
            if length.lowerBound > 0 { fail(name, "Enter \(what).") }
            return nil
        }
        let count = text.unicodeScalars.count
        if text.unicodeScalars.contains(where: isUnwelcome) {
            fail(name, "Remove the control characters, and those that change the direction of writing.")
        } else if count > length.upperBound {
            fail(name, "Shorten this to \(length.upperBound) characters: it has \(count).")
        } else if count < length.lowerBound {
            fail(name, "Enter at least \(length.lowerBound) characters.")
        } else {
            return text
        }
        return nil
    }

    /// Text that is taken byte for byte: a password.
    mutating func secret(_ name: String, _ what: String, bytes: ClosedRange<Int>) -> String? {
        let text = self[name]
        if text.isEmpty {
            fail(name, "Enter \(what).")
        } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            fail(name, "Leave out control characters.")
        } else if text.utf8.count < bytes.lowerBound {
            fail(name, "Use at least \(bytes.lowerBound) characters.")
        } else if text.utf8.count > bytes.upperBound {
            fail(name, "Use at most \(bytes.upperBound) bytes.")
        } else {
            return text
        }
        return nil
    }

    mutating func email(_ name: String) -> EmailAddress? {
        let text = self[name].trimmed
        guard let email = EmailAddress(text) else {
            fail(name, text.isEmpty ? "Enter an e-mail address." : "Enter an e-mail address such as ana@example.com.")
            return nil
        }
        return email
    }

    mutating func integer(_ name: String, _ what: String, _ range: ClosedRange<Int>) -> Int? {
        let text = self[name].trimmed
        guard let value = Int(text), range.contains(value) else {
            fail(
                name,
                text.isEmpty
                    ? "Enter \(what)." : "Enter a whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return value
    }

    mutating func currency(_ name: String) -> Currency? {
        guard let currency = Currency(rawValue: self[name]) else {
            fail(name, "Choose a currency.")
            return nil
        }
        return currency
    }

    /// An amount as people write it, `19.99` or `19,99`, in minor units.
    mutating func amount(_ name: String, _ what: String, in currency: Currency) -> Int64? {
        let text = self[name].trimmed
        guard !text.isEmpty else {
            fail(name, "Enter \(what).")
            return nil
        }
        let example = currency.minorDigits == 0 ? "1999" : "19.99"
        guard let amount = Self.minorUnits(text, digits: currency.minorDigits) else {
            fail(name, "Enter an amount such as \(example), without a currency or separators.")
            return nil
        }
        guard (1...Price.limit).contains(amount) else {
            fail(name, amount < 1 ? "Enter an amount above zero." : "Enter a smaller amount.")
            return nil
        }
        return amount
    }

    /// Exact: no floating point comes near money. Nil for what is no amount, or more than an `Int64`.
    static func minorUnits(_ text: String, digits: Int) -> Int64? {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard parts.count <= 2, let whole = parts.first, !whole.isEmpty || !fraction.isEmpty,
            parts.count == 1 || (1...max(digits, 1)).contains(fraction.count) && digits > 0,
            (whole + fraction).utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(whole + fraction + String(repeating: "0", count: digits - fraction.count))
    }

    /// A day and time of a place, as `<input type="datetime-local">` sends it: `2026-12-01T20:00`.
    mutating func localTime(_ name: String, _ what: String, in zone: TimeZone) -> Timestamp? {
        let text = self[name].trimmed
        guard !text.isEmpty else {
            fail(name, "Enter \(what).")
            return nil
        }
        guard let time = Self.time(text, in: zone) else {
            fail(name, "Enter a day and a time such as 2027-05-31T20:00.")
            return nil
        }
        return time
    }

    /// Nil for what is not a time of the years 1970 to 9999.
    static func time(_ text: String, in zone: TimeZone) -> Timestamp? {
        // With seconds, where a browser shows them.
        let full = text.replacing(" ", with: "T") + (text.utf8.count == 16 ? ":00Z" : "Z")
        guard full.utf8.count == 20, let reading = Timestamp(full), reading.microseconds >= 0 else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: reading.date)
        calendar.timeZone = zone
        return calendar.date(from: parts).map { Timestamp(seconds: Int64($0.timeIntervalSince1970)) }
    }

    /// The same the other way: what such an input shows of a time.
    static func text(of time: Timestamp, in zone: TimeZone) -> String {
        let offset = zone.secondsFromGMT(for: time.date)
        return String((time + .seconds(offset)).description.prefix(16))
    }
}

extension Problem {
    static let notForm = Problem(
        .unsupportedMediaType, "not-form", "This form can't be read",
        "the form must be sent as application/x-www-form-urlencoded, each field once")
}
