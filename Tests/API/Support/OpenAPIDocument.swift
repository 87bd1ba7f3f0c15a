import Foundation
import Support

@testable import API

/// The OpenAPI document, for checking responses.
struct OpenAPIDocument: @unchecked Sendable {
    // Safe: the value is never changed after `init`, and JSONSerialization returns immutable objects.
    private let root: [String: Any]

    init() throws {
        let data = Data(try Self.text(publicURL: "http://127.0.0.1"))
        guard let root = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw SupportError("the OpenAPI document is not an object")
        }
        self.root = root
    }

    static func text(publicURL: String) throws -> [UInt8] {
        try Routes.openAPI(publicURL: publicURL, cookie: "gittix_access")
    }

    var version: String { root["openapi"] as? String ?? "" }

    private var paths: [String: [String: Any]] { root["paths"] as? [String: [String: Any]] ?? [:] }

    /// All documented operations, such as `GET /api/tickets/{id}`.
    var operations: Set<String> {
        Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
    }

    /// The documented statuses of an operation.
    func statuses(_ operation: String) -> Set<String> { Set(responses(operation).keys) }

    private func responses(_ operation: String) -> [String: Any] {
        let parts = operation.split(separator: " ", maxSplits: 1).map(String.init)
        let method = paths[parts[1]]?[parts[0].lowercased()] as? [String: Any]
        return method?["responses"] as? [String: Any] ?? [:]
    }

    /// True for a path that the document covers. It does not cover pages.
    static func isForPrograms(_ path: String) -> Bool {
        ["/api/", "/live/", "/webhooks/", "/healthz", "/readyz", "/openapi.json"].contains { path.hasPrefix($0) }
    }

    /// The deviations of a response from the document. An undocumented path may return only an error of the router.
    func problems(of answer: APIClient.Answer, method: String, path: String) -> [String] {
        // Requests with too large headers never reach a route.
        if answer.status == 431 { return problems(ofUnrouted: answer) }
        // Every path answers OPTIONS, so the document leaves it out.
        if method == "OPTIONS", answer.status == 204 { return [] }
        guard Self.isForPrograms(path) else { return [] }
        guard let template = template(of: path) else { return problems(ofUnrouted: answer) }
        let operation = "\(method == "HEAD" ? "GET" : method) \(template)"
        guard operations.contains(operation) else { return problems(ofUnrouted: answer) }
        guard let response = responses(operation)["\(answer.status)"] as? [String: Any] else {
            return ["the status is not documented for \(operation)"]
        }
        return method == "HEAD" ? [] : bodyProblems(answer, resolve(response))
    }

    private func problems(ofUnrouted answer: APIClient.Answer) -> [String] {
        guard [400, 404, 405, 431].contains(answer.status) else { return ["an undocumented path has a route"] }
        return schemaProblems(answer.json, ["$ref": "#/components/schemas/Problem"], at: "body")
    }

    private func bodyProblems(_ answer: APIClient.Answer, _ response: [String: Any]) -> [String] {
        guard let content = response["content"] as? [String: [String: Any]] else {
            return answer.body.isEmpty ? [] : ["there is a body, but none is documented"]
        }
        let type = answer[header: "Content-Type"]?.split(separator: ";").first.map(String.init) ?? "none"
        guard let schema = content[type]?["schema"] as? [String: Any] else {
            return ["the type \(type) is not documented"]
        }
        guard type.hasSuffix("json"), answer[header: "Content-Encoding"] == nil else { return [] }
        guard let value = try? JSONSerialization.jsonObject(with: Data(answer.body), options: .fragmentsAllowed) else {
            return ["the body is not JSON"]
        }
        return schemaProblems(value, schema, at: "body")
    }

    /// The documented path that matches a URL, such as `/api/tickets/{id}`.
    func template(of url: String) -> String? {
        let path = url.split(separator: "?", maxSplits: 1).first.map(String.init) ?? url
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return paths.keys.first { template in
            let expected = template.split(separator: "/", omittingEmptySubsequences: false)
            return expected.count == parts.count && zip(expected, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
    }

    func resolve(_ value: [String: Any]) -> [String: Any] {
        guard let reference = value["$ref"] as? String else { return value }
        var found: Any? = root
        for part in reference.dropFirst(2).split(separator: "/") { found = (found as? [String: Any])?[String(part)] }
        return found as? [String: Any] ?? [:]
    }
}
