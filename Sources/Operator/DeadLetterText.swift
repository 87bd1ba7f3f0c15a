import Marketplace
import Streams

/// Formats dead letters.
enum DeadLetterText {
    /// The oldest dead letters of a service, and the number of all its dead letters.
    struct List {
        var service: ServiceName
        var letters: [DeadLetters.Letter]
        var count: Int
    }

    /// - Parameter isArchive: True if the letters were moved to PostgreSQL.
    static func list(_ lists: [List], isArchive: Bool = false) -> String {
        guard lists.contains(where: { !$0.letters.isEmpty }) else { return "No dead letters." }
        var table = Table(columns: [
            ("SERVICE", .left), ("ID", .left), ("SINCE", .left), ("TYPE", .left), ("COMMAND OR SUBJECT", .left),
            ("ERROR", .left),
        ])
        for list in lists {
            for letter in list.letters {
                func field(_ name: String) -> String? { letter.fields[name].map { Readable.line($0) } }
                table.rows.append([
                    list.service.rawValue, letter.id.description, letter.createdAt?.description ?? "-",
                    Readable.short(field("type") ?? "-", 30),
                    Readable.short(field("subject") ?? field("id") ?? "-", 36),
                    Readable.short(field("error") ?? "-", 80),
                ])
            }
        }
        let more = lists.filter { $0.count > $0.letters.count }.map {
            """
            \($0.service): \($0.count - $0.letters.count) more, see \
            `gittix dead list \($0.service) --limit \($0.count)\(isArchive ? " --archived" : "")`
            """
        }
        return ([table.text] + more).joined(separator: "\n")
    }

    /// Formats a dead letter with one field per line. The notes on its failures come first, then the entry's own
    /// fields.
    static func letter(_ letter: DeadLetters.Letter, of service: ServiceName) -> String {
        var lines = [("service", service.rawValue), ("letter", letter.id.description)]
        if let time = letter.createdAt { lines.append(("since", time.description)) }
        for name in ["error", "failures", "origin"] {
            if let value = letter.fields[name] { lines.append((name, Readable.line(value))) }
        }
        let history = String(decoding: letter.fields["history"] ?? [], as: UTF8.self).split(separator: "\n")
        for (index, line) in history.enumerated() {
            lines.append((index == 0 ? "history" : "", Readable.line(String(line))))
        }
        for field in letter.fields.all
        where !DeadLetters.Letter.noteFields.contains(String(decoding: field.name, as: UTF8.self)) {
            lines.append((Readable.line(field.name), Readable.line(field.value)))
        }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + (value.isEmpty ? "" : "  \(value)")
        }.joined(separator: "\n")
    }
}

extension DeadLetters.Letter {
    /// The fields that are added to a dead letter.
    static let noteFields: Set<String> = ["error", "failures", "history", "origin"]

    /// The time at which the entry became a dead letter, or `nil` if the letter's id was written by hand.
    var createdAt: Timestamp? { Int64(exactly: id.milliseconds).map { Timestamp(milliseconds: $0) } }
}
