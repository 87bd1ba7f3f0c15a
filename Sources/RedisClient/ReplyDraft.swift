import CHiredis

/// What hiredis has found of a reply: its values in the order in which they came, an array before what is in it, and the
/// bytes of all its strings one after another.
struct ReplyDraft {
    private enum Part {
        case null
        case integer(Int64)
        case status(Range<Int>)
        case error(Range<Int>)
        case bulk(Range<Int>)
        case array(count: Int)
    }

    private var parts: [Part] = []
    private var bytes: [UInt8] = []

    // MARK: Filling

    /// What hiredis calls for each value, with the draft as the reader's private data. What they answer stands for an
    /// object of hiredis's caller, and is never looked at; nil would mean that there is no memory.
    static var functions: redisReplyObjectFunctions {
        var functions = redisReplyObjectFunctions()
        unsafe functions.createString = { task, start, count in
            unsafe ReplyDraft.add(task) { draft in
                unsafe draft.add(string: UnsafeRawBufferPointer(start: start, count: Int(count)), task?.pointee.type)
            }
        }
        unsafe functions.createArray = { task, count in
            unsafe ReplyDraft.add(task) { $0.parts.append(.array(count: Int(count))) }
        }
        unsafe functions.createInteger = { task, value in
            unsafe ReplyDraft.add(task) { $0.parts.append(.integer(Int64(value))) }
        }
        unsafe functions.createNil = { task in
            unsafe ReplyDraft.add(task) { $0.parts.append(.null) }
        }
        unsafe functions.freeObject = { _ in }
        return functions
    }

    private static func add(
        _ task: UnsafePointer<redisReadTask>?, _ change: (inout ReplyDraft) -> Void
    ) -> UnsafeMutableRawPointer? {
        guard let draft = unsafe task?.pointee.privdata else { return nil }
        unsafe change(&draft.assumingMemoryBound(to: ReplyDraft.self).pointee)
        return unsafe draft
    }

    private mutating func add(string: UnsafeRawBufferPointer, _ type: Int32?) {
        let start = bytes.count
        unsafe bytes.append(contentsOf: string)
        let place = start..<bytes.count
        switch type {
        case REDIS_REPLY_STATUS: parts.append(.status(place))
        case REDIS_REPLY_ERROR: parts.append(.error(place))
        default: parts.append(.bulk(place))
        }
    }

    // MARK: Reading

    /// The whole reply; the draft is empty after it.
    mutating func finish() -> RedisValue {
        defer {
            parts.removeAll(keepingCapacity: parts.count < 10_000)
            // Its values have the bytes.
            bytes = []
        }
        var next = 0
        return value(&next)
    }

    private func value(_ next: inout Int) -> RedisValue {
        let part = parts[next]
        next += 1
        switch part {
        case .null: return .null
        case .integer(let value): return .integer(value)
        case .status(let place): return .status(String(decoding: bytes[place], as: UTF8.self))
        case .error(let place): return .error(RedisReplyError(line: String(decoding: bytes[place], as: UTF8.self)))
        case .bulk(let place): return .bulk(bytes[place])
        case .array(let count):
            var values: [RedisValue] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(value(&next)) }
            return .array(values)
        }
    }
}
