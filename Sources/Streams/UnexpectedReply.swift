/// A reply whose shape the command's documentation does not show.
struct UnexpectedReply: Error, Hashable, CustomStringConvertible {
    let work: String
    var description: String { "unexpected reply from Redis during \(work)" }
}
