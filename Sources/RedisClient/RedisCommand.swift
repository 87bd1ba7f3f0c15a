/// A command as its words, each binary safe.
///
///     var command = RedisCommand("XADD", key, "MAXLEN", "~", 1000, "*")
///     command.append("body")
///     command.append(bytes)
public struct RedisCommand: Sendable, Hashable {
    /// All words one after another: one allocation whatever their number.
    private(set) var storage: [UInt8] = []
    /// Where each word ends in `storage`.
    private(set) var ends: [Int] = []

    public init<each Word: RedisWord>(_ name: String, _ words: repeat each Word) {
        append(name)
        repeat append(each words)
    }

    /// The script by its digest, or by its whole source for a server that has not seen it.
    public init(_ script: RedisScript, keys: [String], arguments: [any RedisWord] = [], bySource: Bool = false) {
        self.init(bySource ? "EVAL" : "EVALSHA", bySource ? script.source : script.digest, keys.count)
        for key in keys { append(key) }
        for argument in arguments { append(argument) }
    }

    public mutating func append(_ word: some RedisWord) {
        word.write(to: &storage)
        ends.append(storage.count)
    }

    public mutating func append(contentsOf words: some Sequence<some RedisWord>) {
        for word in words { append(word) }
    }

    /// The words, the name first.
    public var words: [[UInt8]] {
        zip([0] + ends, ends).map { Array(storage[$0..<$1]) }
    }

    /// How many words, the name included.
    public var count: Int { ends.count }

    /// How many bytes the words hold, without the protocol's framing.
    public var byteCount: Int { storage.count }

    /// The first word.
    public var name: String { String(decoding: storage[..<(ends.first ?? 0)], as: UTF8.self) }
}

extension RedisCommand: CustomStringConvertible {
    /// The name alone: arguments may be secret.
    public var description: String { name }
}
