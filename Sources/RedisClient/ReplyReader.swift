import CHiredis
import NIOCore

/// hiredis's reply parser: bytes in, in any portions; whole replies out.
///
/// Not Sendable: it belongs to one channel's handler, on one event loop. The pointer is private, made in `init` and
/// freed in `deinit`, and every reply is copied before it is freed: nothing unsafe leaves.
@safe final class ReplyReader {
    struct Violation: Error { let reason: String }

    private let reader: UnsafeMutablePointer<redisReader>

    init() {
        guard let reader = unsafe redisReaderCreate() else { preconditionFailure("out of memory") }
        unsafe self.reader = unsafe reader
    }

    deinit { unsafe redisReaderFree(reader) }

    /// hiredis copies what it is fed, and keeps an error until it is asked for a reply.
    func feed(_ bytes: ByteBuffer) {
        unsafe bytes.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = unsafe redisReaderFeed(reader, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    /// The next whole reply, nil when more bytes are needed. After an error the reader is of no more use.
    func next() throws(Violation) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &reply) == REDIS_OK else {
            throw Violation(reason: unsafe withUnsafeBytes(of: &reader.pointee.errstr, Self.text))
        }
        guard let reply = unsafe reply else { return nil }
        defer { unsafe freeReplyObject(reply) }
        return unsafe try Self.copy(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    private static func text(_ characters: UnsafeRawBufferPointer) -> String {
        unsafe String(decoding: characters.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func copy(_ reply: redisReply) throws(Violation) -> RedisValue {
        switch unsafe reply.type {
        case REDIS_REPLY_NIL: return .null
        case REDIS_REPLY_INTEGER: return unsafe .integer(reply.integer)
        case REDIS_REPLY_STRING: return .bulk(unsafe Array(bytes(of: reply)))
        case REDIS_REPLY_STATUS: return .status(unsafe String(decoding: bytes(of: reply), as: UTF8.self))
        case REDIS_REPLY_ERROR:
            return .error(RedisReplyError(line: unsafe String(decoding: bytes(of: reply), as: UTF8.self)))
        case REDIS_REPLY_ARRAY:
            var values: [RedisValue] = []
            unsafe values.reserveCapacity(Int(reply.elements))
            for index in 0..<Int(unsafe reply.elements) {
                guard let element = unsafe reply.element[index] else {
                    throw Violation(reason: "an array came with a hole at \(index)")
                }
                values.append(unsafe try copy(element.pointee))
            }
            return .array(values)
        default: throw Violation(reason: "a reply of type \(unsafe reply.type), which RESP2 does not have")
        }
    }

    private static func bytes(of reply: redisReply) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: reply.str, count: Int(reply.len))
    }
}
