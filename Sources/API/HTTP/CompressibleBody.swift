import Gzip
import NIOCore
import Synchronization

/// A rendered page.
typealias RenderedPage = CompressibleBody

/// The body of a response, compressed on first use.
final class CompressibleBody: Sendable {
    let plain: ByteBuffer
    private let compressed: Mutex<ByteBuffer?>

    init(_ text: String) {
        plain = ByteBuffer(string: text)
        compressed = Mutex(nil)
    }

    init(_ bytes: [UInt8]) {
        plain = ByteBuffer(bytes: bytes)
        compressed = Mutex(nil)
    }

    /// A body that is compressed immediately, at the highest level.
    init(compressing bytes: [UInt8]) {
        plain = ByteBuffer(bytes: bytes)
        compressed = Mutex(Gzip.compress(bytes, level: .best).map { ByteBuffer(bytes: $0) })
    }

    /// The body compressed with gzip, or `nil` if there is not enough memory.
    var gzipped: ByteBuffer? {
        if let known = compressed.withLock(\.self) { return known }
        guard let bytes = Gzip.compress(Array(plain.readableBytesView), level: .fast) else { return nil }
        let gzipped = ByteBuffer(bytes: bytes)
        compressed.withLock { $0 = gzipped }
        return gzipped
    }
}
