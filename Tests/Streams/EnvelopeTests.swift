import Marketplace
import RedisClient
import Testing

@testable import Streams

struct EnvelopeTests {
    private static func fields(_ words: [[UInt8]]) -> StreamFields {
        var fields = StreamFields()
        fields.all = stride(from: 0, to: words.count, by: 2).map { .init(name: words[$0], value: words[$0 + 1]) }
        return fields
    }

    private static func fields(_ pairs: KeyValuePairs<String, String>) -> StreamFields {
        fields(pairs.flatMap { [Array($0.key.utf8), Array($0.value.utf8)] })
    }

    private static func fields(of command: CommandEnvelope) -> StreamFields {
        var words = RedisCommand("XADD")
        command.append(to: &words)
        return fields(Array(words.words.dropFirst()))
    }

    private static func names(_ fields: StreamFields) -> [String] {
        fields.all.map { String(decoding: $0.name, as: UTF8.self) }
    }

    private static let command = CommandEnvelope(
        id: CommandID("0190f3c0-0000-7000-8000-000000000001")!, type: "CreateOrder", payloadVersion: 2,
        at: Timestamp(milliseconds: 1_790_000_000_123), actor: .user(UserID("0190f3c0-0000-7000-8000-000000000002")!),
        reply: "web-1a", trace: "00-1-2-01", fingerprint: "abc", body: Array(#"{"quantity":1}"#.utf8))

    @Test func `a command's fields have a fixed order`() throws {
        let fields = Self.fields(of: Self.command)
        #expect(Self.names(fields) == ["id", "type", "v", "at", "actor", "reply", "trace", "fingerprint", "body"])
        #expect(fields.text("at") == "2026-09-21T14:13:20.123Z")
        #expect(try CommandEnvelope(fields) == Self.command)

        var signed = Self.command
        signed.mac = "abc="
        let signedFields = Self.fields(of: signed)
        #expect(Self.names(signedFields).suffix(3) == ["fingerprint", "mac", "body"])
        #expect(try CommandEnvelope(signedFields) == signed)

        var bare = Self.command
        (bare.fingerprint, bare.reply, bare.trace, bare.actor) = (nil, "", "", .nobody)
        let bareFields = Self.fields(of: bare)
        #expect(Self.names(bareFields) == ["id", "type", "v", "at", "actor", "reply", "trace", "body"])
        #expect(try CommandEnvelope(bareFields) == bare)
    }

    @Test func `an event's fields have a fixed order`() throws {
        let event = ConsumerHarness.event()
        var words = RedisCommand("XADD")
        event.append(to: &words)
        let fields = Self.fields(Array(words.words.dropFirst()))
        #expect(Self.names(fields) == ["id", "type", "v", "at", "subject", "version", "trace", "body"])
        #expect(fields.all.count == EventEnvelope.fieldCount)
        #expect(try EventEnvelope(fields) == event)
    }

    @Test(arguments: ["id", "type", "v", "at", "actor", "reply", "trace", "body"])
    func `each missing field is named`(name: String) {
        var fields = Self.fields(of: Self.command)
        fields.all.removeAll { $0.name == Array(name.utf8) }
        #expect(throws: EnvelopeError.missing(name)) { try CommandEnvelope(fields) }
    }

    @Test(arguments: [
        ("id", "7"), ("id", "0190f3c0-0000-7000-8000-00000000000g"), ("type", ""), ("type", "Create Order"),
        ("type", "Böse"), ("v", "-1"), ("v", "one"), ("v", "99999999999999999999"), ("at", "yesterday"),
        ("actor", "root"), ("reply", "a}b"), ("reply", "a:b"), ("trace", "a\nb"), ("fingerprint", "a\u{7f}"),
    ])
    func `each malformed field is named`(name: String, value: String) {
        var fields = Self.fields(of: Self.command)
        fields.all = fields.all.map {
            $0.name == Array(name.utf8) ? .init(name: $0.name, value: Array(value.utf8)) : $0
        }
        let error = #expect(throws: EnvelopeError.self) { try CommandEnvelope(fields) }
        guard case .malformed(name, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        ("type", EnvelopeLimits.type), ("reply", EnvelopeLimits.reply), ("trace", EnvelopeLimits.trace),
        ("fingerprint", EnvelopeLimits.fingerprint), ("actor", EnvelopeLimits.actor), ("body", EnvelopeLimits.body),
    ])
    func `each field has a limit`(name: String, limit: Int) {
        func fields(_ count: Int) -> StreamFields {
            var fields = Self.fields(of: Self.command)
            let value = [UInt8](repeating: UInt8(ascii: "a"), count: count)
            fields.all = fields.all.map { $0.name == Array(name.utf8) ? .init(name: $0.name, value: value) : $0 }
            return fields
        }
        #expect(throws: EnvelopeError.tooLong(name, limit: limit)) { try CommandEnvelope(fields(limit + 1)) }
        if name != "actor" { #expect(throws: Never.self) { try CommandEnvelope(fields(limit)) } }
    }

    @Test func `a body is UTF-8`() {
        var command = Self.command
        for body in [[], [0xff, 0xfe]] as [[UInt8]] {
            command.body = body
            #expect(throws: EnvelopeError.malformed("body", expected: "JSON in UTF-8")) {
                try CommandEnvelope(Self.fields(of: command))
            }
            #expect(throws: EnvelopeError.self) { try command.check() }
        }
    }

    @Test func `an envelope that its reader would refuse is not sent`() {
        for change in [
            { $0.type = "a b" }, { $0.reply = "a}" }, { $0.trace = "\u{1}" }, { $0.fingerprint = "\n" },
        ] as [(inout CommandEnvelope) -> Void] {
            var command = Self.command
            change(&command)
            #expect(throws: EnvelopeError.self) { try command.check() }
        }
        #expect(throws: Never.self) { try Self.command.check() }
    }

    @Test func `an event in a command stream needs its origin`() throws {
        let event = ConsumerHarness.event()
        var words = RedisCommand("XADD")
        event.append(to: &words)
        var fields = Self.fields(Array(words.words.dropFirst()))
        func entry() -> StreamEntry {
            StreamEntry(
                source: .commands(.listings), id: .zero, fields: fields, deliveriesBefore: 0, suspectAfterDeliveries: 2)
        }
        guard case .malformed(let reason, _) = entry().content else {
            Issue.record("an event without an origin was taken")
            return
        }
        #expect(reason.contains("origin"))
        fields.all.append(.init(name: Array("origin".utf8), value: Array("events:users:17-0".utf8)))
        #expect(entry().content == .event(event, from: .users))
        #expect(entry().deferredEvent?.id == StreamID(outbox: 17))
    }

    @Test func `a malformed command's sender is known if those fields can be read`() {
        let fields = Self.fields([
            "id": "0190f3c0-0000-7000-8000-000000000001", "reply": "web-1", "type": "", "body": "x",
        ])
        let entry = StreamEntry(
            source: .commands(.listings), id: .zero, fields: fields, deliveriesBefore: 0, suspectAfterDeliveries: 2)
        #expect(entry.replyTo?.address == ReplyAddress("web-1"))
        #expect(entry.replyTo?.id == CommandID("0190f3c0-0000-7000-8000-000000000001"))
    }

    @Test func `stream ids are ordered as pairs`() {
        #expect(StreamID("5-10")! > StreamID("5-9")!)
        #expect(StreamID("10-0")! > StreamID("9-99")!)
        #expect(StreamID("7-0")!.previous == StreamID(milliseconds: 6, sequence: .max))
        #expect(StreamID("7-3")!.previous == StreamID("7-2"))
        #expect(StreamID.zero.previous == .zero)
        for wrong in ["", "7", "7-", "-7", "a-b", "1-2-3", "$", "18446744073709551616-0"] {
            #expect(StreamID(wrong) == nil)
        }
    }

    @Test func `a history keeps its last lines, and shortens them`() {
        var history: [String] = []
        for number in 0..<9 {
            let reason = "number \(number)\n" + String(repeating: "x", count: 500)
            history = History.adding(reason, at: Timestamp(milliseconds: 0), by: "w", to: history)
        }
        #expect(history.count == History.maximumLines)
        #expect(history.allSatisfy { $0.count <= History.maximumLineLength && !$0.contains("\n") })
        #expect(history.last?.hasPrefix("1970-01-01T00:00:00.000Z w: number 8 ") == true)
    }
}
