import CHiredis

/// Builds a reply from hiredis's callbacks.
///
/// It stores the values in order, each array before its elements, and the bytes of all strings in one buffer.
struct ReplyBuilder {
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

    // MARK: Callbacks

    /// The functions that hiredis calls for each value. The reader's private data points to the builder.
    ///
    /// They return a pointer to an object of the caller, which hiredis never dereferences; nil means out of memory.
    static var functions: redisReplyObjectFunctions {
        var functions = redisReplyObjectFunctions()
        unsafe functions.createString = { task, start, count in
            unsafe ReplyBuilder.add(task) { builder in
                unsafe builder.add(string: UnsafeRawBufferPointer(start: start, count: Int(count)), task?.pointee.type)
            }
        }
        unsafe functions.createArray = { task, count in
            unsafe ReplyBuilder.add(task) { $0.parts.append(.array(count: Int(count))) }
        }
        unsafe functions.createInteger = { task, value in
            unsafe ReplyBuilder.add(task) { $0.parts.append(.integer(Int64(value))) }
        }
        unsafe functions.createNil = { task in
            unsafe ReplyBuilder.add(task) { $0.parts.append(.null) }
        }
        unsafe functions.freeObject = { _ in }
        return functions
    }

    private static func add(
        _ task: UnsafePointer<redisReadTask>?, _ change: (inout ReplyBuilder) -> Void
    ) -> UnsafeMutableRawPointer? {
        guard let builder = unsafe task?.pointee.privdata else { return nil }
        unsafe change(&builder.assumingMemoryBound(to: ReplyBuilder.self).pointee)
        return unsafe builder
    }

    private mutating func add(string: UnsafeRawBufferPointer, _ type: Int32?) {
        let start = bytes.count
        unsafe bytes.append(contentsOf: string)
        let range = start..<bytes.count
        switch type {
        case REDIS_REPLY_STATUS: parts.append(.status(range))
        case REDIS_REPLY_ERROR: parts.append(.error(range))
        default: parts.append(.bulk(range))
        }
    }

    // MARK: Result

    /// Returns the whole reply and empties the builder.
    mutating func finish() -> RedisValue {
        defer {
            parts.removeAll(keepingCapacity: parts.count < 10_000)
            // The reply's values own the buffer now.
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
        case .status(let range): return .status(String(decoding: bytes[range], as: UTF8.self))
        case .error(let range): return .error(RedisReplyError(line: String(decoding: bytes[range], as: UTF8.self)))
        case .bulk(let range): return .bulk(bytes[range])
        case .array(let count):
            var values: [RedisValue] = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(value(&next)) }
            return .array(values)
        }
    }
}
