import CHiredis
import NIOCore

/// hiredis's reply parser: bytes in, in any portions; whole replies out.
///
/// Its own reply objects are an allocation or two for each string, which a batch has thousands of. So it is given
/// functions that note what it finds in a ``ReplyDraft`` instead.
///
/// Not Sendable: it belongs to one channel's handler, on one event loop. The pointers are private, made in `init` and
/// freed in `deinit`: nothing unsafe leaves. The draft is touched by hiredis during `next` alone, and by `next` after it.
@safe final class ReplyReader {
    struct Violation: Error { let reason: String }

    private let reader: UnsafeMutablePointer<redisReader>
    private let draft: UnsafeMutablePointer<ReplyDraft>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>

    init() {
        unsafe functions = .allocate(capacity: 1)
        unsafe functions.initialize(to: ReplyDraft.functions)
        unsafe draft = .allocate(capacity: 1)
        unsafe draft.initialize(to: ReplyDraft())
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            preconditionFailure("out of memory")
        }
        unsafe reader.pointee.privdata = UnsafeMutableRawPointer(draft)
        unsafe self.reader = unsafe reader
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe draft.deinitialize(count: 1)
        unsafe draft.deallocate()
        unsafe functions.deallocate()
    }

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
        guard unsafe reply != nil else { return nil }
        return unsafe draft.pointee.finish()
    }

    private static func text(_ characters: UnsafeRawBufferPointer) -> String {
        unsafe String(decoding: characters.prefix { $0 != 0 }, as: UTF8.self)
    }
}
