/// The directives at the start of a migration's text: comment lines of the form `-- name` or `-- name: value`, with a
/// name in lower case. They end at the first line that has a different form.
///
/// - `kind: transactional`, which is the default, `kind: concurrent` or `kind: backfill`;
/// - `breaks-older-builds`: a build that does not know this migration can no longer work on the database;
/// - for a backfill, also `table: NAME`, `key: COLUMN` and `rows: NUMBER` (1000 if absent).
struct MigrationDirectives {
    private(set) var kind: MigrationKind
    private(set) var breaksOlderBuilds = false

    /// - Throws: ``MigrationError/malformed(name:reason:)``.
    init(of name: String, text: String) throws(MigrationError) {
        func malformed(_ reason: String) -> MigrationError { .malformed(name: name, reason: reason) }
        var values: [String: String] = [:]
        for (directive, value) in Self.parse(text) {
            guard Self.names.contains(directive) else { throw malformed("there is no directive “\(directive)”") }
            guard values.updateValue(value, forKey: directive) == nil else {
                throw malformed("the directive “\(directive)” occurs twice")
            }
        }
        breaksOlderBuilds = values["breaks-older-builds"] != nil
        switch values["kind"] ?? "transactional" {
        case "transactional": kind = .transactional
        case "concurrent": kind = .concurrent
        case "backfill":
            guard let table = values["table"], let key = values["key"] else {
                throw malformed("a backfill needs the directives “table” and “key”")
            }
            guard let rows = Int(values["rows"] ?? "1000"), 1...BackfillSlices.rowLimit ~= rows else {
                throw malformed("“rows” is a number from 1 to \(BackfillSlices.rowLimit)")
            }
            kind = .backfill(BackfillSlices(table: table, key: key, rows: rows))
        case let other: throw malformed("there is no kind “\(other)”")
        }
        if let reason = fault(in: text) { throw malformed(reason) }
    }

    private static let names: Set = ["kind", "breaks-older-builds", "table", "key", "rows"]

    private static func parse(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(directive).prefix { $0 != nil }
            .compactMap(\.self)
    }

    private static func directive(_ line: Substring) -> (name: String, value: String)? {
        guard line.hasPrefix("-- ") else { return nil }
        let parts = line.dropFirst(3).split(separator: ": ", maxSplits: 1)
        guard let name = parts.first, name.allSatisfy({ "a"..."z" ~= $0 || $0 == "-" }) else { return nil }
        return (String(name), parts.count == 2 ? String(parts[1]) : "")
    }

    /// Returns the reason why the text does not suit its kind, or `nil` if it does.
    private func fault(in text: String) -> String? {
        guard kind != .transactional else { return nil }
        let code = text.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
        let statements = code.split(separator: ";").filter { $0.contains { !$0.isWhitespace } }
        guard statements.count == 1 else { return "a migration of this kind must have exactly one statement" }
        let words = code.uppercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        switch kind {
        case .transactional: return nil
        case .concurrent:
            guard words.contains("CREATE INDEX") || words.contains("CREATE UNIQUE INDEX") else { return nil }
            return words.contains("INDEX CONCURRENTLY IF NOT EXISTS")
                ? nil : "create an index with CONCURRENTLY IF NOT EXISTS and a name"
        case .backfill:
            return code.contains("{{first}}") && code.contains("{{last}}")
                ? nil : "a backfill's statement must be limited to the keys from {{first}} to {{last}}"
        }
    }
}
