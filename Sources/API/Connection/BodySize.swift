import NIOCore

/// The bytes of a request's body that have arrived, and the number of parts in which they came.
struct BodySize {
    private var parts = 0
    private var bytes = 0

    mutating func add(_ part: ByteBuffer) {
        parts += 1
        bytes += part.readableBytes
    }

    /// True if handling the parts costs much more than their bytes.
    var hasTooSmallParts: Bool {
        parts > RequestLimits.smallBodyParts && bytes / parts < RequestLimits.bodyPartBytes
    }
}
