import Gzip
import NIOCore
import Synchronization

/// The body of a page, compressed on first use.
final class RenderedPage: Sendable {
    let plain: ByteBuffer
    private let compressed = Mutex<ByteBuffer?>(nil)

    init(_ text: String) { plain = ByteBuffer(string: text) }

    /// The body compressed with gzip, or `nil` if there is not enough memory.
    var gzipped: ByteBuffer? {
        if let known = compressed.withLock(\.self) { return known }
        guard let bytes = Gzip.compress(Array(plain.readableBytesView), level: .fast) else { return nil }
        let gzipped = ByteBuffer(bytes: bytes)
        compressed.withLock { $0 = gzipped }
        return gzipped
    }
}
