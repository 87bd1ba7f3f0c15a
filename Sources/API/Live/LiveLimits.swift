/// How many streams are kept open by one process.
struct LiveLimits: Sendable {
    var streams: Int
    /// Of one address; the addresses of many may be one.
    var perAddress: Int
    /// Of one user. A browser keeps six of one host where it speaks HTTP/1.1.
    var perUser = 32
}
