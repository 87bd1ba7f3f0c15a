import Support
import Testing

/// Checks the Redis commands and logs of a system: they contain no secret, and stream entries have readable, known
/// fields.
struct TrafficCheck {
    let system: SystemHarness
    let secrets: Journey.Secrets

    private static let commandFields = ["id", "type", "v", "at", "actor", "reply", "trace", "mac", "body"]
    /// A script in Redis sends these commands, so they have no authentication code.
    private static let timerCommands: Set = ["ExpireOrder", "CloseListing"]
    private static let eventFields = ["id", "type", "v", "at", "subject", "version", "trace", "body"]
    /// Optional fields: the hash of a request with an Idempotency-Key, and the details of a deferred entry.
    private static let optionalFields: Set = ["fingerprint", "failures", "history", "origin"]

    /// - Parameter lines: The output of MONITOR.
    func verify(_ lines: [Substring]) throws {
        let values = secrets.passwords + Array(secrets.cookies) + [secrets.card]
        try #require(secrets.cookies.count >= 8 && secrets.passwords.count == 4)
        for secret in values {
            let match = lines.first { $0.contains(secret) }
            #expect(match == nil, "a secret was sent to Redis")
            #expect(!system.output.contains(secret), "a log contains a secret")
        }
        var counts: [String: Int] = [:]
        for line in lines {
            let arguments = RedisMonitor.arguments(of: line)
            guard arguments.count > 2, arguments[0].uppercased() == "XADD" else { continue }
            let kind = String(arguments[1].split(separator: ":")[1])
            let start = try #require(arguments[2...].firstIndex { $0 == "*" || $0.contains("-") })
            check(fields: Array(arguments[(start + 1)...]), kind: kind, line: line)
            counts[arguments[1], default: 0] += 1
        }
        print("traffic: \(lines.count) commands, entries of \(counts.count) streams")
        for stream in [
            "commands:{users}", "events:{users}", "commands:{orders}", "events:{orders}", "events:{payments}",
        ] {
            #expect(counts["gittix:\(stream)"] ?? 0 > 0, "no entry was added to \(stream)")
        }
    }

    private func check(fields: [String], kind: String, line: Substring) {
        let names = stride(from: 0, to: fields.count, by: 2).map { fields[$0] }
        switch kind {
        case "commands" where names.contains("subject"): #expect(Self.required(names) == Self.eventFields, "\(line)")
        case "commands":
            let isTimer = fields.count > 3 && Self.timerCommands.contains(fields[3])
            #expect(Self.required(names) == Self.commandFields.filter { !isTimer || $0 != "mac" }, "\(line)")
        case "events": #expect(names == Self.eventFields, "\(line)")
        default: break
        }
        for text in fields {
            let isReadable = text.unicodeScalars.allSatisfy {
                $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7f && $0 != "\u{fffd}")
            }
            #expect(isReadable, "\(line)")
        }
    }

    private static func required(_ names: [String]) -> [String] { names.filter { !optionalFields.contains($0) } }
}
