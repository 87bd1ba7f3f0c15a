private import CZlib

/// Compresses as HTTP's `gzip` coding does (RFC 1952), by zlib.
public enum Gzip {
    /// How hard to try: zlib's levels.
    public enum Level: Int32, Sendable {
        /// For what is made anew for each request.
        case fast = 4
        /// For what is compressed once.
        case best = 9
    }

    /// Nil only when zlib has no memory.
    ///
    /// - Parameter bytes: at most 2 GiB.
    public static func compress(_ bytes: [UInt8], level: Level) -> [UInt8]? {
        var stream = unsafe z_stream()
        // 15 is the window's bits; 16 more ask for gzip's header and trailer instead of zlib's (zlib.h, deflateInit2).
        let began = unsafe deflateInit2_(
            &stream, level.rawValue, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard began == Z_OK else { return nil }
        defer { unsafe _ = deflateEnd(&stream) }
        // With room for `deflateBound` bytes, one call is enough (zlib.h, deflateBound).
        let bound = unsafe Int(deflateBound(&stream, uLong(bytes.count)))
        var input = bytes
        return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = uInt(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = uInt(output.count)
                let ended = unsafe deflate(&stream, Z_FINISH)
                precondition(ended == Z_STREAM_END, "zlib needed more room than it said")
                count = unsafe Int(stream.total_out)
            }
        }
    }
}
