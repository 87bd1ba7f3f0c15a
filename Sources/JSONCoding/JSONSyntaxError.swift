/// A text is not JSON (RFC 8259) in UTF-8, is too long, or has too many nested arrays and objects.
public struct JSONSyntaxError: Error, CustomStringConvertible {
    /// The number of bytes before the error.
    public let offset: Int
    /// For example, "a comma is missing".
    public let reason: String

    public var description: String { "invalid JSON at byte \(offset): \(reason)" }
}
