/// Maximum numbers of open event streams in one process.
struct LiveLimits: Sendable {
    var streams: Int
    /// For one address. Many users may share an address.
    var perAddress: Int
    /// For one user. A browser opens up to six connections to a host with HTTP/1.1.
    var perUser = 32
}
