import Support
import Testing

/// What everybody may see of a system: what went through Redis, and the logs.
struct Watch {
    let system: System
    let secrets: Journey.Secrets

    private static let commandFields = ["id", "type", "v", "at", "actor", "reply", "trace", "body"]
    private static let eventFields = ["id", "type", "v", "at", "subject", "version", "trace", "body"]
    /// What may stand beside them: the hash of a request with an Idempotency-Key, and the notes of an entry put off.
    private static let furtherFields: Set = ["fingerprint", "failures", "history", "origin"]

    /// - Parameter lines: Of MONITOR.
    func sees(_ lines: [Substring]) throws {
        let hidden = secrets.passwords + Array(secrets.cookies) + [secrets.card]
        try #require(secrets.cookies.count >= 8 && secrets.passwords.count == 4)
        for secret in hidden {
            let place = lines.first { $0.contains(secret) }
            #expect(place == nil, "a secret went through Redis")
            #expect(!system.everythingWritten.contains(secret), "a secret stands in a log")
        }
        var counts: [String: Int] = [:]
        for line in lines {
            let words = RedisMonitor.words(of: line)
            guard words.count > 2, words[0].uppercased() == "XADD" else { continue }
            let kind = String(words[1].split(separator: ":")[1])
            let start = try #require(words[2...].firstIndex { $0 == "*" || $0.contains("-") })
            check(fields: Array(words[(start + 1)...]), kind: kind, line: line)
            counts[words[1], default: 0] += 1
        }
        print("watch: \(lines.count) commands, entries of \(counts.count) streams read")
        for stream in [
            "commands:{users}", "events:{users}", "commands:{orders}", "events:{orders}", "events:{payments}",
        ] {
            #expect(counts["gittix:\(stream)"] ?? 0 > 0, "nothing was seen of \(stream)")
        }
    }

    private func check(fields words: [String], kind: String, line: Substring) {
        let names = stride(from: 0, to: words.count, by: 2).map { words[$0] }
        switch kind {
        case "commands" where names.contains("subject"): #expect(Self.plain(names) == Self.eventFields, "\(line)")
        case "commands": #expect(Self.plain(names) == Self.commandFields, "\(line)")
        case "events": #expect(names == Self.eventFields, "\(line)")
        default: break
        }
        for word in words {
            let isReadable = word.unicodeScalars.allSatisfy {
                $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7f && $0 != "\u{fffd}")
            }
            #expect(isReadable, "\(line)")
        }
    }

    private static func plain(_ names: [String]) -> [String] { names.filter { !furtherFields.contains($0) } }
}
