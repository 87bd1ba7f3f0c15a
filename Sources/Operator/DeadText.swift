import Marketplace
import Streams

/// Dead letters, printed.
enum DeadText {
    /// Some letters of a service, the oldest first, and how many it has.
    struct List {
        var service: Service
        var letters: [DeadLetters.Letter]
        var count: Int
    }

    static func list(_ lists: [List]) -> String {
        guard lists.contains(where: { !$0.letters.isEmpty }) else { return "Nothing was given up on." }
        var table = Table(columns: [
            ("SERVICE", .left), ("ID", .left), ("GIVEN UP", .left), ("TYPE", .left), ("COMMAND OR SUBJECT", .left),
            ("ERROR", .left),
        ])
        for list in lists {
            for letter in list.letters {
                func field(_ name: String) -> String? { letter.fields[name].map { Readable.line($0) } }
                table.rows.append([
                    list.service.rawValue, letter.id.description, letter.diedAt?.description ?? "-",
                    Readable.short(field("type") ?? "-", 30),
                    Readable.short(field("subject") ?? field("id") ?? "-", 36),
                    Readable.short(field("error") ?? "-", 80),
                ])
            }
        }
        let more = lists.filter { $0.count > $0.letters.count }.map {
            "\($0.service): \($0.count - $0.letters.count) more, see `gittix dead list \($0.service) --limit \($0.count)`"
        }
        return ([table.text] + more).joined(separator: "\n")
    }

    /// A field a line, in the entry's order, but what was noted when it died comes first.
    static func letter(_ letter: DeadLetters.Letter, of service: Service) -> String {
        var lines = [("service", service.rawValue), ("letter", letter.id.description)]
        if let time = letter.diedAt { lines.append(("given up", time.description)) }
        for name in ["error", "failures", "origin"] {
            if let value = letter.fields[name] { lines.append((name, Readable.line(value))) }
        }
        let history = String(decoding: letter.fields["history"] ?? [], as: UTF8.self).split(separator: "\n")
        for (index, line) in history.enumerated() {
            lines.append((index == 0 ? "history" : "", Readable.line(String(line))))
        }
        for field in letter.fields.all
        where !DeadLetters.Letter.noted.contains(String(decoding: field.name, as: UTF8.self)) {
            lines.append((Readable.line(field.name), Readable.line(field.value)))
        }
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - name.count) + (value.isEmpty ? "" : "  \(value)")
        }.joined(separator: "\n")
    }
}

extension DeadLetters.Letter {
    static let noted: Set<String> = ["error", "failures", "history", "origin"]

    /// Whether anything is left to put back.
    var hasOwnFields: Bool {
        fields.all.contains { !["error", "failures", "history"].contains(String(decoding: $0.name, as: UTF8.self)) }
    }

    /// When it was given up on; nil for an id that somebody chose.
    var diedAt: Timestamp? { Int64(exactly: id.milliseconds).map { Timestamp(milliseconds: $0) } }
}
