import Foundation
import Marketplace

/// A new password in normalization form C (NIST SP 800-63B-4, section 3.1.1.2), so that keyboards that compose accents
/// in different ways give the same password.
struct NewPassword: Sendable {
    enum Fault: Error {
        case hasControlCharacters, tooShort, tooLong, common, isAddress
    }

    /// Allowed length in code points of the normalized text. A password need not contain particular kinds of
    /// characters. The upper bound limits the size of requests.
    static let length = 8...256

    let text: String

    /// - Parameter email: the address of the account, if it is known.
    init(_ typed: String, email: EmailAddress?) throws(Fault) {
        text = Self.normalized(typed)
        let scalars = text.unicodeScalars
        if scalars.contains(where: { $0.properties.generalCategory == .control }) { throw .hasControlCharacters }
        if scalars.count < Self.length.lowerBound { throw .tooShort }
        if scalars.count > Self.length.upperBound { throw .tooLong }
        if CommonPasswords.contains(text) { throw .common }
        if let email, isAddress(email) { throw .isAddress }
    }

    /// True if the password is the address, or its part before the `@`.
    func isAddress(_ email: EmailAddress) -> Bool {
        let lower = text.lowercased()
        return lower == email.text || lower == email.text.prefix { $0 != "@" }
    }

    static func normalized(_ typed: String) -> String { typed.precomposedStringWithCanonicalMapping }
}

extension NewPassword.Fault {
    /// The message about a field, for programs.
    var message: String {
        switch self {
        case .hasControlCharacters: "must not contain control characters"
        case .tooShort, .tooLong:
            "must have \(NewPassword.length.lowerBound) to \(NewPassword.length.upperBound) characters"
        case .common: "is one of the most common passwords, which attackers try first: choose another"
        case .isAddress: "must not be the e-mail address: choose another"
        }
    }

    /// The message for people.
    var sentence: String {
        switch self {
        case .hasControlCharacters: "Remove control characters."
        case .tooShort: "Use at least \(NewPassword.length.lowerBound) characters."
        case .tooLong: "Use at most \(NewPassword.length.upperBound) characters."
        case .common: "Many people use this password, so it is easy to guess. Choose another one."
        case .isAddress: "Don't use your e-mail address as your password. Choose another one."
        }
    }
}

extension JSONFields {
    /// A new password.
    mutating func newPassword(_ name: String, email: EmailAddress?) -> NewPassword? {
        guard let typed = secret(name, bytes: CredentialsInput.anyPasswordBytes) else { return nil }
        do {
            return try NewPassword(typed, email: email)
        } catch {
            fail(name, error.message)
            return nil
        }
    }
}

extension FormFields {
    /// A new password.
    mutating func newPassword(_ name: String, _ what: String, email: EmailAddress?) -> NewPassword? {
        guard let typed = secret(name, what, bytes: CredentialsInput.anyPasswordBytes) else { return nil }
        do {
            return try NewPassword(typed, email: email)
        } catch {
            fail(name, error.sentence)
            return nil
        }
    }
}
