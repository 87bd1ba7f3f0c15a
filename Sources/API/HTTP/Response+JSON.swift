import HTTPTypes
import Hummingbird
import JSONCoding
import NIOCore

/// Encodes the JSON of responses.
enum ResponseJSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        do {
            return try JSONBytes.encode(value)
        } catch {
            // Response types consist of strings, integers, booleans and arrays, whose encoding cannot fail.
            preconditionFailure("a response could not be encoded: \(error)")
        }
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response
    {
        json(bytes: ResponseJSON.encode(value), status: status, headers: headers)
    }

    /// A response with encoded JSON.
    static func json(
        bytes: some Sequence<UInt8>, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        json(ByteBuffer(bytes: bytes), status: status, headers: headers)
    }

    /// A response with encoded JSON, compressed if the client accepts gzip and compression may save a packet. The JSON
    /// must contain no secret, because the compressed length reveals something about the content.
    static func json(_ body: CompressibleBody, to request: Request, headers: HTTPFields = [:]) -> Response {
        guard body.plain.readableBytes > 1400 else { return json(body.plain, headers: headers) }
        var headers = headers
        headers[.vary] = "Accept-Encoding"
        guard request.acceptsGzip, let gzipped = body.gzipped else { return json(body.plain, headers: headers) }
        headers[.contentEncoding] = "gzip"
        // A different encoding is a different representation (RFC 9110, section 8.8.3.3).
        if let tag = headers[.eTag], tag.hasSuffix("\"") { headers[.eTag] = tag.dropLast() + "-gzip\"" }
        return json(gzipped, headers: headers)
    }

    /// A response with encoded JSON.
    static func json(_ json: ByteBuffer, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: .init(byteBuffer: json))
    }
}
