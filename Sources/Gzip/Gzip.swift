private import CZlib

/// Compression in the `gzip` format (RFC 1952), by zlib.
public enum Gzip {
    /// Compression levels of zlib.
    public enum Level: Int32, Sendable {
        /// For content that is generated for each request.
        case fast = 4
        /// For content that is compressed once and reused.
        case best = 9
    }

    /// Returns the compressed bytes, or `nil` if zlib runs out of memory.
    ///
    /// - Parameter bytes: At most 2 GiB.
    public static func compress(_ bytes: [UInt8], level: Level) -> [UInt8]? {
        var stream = unsafe z_stream()
        // 15 is the window size in bits. Adding 16 selects gzip's header and trailer instead of zlib's (zlib.h,
        // deflateInit2).
        let initStatus = unsafe deflateInit2_(
            &stream, level.rawValue, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard initStatus == Z_OK else { return nil }
        defer { unsafe _ = deflateEnd(&stream) }
        // One call is enough if the output has room for `deflateBound` bytes (zlib.h, deflateBound).
        let bound = unsafe Int(deflateBound(&stream, uLong(bytes.count)))
        var input = bytes
        return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = uInt(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = uInt(output.count)
                let status = unsafe deflate(&stream, Z_FINISH)
                precondition(status == Z_STREAM_END, "deflate needed more space than deflateBound returned")
                count = unsafe Int(stream.total_out)
            }
        }
    }
}
