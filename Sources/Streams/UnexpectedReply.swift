/// A reply that does not have the documented shape.
struct UnexpectedReply: Error, Hashable, CustomStringConvertible {
    let work: String
    var description: String { "unexpected reply from Redis during \(work)" }
}
