import HTTPTypes
import Hummingbird
import Marketplace

/// The conditions of a request that changes an object (RFC 9110, section 13). Times are not compared, because responses
/// have no `Last-Modified`.
struct Preconditions: Sendable {
    private let ifMatch: EntityTag.List?
    private let ifNoneMatch: EntityTag.List?

    /// - Throws: ``Problem`` (400) for a header that is not a list of entity tags.
    init(_ headers: HTTPFields) throws(Problem) {
        ifMatch = try Self.list(headers, .ifMatch)
        ifNoneMatch = try Self.list(headers, .ifNoneMatch)
    }

    private static func list(_ headers: HTTPFields, _ name: HTTPField.Name) throws(Problem) -> EntityTag.List? {
        // Several header fields form one list.
        guard let text = headers[name] else { return nil }
        guard let list = EntityTag.List(text) else {
            throw .invalid("must be * or entity tags from ETag headers, such as \"7.3\"", field: name.canonicalName)
        }
        return list
    }

    /// The version that the resource must still have when it is changed, or `nil` if any version will do.
    ///
    /// Only the version of a tag in `If-Match` counts, so a change of the price does not fail because units were sold
    /// in the meantime.
    ///
    /// - Parameters:
    ///   - current: the present version. The service compares again, because it may know a newer version.
    ///   - tag: the validator of the present representation.
    /// - Throws: ``Problem`` (412) if no version can match.
    func requiredVersion(current: Int64, tag: EntityTag) throws(Problem) -> Int64? {
        switch ifNoneMatch {
        case nil: break
        case .any: throw .preconditionFailed
        case .tags(let tags): if tags.contains(where: tag.isWeaklyEqual) { throw .preconditionFailed }
        }
        guard case .tags(let tags) = ifMatch else { return nil }
        // A weak tag never matches `If-Match`.
        let versions = tags.filter { !$0.isWeak }.compactMap(\.version)
        guard let newest = versions.max() else { throw .preconditionFailed }
        return versions.contains(current) ? current : newest
    }

    /// Checks the conditions against the present version alone.
    func check(current: Int64, tag: EntityTag) throws(Problem) {
        guard let required = try requiredVersion(current: current, tag: tag) else { return }
        if required != current { throw .preconditionFailed }
    }
}

extension Response {
    /// The response to a conditional request for a representation: the whole representation, `304` if the client has it
    /// already, or `412` if the client accepts only a different representation (RFC 9110, section 13.2.2).
    ///
    /// - Throws: ``Problem`` (412).
    func onCondition(of request: Request) throws(Problem) -> Response {
        guard status == .ok, request.method == .get || request.method == .head, let text = headers[.eTag],
            case .tags(let own)? = EntityTag.List(text), let tag = own.first
        else { return self }
        if let header = request.headers[.ifMatch], case .tags(let tags)? = EntityTag.List(header),
            !tags.contains(where: { !$0.isWeak && !tag.isWeak && $0.text == tag.text })
        {
            throw .preconditionFailed
        }
        guard let header = request.headers[.ifNoneMatch] else { return self }
        switch EntityTag.List(header) {
        // A malformed validator is ignored: the client gets the representation.
        case nil: return self
        case .tags(let tags) where !tags.contains(where: tag.isWeaklyEqual): return self
        case .any, .tags: break
        }
        var kept: HTTPFields = [:]
        for name in Self.fieldsOfNotModified {
            for value in headers[values: name] { kept.append(HTTPField(name: name, value: value)) }
        }
        return Response(status: .notModified, headers: kept)
    }

    /// RFC 9110, section 15.4.5.
    private static let fieldsOfNotModified: [HTTPField.Name] = [
        .eTag, .cacheControl, .contentLocation, .expires, .vary, .setCookie, .link,
    ]
}

extension Problem {
    static let preconditionFailed = Problem(
        Refusal(.staleVersion, "the object has changed since you read it: read it again"))
}
