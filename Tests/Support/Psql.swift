import Foundation

/// SQL by psql: what the product's own client does not have a hand in.
public struct Psql: Sendable {
    public let url: String

    public init(_ url: String) { self.url = url }

    /// The rows, each a list of its columns as text.
    public func rows(_ sql: String) async throws -> [[String]] {
        let output = try await Tool.run(
            "psql", ["-X", "-q", "-A", "-t", "-F", "\u{1f}", "-v", "ON_ERROR_STOP=1", url, "-c", sql])
        return output.split(separator: "\n").map { line in
            line.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// The first column of every row.
    public func column(_ sql: String) async throws -> [String] {
        try await rows(sql).compactMap(\.first)
    }

    /// The one number that a query answers.
    public func count(_ sql: String) async throws -> Int {
        guard let text = try await column(sql).first, let number = Int(text) else {
            throw SupportError("No number: \(sql)")
        }
        return number
    }

    public func execute(_ sql: String) async throws {
        _ = try await rows(sql)
    }
}
