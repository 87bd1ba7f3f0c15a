import Foundation
import HTTPTypes
import Hummingbird
import JSONCoding
import Marketplace

/// Reads a submitted form and collects its faults, each with its field and a message for the visitor.
///
/// ```swift
/// var form = try await FormFields(request, context)
/// let title = form.line("title", "a title", 1...200)
/// guard form.isValid, let title else { return try page(form) }
/// ```
struct FormFields: Sendable {
    private let values: [String: String]
    private(set) var faults: [Problem.Fault] = []
    /// The body as it was sent.
    let body: [UInt8]

    /// - Throws: ``Problem``: 413, 408, and 415 for a body that does not come from a form of these pages.
    init(
        _ request: Request, _ context: APIContext, upTo bytes: Int = RequestLimits.formBodyBytes
    ) async throws {
        let type = request.headers[.contentType]?.lowercased().split(separator: ";").first.map { String($0).trimmed }
        guard type == "application/x-www-form-urlencoded" else { throw Problem.notForm }
        try self.init(try await request.bytes(upTo: bytes, context))
    }

    /// - Parameter body: `application/x-www-form-urlencoded` (https://url.spec.whatwg.org/#urlencoded-parsing).
    init(_ body: [UInt8]) throws(Problem) {
        var values: [String: String] = [:]
        for (name, value) in URLEncoding.pairs(in: body) {
            // Checked before anything compares the texts.
            guard StreamSafeText.isSafe(name), StreamSafeText.isSafe(value) else { throw .unsafeText }
            guard values.updateValue(value.withLineFeeds, forKey: name) == nil,
                values.count <= RequestLimits.formFields
            else { throw .notForm }
        }
        self.values = values
        self.body = body
    }

    /// Reads the query of a URL as a form. Anyone can write a URL, so a repeated name is not an error: the first value
    /// counts.
    init(query: String?) {
        var values: [String: String] = [:]
        for (name, value) in URLEncoding.pairs(in: (query ?? "").utf8).prefix(RequestLimits.formFields)
        where values[name] == nil { values[name] = value }
        self.init(values)
    }

    /// An empty form, or one with initial values.
    init(_ values: [String: String] = [:]) {
        self.values = values
        body = []
    }

    // MARK: Submitted values

    /// The value of a field as it was sent, or an empty string if the form has no such field.
    subscript(name: String) -> String { values[name] ?? "" }

    func has(_ name: String) -> Bool { values[name] != nil }

    // MARK: Faults

    var isValid: Bool { faults.isEmpty }

    /// - Parameter name: the field, or `nil` for the form as a whole.
    mutating func fail(_ name: String?, _ message: String) {
        faults.append(Problem.Fault(message: message, field: name))
    }

    /// Adds the errors of a refused command to the fields that they name.
    ///
    /// - Parameter names: maps the service's field names to the form's, where they differ.
    mutating func addFaults(of problem: Problem, names: [String: String] = [:]) {
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

    // MARK: Values

    /// A line of text, trimmed.
    ///
    /// - Parameters:
    ///   - what: the value's name with its article, for the message: "a title".
    ///   - length: in Unicode scalars. If the range includes 0, an empty value gives `nil` without a fault.
    mutating func line(_ name: String, _ what: String, _ length: ClosedRange<Int>) -> String? {
        text(name, what, length) { $0.isDisallowedInText }
    }

    /// Text of several lines, trimmed.
    mutating func lines(_ name: String, _ what: String, _ length: ClosedRange<Int>) -> String? {
        text(name, what, length) { $0.isDisallowedInText && $0 != "\n" }
    }

    private mutating func text(
        _ name: String, _ what: String, _ length: ClosedRange<Int>, isDisallowedInText: (Unicode.Scalar) -> Bool
    ) -> String? {
        let text = self[name].trimmed
        if text.isEmpty {
            if length.lowerBound > 0 { fail(name, "Enter \(what).") }
            return nil
        }
        let count = text.unicodeScalars.count
        if count > 8 * length.upperBound {
            // The rest of the checks would take long.
            fail(name, "Shorten this to \(length.upperBound) characters: it has \(count).")
        } else if text.unicodeScalars.contains(where: isDisallowedInText) {
            fail(name, "Remove control characters and characters that change the text direction.")
        } else if !text.unicodeScalars.contains(where: \.isVisible) {
            fail(name, "Enter \(what) with letters or digits.")
        } else if count > length.upperBound {
            fail(name, "Shorten this to \(length.upperBound) characters: it has \(count).")
        } else if count < length.lowerBound {
            fail(name, "Enter at least \(length.lowerBound) characters.")
        } else {
            return text
        }
        return nil
    }

    /// Text that is used byte for byte: a password.
    mutating func secret(_ name: String, _ what: String, bytes: ClosedRange<Int>) -> String? {
        let text = self[name]
        if text.isEmpty {
            fail(name, "Enter \(what).")
        } else if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            fail(name, "Remove control characters.")
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
        guard let currency = Currency.inAnyCase(self[name]) else {
            fail(name, "Choose a currency.")
            return nil
        }
        return currency
    }
}

extension Problem {
    static let unsafeText = Problem(
        .badRequest, "unsafe-text", "This text can't be read",
        "a text must not have \(StreamSafeText.excess)")

    static let notForm = Problem(
        .unsupportedMediaType, "not-form", "This form can't be read",
        "the form must be sent as application/x-www-form-urlencoded, each field once")
}
