import NIOCore
import Testing

@testable import RedisClient

struct CodecTests {
    private static func encoded(_ command: RedisCommand) -> String {
        var buffer = ByteBuffer()
        command.encode(into: &buffer)
        return String(buffer: buffer)
    }

    private static func replies(_ text: String, chunkSize: Int = .max) throws -> [RedisValue] {
        let reader = ReplyReader()
        var replies: [RedisValue] = []
        var remaining = Array(text.utf8)[...]
        while !remaining.isEmpty {
            reader.feed(ByteBuffer(bytes: remaining.prefix(chunkSize)))
            remaining = remaining.dropFirst(chunkSize)
            while let reply = try reader.next() { replies.append(reply) }
        }
        return replies
    }

    @Test func `a word is framed by its length in bytes`() {
        var command = RedisCommand("SET", "schlüssel", 7, Int64(-1))
        command.append([0, 13, 10, 255] as [UInt8])
        command.append("")
        var buffer = ByteBuffer()
        command.encode(into: &buffer)
        let expected =
            Array("*6\r\n$3\r\nSET\r\n$10\r\nschlüssel\r\n$1\r\n7\r\n$2\r\n-1\r\n$4\r\n".utf8) + [0, 13, 10, 255]
            + Array("\r\n$0\r\n\r\n".utf8)
        #expect(Array(buffer.readableBytesView) == expected)
    }

    @Test func `a script is sent by its digest or by its source`() {
        let script = RedisScript("return 1")
        #expect(script.digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
        let byDigest = RedisCommand(script, keys: ["k"], arguments: ["a", 2])
        #expect(
            Self.encoded(byDigest)
                == "*6\r\n$7\r\nEVALSHA\r\n$40\r\n\(script.digest)\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n2\r\n")
        #expect(RedisCommand(script, keys: [], bySource: true).name == "EVAL")
    }

    @Test(arguments: [1, 2, 3, 7, .max])
    func `replies are complete for every chunk size`(chunkSize: Int) throws {
        let text =
            "+OK\r\n:-42\r\n$-1\r\n*-1\r\n$0\r\n\r\n$5\r\na\r\nbc\r\n-NOGROUP no such\r\n*0\r\n*3\r\n:1\r\n*1\r\n-x y\r\n$-1\r\n"
        let expected: [RedisValue] = [
            .status("OK"), .integer(-42), .null, .null, .bulk([]), .bulk(Array("a\r\nbc".utf8)[...]),
            .error(RedisReplyError(code: "NOGROUP", message: "no such")), .array([]),
            .array([.integer(1), .array([.error(RedisReplyError(code: "ERR", message: "x y"))]), .null]),
        ]
        #expect(try Self.replies(text, chunkSize: chunkSize) == expected)
    }

    @Test func `deeply nested arrays are decoded`() throws {
        let depth = 7
        let text = String(repeating: "*1\r\n", count: depth) + ":7\r\n"
        var value = try #require(try Self.replies(text, chunkSize: 1).first)
        for _ in 0..<depth { value = try #require(value.array?.first) }
        #expect(value == .integer(7))
    }

    @Test func `a megabyte of binary data is decoded`() throws {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let reader = ReplyReader()
        reader.feed(ByteBuffer(string: "$1000000\r\n"))
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            #expect(try reader.next() == nil)
            reader.feed(ByteBuffer(bytes: bytes[start...].prefix(4096)))
        }
        reader.feed(ByteBuffer(string: "\r\n"))
        #expect(try reader.next() == .bulk(bytes[...]))
        #expect(try reader.next() == nil)
    }

    @Test func `data that is not RESP2 is a protocol violation`() {
        #expect(throws: ReplyReader.ProtocolViolation.self) { try Self.replies("HTTP/1.1 400 Bad Request\r\n") }
    }

    @Test func `accessors return values of the matching type`() {
        #expect(RedisValue.bulk(Array("12".utf8)[...]).int == 12)
        #expect(RedisValue.bulk([0xff]).string == nil)
        #expect(RedisValue.bulk([0xff]).bytes == [0xff])
        #expect(RedisValue.status("OK").string == "OK")
        #expect(RedisValue.array([.null]).array == [.null])
        #expect(RedisValue.integer(3).string == nil)
    }

    @Test func `a command's description contains only its name`() {
        #expect("\(RedisCommand("AUTH", "hunter2"))" == "AUTH")
    }
}
