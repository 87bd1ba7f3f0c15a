import HTTPTypes
import Hummingbird
import JSONCoding
import Marketplace

/// The response to a command that was not refused.
enum CommandResponse: Sendable {
    /// PostgreSQL has committed the command. Contains the JSON of the result.
    case done([UInt8], CommandRequest)
    /// Redis has stored the command. Nothing else is known yet.
    case accepted(CommandRequest)

    /// Decodes the result. Returns `nil` if the command was only accepted.
    func decodeResult<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value? {
        guard case .done(let body, _) = self else { return nil }
        return try JSONBytes.decode(from: body)
    }

    /// The HTTP response: the result with the given status, or 202 with the URL of the command's status.
    ///
    /// - Parameter tag: makes the entity tag of the result.
    func response(
        _ status: HTTPResponse.Status, tag: (([UInt8]) -> EntityTag?)? = nil, location: ((CommandID) -> String)? = nil
    ) -> Response {
        switch self {
        case .accepted(let request):
            return Self.accepted(request)
        case .done(let body, let request):
            var headers: HTTPFields = [:]
            if let location { headers[.location] = location(request.id) }
            if let applied = request.preference.applied { headers[.preferenceApplied] = applied }
            if request.isReplay { headers.append(.idempotentReplayed) }
            if let tag = tag?(body) { headers[.eTag] = tag.header }
            if status == .noContent { return Response(status: status, headers: headers) }
            return .json(bytes: body, status: status, headers: headers)
        }
    }

    static func location(of id: CommandID) -> String { "/api/commands/\(id)" }

    private struct Accepted: Encodable {
        let id: CommandID
        let status = CommandStatus.pending
        let url: String
    }

    private static func accepted(_ request: CommandRequest) -> Response {
        var headers: HTTPFields = [.location: location(of: request.id)]
        if let applied = request.preference.applied { headers[.preferenceApplied] = applied }
        return .json(
            Accepted(id: request.id, url: location(of: request.id)), status: .accepted, headers: headers)
    }
}

/// The status of a command in the response to `GET /api/commands/:id`.
enum CommandStatus: String, Encodable, Sendable {
    case done, refused, pending, lost
}
