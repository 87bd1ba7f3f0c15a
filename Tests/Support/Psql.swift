import Foundation

/// Runs SQL with psql, independently of GitTix's PostgreSQL client.
public struct Psql: Sendable {
    public let url: String

    public init(_ url: String) { self.url = url }

    /// The rows, each as a list of column texts.
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

    /// The number in the first column of the first row.
    public func count(_ sql: String) async throws -> Int {
        guard let text = try await column(sql).first, let number = Int(text) else {
            throw SupportError("The query returned no number: \(sql)")
        }
        return number
    }

    public func execute(_ sql: String) async throws {
        _ = try await rows(sql)
    }
}
