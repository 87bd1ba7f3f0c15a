import Foundation

/// `redis-cli MONITOR`: everything that anyone asks a Redis, from the start to the stop.
public final class RedisMonitor: Sendable {
    private let redis: OwnRedis
    private let process: ChildProcess

    public static func start(on redis: OwnRedis) async throws -> RedisMonitor {
        let process = try ChildProcess(
            Tool.path("redis-cli"), ["-h", "127.0.0.1", "-p", "\(redis.port)", "MONITOR"],
            environment: [:])
        let monitor = RedisMonitor(redis: redis, process: process)
        // The answer OK comes before what is seen, so the first command seen is one of ours.
        try await process.waitForOutput("OK")
        return monitor
    }

    private init(redis: OwnRedis, process: ChildProcess) {
        self.redis = redis
        self.process = process
    }

    deinit { process.send(.kill) }

    /// What was asked up to now, a command a line: its words in quotes, unprintable bytes as `\x00`.
    public func lines() async throws -> [Substring] {
        let mark = "monitor-mark-\(UUID().uuidString)"
        try await redis.command("ECHO", mark)
        try await process.waitForOutput(mark)
        return process.output.split(separator: "\n")
    }

    /// A command's words.
    public static func words(of line: some StringProtocol) -> [String] {
        guard let start = line.firstRange(of: "] ")?.upperBound else { return [] }
        var words: [String] = []
        var word: [UInt8]?
        var bytes = line[start...].utf8.makeIterator()
        while let byte = bytes.next() {
            switch (byte, word) {
            case (UInt8(ascii: "\""), nil): word = []
            case (UInt8(ascii: "\""), let done?):
                words.append(String(decoding: done, as: UTF8.self))
                word = nil
            case (UInt8(ascii: "\\"), .some): word?.append(escaped(&bytes))
            case (_, .some): word?.append(byte)
            case (_, nil): break
            }
        }
        return words
    }

    private static func escaped(_ bytes: inout some IteratorProtocol<UInt8>) -> UInt8 {
        switch bytes.next() {
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "a"): return 7
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "x"):
            let digits = [bytes.next() ?? 48, bytes.next() ?? 48]
            return UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 0
        case let byte?: return byte
        case nil: return 0
        }
    }
}
