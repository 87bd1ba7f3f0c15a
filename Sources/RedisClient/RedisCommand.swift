/// A command. Its words are the name and the arguments, and may contain any bytes.
///
///     var command = RedisCommand("XADD", key, "MAXLEN", "~", 1000, "*")
///     command.append("body")
///     command.append(bytes)
public struct RedisCommand: Sendable, Hashable {
    /// All words, concatenated into one allocation.
    private(set) var storage: [UInt8] = []
    /// The end of each word in `storage`.
    private(set) var ends: [Int] = []

    public init<each Word: RedisWord>(_ name: String, _ words: repeat each Word) {
        append(name)
        repeat append(each words)
    }

    /// Creates EVALSHA with the script's digest or, if `bySource`, EVAL with its source.
    public init(_ script: RedisScript, keys: [String], arguments: [any RedisWord] = [], bySource: Bool = false) {
        self.init(bySource ? "EVAL" : "EVALSHA", bySource ? script.source : script.digest, keys.count)
        for key in keys { append(key) }
        for argument in arguments { append(argument) }
    }

    /// Reserves capacity for this many words, and this many bytes in total.
    public init(_ name: String, words: Int, bytes: Int) {
        storage.reserveCapacity(bytes)
        ends.reserveCapacity(words)
        append(name)
    }

    public mutating func append(_ word: some RedisWord) {
        word.write(to: &storage)
        ends.append(storage.count)
    }

    // The two most common types of word, without generic dispatch.

    public mutating func append(_ text: String) {
        storage.append(contentsOf: text.utf8)
        ends.append(storage.count)
    }

    public mutating func append(_ bytes: [UInt8]) {
        storage.append(contentsOf: bytes)
        ends.append(storage.count)
    }

    /// Appends the arguments of another command.
    public mutating func append(wordsOf other: RedisCommand) {
        let (skipped, offset) = (other.ends.first ?? 0, storage.count)
        storage.append(contentsOf: other.storage[skipped...])
        for end in other.ends.dropFirst() { ends.append(end - skipped + offset) }
    }

    public mutating func append(contentsOf words: some Sequence<some RedisWord>) {
        for word in words { append(word) }
    }

    /// The words, starting with the name.
    public var words: [[UInt8]] {
        zip([0] + ends, ends).map { Array(storage[$0..<$1]) }
    }

    /// The number of words, including the name.
    public var count: Int { ends.count }

    /// The length of all words in bytes, without the protocol's framing.
    public var byteCount: Int { storage.count }

    /// The first word, such as `XADD`.
    public var name: String { String(decoding: storage[..<(ends.first ?? 0)], as: UTF8.self) }
}

extension RedisCommand: CustomStringConvertible {
    /// Only the name, because arguments may be secret.
    public var description: String { name }
}
