import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import API

@Suite struct PeerTests {
    /// The client sends a request and resets the connection before the request is handled. Its attempts still count for
    /// its address.
    @Test func aConnectionThatHasEndedKeepsItsAddress() throws {
        let channel = EmbeddedChannel()
        let source = ApplicationRequestContextSource(channel: channel, logger: Logger(label: "test"))
        #expect(APIContext(source: source).peer == nil)
        let address = try SocketAddress(ipAddress: "198.51.100.7", port: 4711)
        HTTPConnection.$peer.withValue(address) {
            #expect(APIContext(source: source).peer == "198.51.100.7")
        }
    }
}
