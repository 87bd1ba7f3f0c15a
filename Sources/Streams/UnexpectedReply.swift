/// Redis answered something that the command's documentation does not show.
struct UnexpectedReply: Error, Hashable, CustomStringConvertible {
    let work: String
    var description: String { "Redis answered \(work) in an unknown shape" }
}
