import Marketplace
import NIOCore

@testable import RedisClient
@testable import Streams

extension Microbenchmark {
    /// Returns XREADGROUP's reply with a full batch of entries, which all have these fields.
    private static func reply(fields words: [[UInt8]]) -> ByteBuffer {
        func bulk(_ bytes: some Collection<UInt8>) -> [UInt8] {
            Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        }
        var bytes = Array("*1\r\n*2\r\n".utf8) + bulk("gittix:commands:{orders}".utf8)
        bytes += Array("*\(Fixtures.batchSize)\r\n".utf8)
        for number in 0..<Fixtures.batchSize {
            bytes += Array("*2\r\n".utf8) + bulk("1790000000000-\(number)".utf8) + Array("*\(words.count)\r\n".utf8)
            for word in words { bytes += bulk(word) }
        }
        return ByteBuffer(bytes: bytes)
    }

    static var redis: [Microbenchmark] {
        let words =
            [
                "id", "01928ec4-6f4c-7b39-9f2e-2f6d1c0a7b11", "type", "CreateOrder", "v", "1", "at",
                "2026-09-21T14:13:20.000000Z", "actor", "01928ec4-6f4c-7b39-9f2e-2f6d1c0a7b12", "reply",
                "api-7f3a/1234567", "trace", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "body",
                #"{"ticketId":"01928ec4-6f4c-7b39-9f2e-2f6d1c0a7b13","quantity":2,"price":6500,"currency":"USD","#
                    + #""ticketVersion":3,"userVersion":1}"#,
            ]
        var add = RedisCommand("XADD", "gittix:commands:{orders}", "*")
        add.append(contentsOf: words)
        let (command, bytes) = (add, reply(fields: words.map { Array($0.utf8) }))
        let (keys, sources) = (Keys(), [StreamSource.commands(.orders)])
        return [
            Microbenchmark("RESP: encode XADD", unitsPerRun: 100) {
                var buffer = ByteBuffer()
                for _ in 0..<100 {
                    buffer.clear()
                    command.encode(into: &buffer)
                }
                blackHole(buffer)
            },
            Microbenchmark("RESP: parse entry", unitsPerRun: Fixtures.batchSize) {
                let reader = ReplyReader()
                reader.feed(bytes)
                blackHole(try reader.next())
            },
            Microbenchmark("RESP: parse and read entry", unitsPerRun: Fixtures.batchSize) {
                let reader = ReplyReader()
                reader.feed(bytes)
                guard let reply = try reader.next() else { return }
                for entry in try StreamReplyParser.streams(reply, keys: keys, sources: sources) {
                    blackHole(
                        StreamEntry(
                            source: entry.source, id: entry.id, fields: entry.fields, deliveriesBefore: 0,
                            suspectAfterDeliveries: 2))
                }
            },
        ]
    }
}
