import CHiredis
import NIOCore

/// hiredis's reply parser. It takes bytes in chunks of any size and returns whole replies.
///
/// hiredis's own reply objects need one or two allocations for each string, and a batch has thousands of strings. The
/// parser therefore calls functions that store each value in a ``ReplyBuilder``.
///
/// Not Sendable: it belongs to one channel's handler, on one event loop. The pointers are private, allocated in `init`
/// and freed in `deinit`, so no unsafe pointer escapes. Only `next` accesses the builder: first through hiredis's
/// callbacks, then directly.
@safe final class ReplyReader {
    struct ProtocolViolation: Error { let reason: String }

    private let reader: UnsafeMutablePointer<redisReader>
    private let builder: UnsafeMutablePointer<ReplyBuilder>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>

    init() {
        unsafe functions = .allocate(capacity: 1)
        unsafe functions.initialize(to: ReplyBuilder.functions)
        unsafe builder = .allocate(capacity: 1)
        unsafe builder.initialize(to: ReplyBuilder())
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("out of memory")
        }
        unsafe reader.pointee.privdata = UnsafeMutableRawPointer(builder)
        unsafe self.reader = unsafe reader
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe builder.deinitialize(count: 1)
        unsafe builder.deallocate()
        unsafe functions.deallocate()
    }

    /// Adds bytes. hiredis copies them, and reports an error only when `next` is called.
    func feed(_ bytes: ByteBuffer) {
        unsafe bytes.withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = unsafe redisReaderFeed(reader, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }

    /// Returns the next whole reply, or `nil` if more bytes are needed. After an error the reader is unusable.
    func next() throws(ProtocolViolation) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &reply) == REDIS_OK else {
            throw ProtocolViolation(reason: unsafe withUnsafeBytes(of: &reader.pointee.errstr, Self.text))
        }
        guard unsafe reply != nil else { return nil }
        return unsafe builder.pointee.finish()
    }

    private static func text(_ characters: UnsafeRawBufferPointer) -> String {
        unsafe String(decoding: characters.prefix { $0 != 0 }, as: UTF8.self)
    }
}
