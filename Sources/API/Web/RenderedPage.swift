import Gzip
import NIOCore
import Synchronization

/// The body of a page, and the same compressed from when that is first asked for.
final class RenderedPage: Sendable {
    let plain: ByteBuffer
    private let compressed = Mutex<ByteBuffer?>(nil)

    init(_ text: String) { plain = ByteBuffer(string: text) }

    /// By gzip; nil only where there is no memory for it.
    var packed: ByteBuffer? {
        if let known = compressed.withLock(\.self) { return known }
        guard let bytes = Gzip.compress(Array(plain.readableBytesView), level: .fast) else { return nil }
        let packed = ByteBuffer(bytes: bytes)
        compressed.withLock { $0 = packed }
        return packed
    }
}
