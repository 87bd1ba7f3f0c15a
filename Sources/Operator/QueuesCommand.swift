import ArgumentParser
import FoundationEssentials
import Marketplace
import Services
import Streams

struct QueuesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queues",
        abstract: "Shows the command streams, their consumers, the timers, and the followers of the event streams.",
        discussion: "docs/REDIS.md explains the columns.")

    @Flag(help: "Print JSON, an array with an object for each service. Times are in ms.")
    var json = false

    func run() async throws {
        let json = json
        try await OperatorContext.open { context in
            let reports = try await Queues(
                redis: context.redis, keys: context.keys, topology: ServiceRegistry.topology,
                timers: ServiceRegistry.timers.map(\.name)
            ).report()
            let workers = try await WorkerPresence(redis: context.redis, keys: context.keys).workers()
            let listed = reports.map { $0.listing(running: workers[$0.service] ?? []) }
            print(json ? try Self.json(listed) : Self.text(listed))
        }
    }

    static func json(_ reports: [QueueReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(reports), as: UTF8.self)
    }

    /// Formats the pauses, and four tables: command streams, their consumers, timers, and event streams with their
    /// followers.
    static func text(_ reports: [QueueReport]) -> String {
        var commands = Table(columns: [
            ("SERVICE", .left), ("BACKLOG", .right), ("UNDELIVERED", .right), ("OLDEST", .right), ("PENDING", .right),
            ("DEFERRED", .right), ("DEAD LETTERS", .right),
        ])
        var consumers = Table(columns: [
            ("SERVICE", .left), ("CONSUMER", .left), ("PENDING", .right), ("IDLE", .right), ("STATE", .left),
        ])
        var timers = Table(columns: [
            ("TIMERS OF", .left), ("KIND", .left), ("WAITING", .right), ("OVERDUE", .right),
        ])
        var streams = Table(columns: [
            ("EVENTS OF", .left), ("ENTRIES", .right), ("READ BY", .left), ("LAG", .right), ("PENDING", .right),
            ("STATE", .left),
        ])
        for report in reports {
            let service = report.service.rawValue
            commands.rows.append([
                service, "\(report.backlog)", "\(report.undelivered)",
                report.oldestMilliseconds.map { Readable.duration(milliseconds: $0) } ?? "-",
                "\(report.pending)", "\(report.deferred)", "\(report.deadLetters)",
            ])
            for consumer in report.consumers {
                consumers.rows.append([
                    service, Readable.line(consumer.name), "\(consumer.pending)",
                    consumer.idleMilliseconds.map { Readable.duration(milliseconds: $0) } ?? "-",
                    consumer.isRunning == false ? "gone" : "running",
                ])
            }
            for timer in report.timers {
                timers.rows.append([
                    service, timer.kind, "\(timer.waiting)",
                    timer.overdueMilliseconds.map { Readable.duration(milliseconds: $0) } ?? "-",
                ])
            }
            for follower in report.followers {
                let state = follower.isCatchingUp ? "catching up" : follower.hasGroup ? "live" : "never read"
                streams.rows.append([
                    service, "\(report.events)", Readable.line(follower.service),
                    follower.lag.map(String.init) ?? (state == "never read" ? "-" : "?"), "\(follower.pending)", state,
                ])
            }
        }
        let readers = consumers.rows.isEmpty ? "No worker runs." : consumers.text
        let paused = reports.compactMap { report in report.paused.map { PauseText.line($0, of: report.service) } }
        let waiting = timers.rows.isEmpty ? "" : timers.text
        return ([paused.joined(separator: "\n"), commands.text, readers, waiting, streams.text].filter { !$0.isEmpty })
            .joined(separator: "\n\n")
    }
}
