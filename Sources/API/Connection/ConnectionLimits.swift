import NIOCore

/// The maximum duration of each phase of a connection.
struct ConnectionLimits: Sendable {
    /// Time without a request.
    var idle = TimeAmount.seconds(60)
    /// Time for the head of a request, from the first read that does not complete the head.
    var head = TimeAmount.seconds(10)
    /// Time for a whole request. A route that reads the body gives up earlier: ``RequestLimits/bodyTimeout``.
    var request = TimeAmount.seconds(30)
    /// Time in which the client must read 32 KiB of the written bytes, or all of them.
    var write = TimeAmount.seconds(30)
    /// Time for the client to close the connection after the last response. Closing immediately could reset the
    /// connection, and the client might never see the response (RFC 9112, section 9.6).
    var linger = TimeAmount.seconds(1)
}
