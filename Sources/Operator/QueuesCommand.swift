import ArgumentParser
import FoundationEssentials
import Marketplace
import Streams

struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues", abstract: "Shows what waits in Redis, who works on it, and who has read what.",
        discussion: "docs/REDIS.md says what to make of it.")

    @Flag(help: "Print JSON, an array with an object for each service. Times are in ms.")
    var json = false

    func run() async throws {
        let json = json
        try await Desk.open { desk in
            let reports = try await Queues(redis: desk.redis, keys: desk.keys).report()
            print(json ? try Self.json(reports) : Self.text(reports))
        }
    }

    static func json(_ reports: [QueueReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(reports), as: UTF8.self)
    }

    /// What is paused, and three tables: the inboxes, who reads them, and who follows the event streams.
    static func text(_ reports: [QueueReport]) -> String {
        var inboxes = Table(columns: [
            ("SERVICE", .left), ("BACKLOG", .right), ("UNDELIVERED", .right), ("OLDEST", .right), ("PENDING", .right),
            ("PUT OFF", .right), ("DEAD", .right),
        ])
        var consumers = Table(columns: [("SERVICE", .left), ("CONSUMER", .left), ("PENDING", .right), ("IDLE", .right)])
        var streams = Table(columns: [
            ("EVENTS OF", .left), ("ENTRIES", .right), ("READ BY", .left), ("LAG", .right), ("PENDING", .right),
        ])
        for report in reports {
            let service = report.service.rawValue
            inboxes.rows.append([
                service, "\(report.backlog)", "\(report.undelivered)",
                report.oldestMilliseconds.map { Readable.duration(milliseconds: $0) } ?? "-",
                "\(report.pending)", "\(report.putOff)", "\(report.dead)",
            ])
            for consumer in report.consumers {
                consumers.rows.append([
                    service, Readable.line(consumer.name), "\(consumer.pending)",
                    Readable.duration(milliseconds: consumer.idleMilliseconds),
                ])
            }
            for follower in report.followers {
                let lag = follower.hasGroup ? follower.lag.map(String.init) ?? "?" : "never read"
                streams.rows.append([
                    service, "\(report.events)", Readable.line(follower.service), lag, "\(follower.pending)",
                ])
            }
        }
        let readers = consumers.rows.isEmpty ? "No worker has read an inbox." : consumers.text
        let paused = reports.compactMap { report in report.paused.map { PauseText.line($0, of: report.service) } }
        return ([paused.joined(separator: "\n"), inboxes.text, readers, streams.text].filter { !$0.isEmpty })
            .joined(separator: "\n\n")
    }
}
