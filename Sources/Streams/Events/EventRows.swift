import RedisClient

/// The outbox rows in the arguments of a script that adds them to a stream.
enum EventRows {
    /// The number of words of a row's fields: a name and a value for each field.
    static let wordsOfFields = EventEnvelope.fieldCount * 2

    /// Returns the arguments of a script: the given words, then each row's stream id and fields.
    static func words(_ first: [String], _ rows: [(id: UInt64, event: EventEnvelope)]) -> RedisCommand {
        let bytes = rows.reduce(0) { $0 + 256 + $1.event.body.count }
        var words = RedisCommand("", words: 4 + first.count + rows.count * (wordsOfFields + 1), bytes: bytes)
        for word in first { words.append(word) }
        for (id, event) in rows {
            words.append(StreamID(outbox: id).description)
            event.append(to: &words)
        }
        return words
    }
}
