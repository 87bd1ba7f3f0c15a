import RedisClient

/// An entry's fields, in their order, as bytes: whatever stands in the stream can be held, shown and moved on.
public struct StreamFields: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public let name: [UInt8]
        public let value: [UInt8]
    }

    public internal(set) var all: [Field] = []

    init() {}

    /// Reads Redis's array of names and values in turn; nil when it is something else.
    init?(_ reply: RedisValue) {
        guard let words = reply.array, words.count.isMultiple(of: 2) else { return nil }
        all.reserveCapacity(words.count / 2)
        for index in stride(from: 0, to: words.count, by: 2) {
            guard let name = words[index].bytes, let value = words[index + 1].bytes else { return nil }
            all.append(Field(name: name, value: value))
        }
    }

    /// The first field of that name.
    public subscript(name: String) -> [UInt8]? {
        all.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// The first field of that name, if it is valid UTF-8.
    public func text(_ name: String) -> String? {
        self[name].flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Names and values in turn, as XADD takes them.
    var words: [[UInt8]] { all.flatMap { [$0.name, $0.value] } }
}
