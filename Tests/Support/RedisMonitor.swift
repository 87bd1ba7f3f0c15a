import Foundation

/// Records all commands of a Redis server with `redis-cli MONITOR`.
public final class RedisMonitor: Sendable {
    private let redis: RedisServer
    private let process: ChildProcess

    public static func start(on redis: RedisServer) async throws -> RedisMonitor {
        let process = try ChildProcess(
            Tool.path("redis-cli"), ["-h", "127.0.0.1", "-p", "\(redis.port)", "MONITOR"],
            environment: [:])
        let monitor = RedisMonitor(redis: redis, process: process)
        // MONITOR replies OK before it reports commands, so later commands are all recorded.
        try await process.waitForOutput("OK")
        return monitor
    }

    private init(redis: RedisServer, process: ChildProcess) {
        self.redis = redis
        self.process = process
    }

    deinit { process.send(.kill) }

    /// The commands so far, one per line. Arguments are quoted, and unprintable bytes are escaped as `\x00`.
    public func lines() async throws -> [Substring] {
        let mark = "monitor-mark-\(UUID().uuidString)"
        try await redis.command("ECHO", mark)
        try await process.waitForOutput(mark)
        return process.output.split(separator: "\n")
    }

    /// The arguments of the command in a line.
    public static func arguments(of line: some StringProtocol) -> [String] {
        guard let start = line.firstRange(of: "] ")?.upperBound else { return [] }
        var arguments: [String] = []
        var argument: [UInt8]?
        var bytes = line[start...].utf8.makeIterator()
        while let byte = bytes.next() {
            switch (byte, argument) {
            case (UInt8(ascii: "\""), nil): argument = []
            case (UInt8(ascii: "\""), let done?):
                arguments.append(String(decoding: done, as: UTF8.self))
                argument = nil
            case (UInt8(ascii: "\\"), .some): argument?.append(unescaped(&bytes))
            case (_, .some): argument?.append(byte)
            case (_, nil): break
            }
        }
        return arguments
    }

    private static func unescaped(_ bytes: inout some IteratorProtocol<UInt8>) -> UInt8 {
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
