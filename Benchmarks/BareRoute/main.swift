import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

// `BareRoute PORT`: measures the cost of the HTTP server itself. One route responds from memory, with as many bytes as
// a listing's JSON. The server is configured like the API's.
let body = ByteBuffer(string: "{\"text\":\"\(String(repeating: "x", count: 589))\"}")
var logger = Logger(label: "bare")
logger.logLevel = .error
let router = Router()
router.get("/") { _, _ in
    Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: body))
}
guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
    preconditionFailure("usage: BareRoute PORT")
}
let server = Application(
    router: router,
    server: .http1(
        configuration: HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 8 * 1024, maxHeaderListSize: 16 * 1024, maxHeaderFieldCount: 64))),
    configuration: ApplicationConfiguration(
        address: .hostname("127.0.0.1", port: port), serverName: nil, backlog: 1024,
        availableConnectionsDelegate: MaximumAvailableConnections(8000, logger: logger)),
    logger: logger)
try await server.runService()
