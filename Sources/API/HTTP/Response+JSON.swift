import HTTPTypes
import Hummingbird
import JSONCoding
import NIOCore

enum JSONText {
    static func of(_ value: some Encodable) -> [UInt8] {
        do {
            return try JSONBytes.encode(value)
        } catch {
            // Every type that is answered encodes to strings, integers and lists of them: nothing of it can fail.
            preconditionFailure("an answer could not be encoded: \(error)")
        }
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response
    {
        json(bytes: JSONText.of(value), status: status, headers: headers)
    }

    /// JSON that is written already.
    static func json(
        bytes: some Sequence<UInt8>, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        json(ByteBuffer(bytes: bytes), status: status, headers: headers)
    }

    /// JSON that is written already.
    static func json(_ json: ByteBuffer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: json))
    }
}
