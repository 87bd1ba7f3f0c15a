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

    /// With room for so many words of so many bytes in all.
    public init(_ name: String, words: Int, bytes: Int) {
        storage.reserveCapacity(bytes)
        ends.reserveCapacity(words)
        append(name)
    }

    public mutating func append(_ word: some RedisWord) {
        word.write(to: &storage)
        ends.append(storage.count)
    }

    // The two that nearly all words are, without a look at what they are.

    public mutating func append(_ text: String) {
        storage.append(contentsOf: text.utf8)
        ends.append(storage.count)
    }

    public mutating func append(_ bytes: [UInt8]) {
        storage.append(contentsOf: bytes)
        ends.append(storage.count)
    }

    /// Another's words, behind its name.
    public mutating func append(wordsOf other: RedisCommand) {
        let (skipped, offset) = (other.ends.first ?? 0, storage.count)
        storage.append(contentsOf: other.storage[skipped...])
        for end in other.ends.dropFirst() { ends.append(end - skipped + offset) }
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
