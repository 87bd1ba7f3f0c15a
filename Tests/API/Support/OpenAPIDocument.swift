import Foundation
import Support

@testable import API

/// The OpenAPI document, to hold answers against.
struct OpenAPIDocument: @unchecked Sendable {
    // JSON as JSONSerialization gives it: never changed after it was read.
    private let root: [String: Any]

    init() throws {
        let data = Data(PackageResources.openapi_json)
        guard let root = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw SupportError("openapi.json is no object")
        }
        self.root = root
    }

    var version: String { root["openapi"] as? String ?? "" }

    private var paths: [String: [String: Any]] { root["paths"] as? [String: [String: Any]] ?? [:] }

    /// `GET /api/tickets/{id}` of every documented route.
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

    /// The document is for programs: it does not speak of pages.
    static func isForPrograms(_ path: String) -> Bool {
        ["/api/", "/live/", "/webhooks/", "/healthz", "/readyz", "/openapi.json"].contains { path.hasPrefix($0) }
    }

    /// What of an answer is not as documented. Nothing for an address that is not: a 404 or 405 of the router.
    func problems(of answer: APIClient.Answer, method: String, path: String) -> [String] {
        // Headers beyond their limit never reach a route.
        if answer.status == 431 { return problems(ofUnrouted: answer) }
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
        guard [400, 404, 405, 431].contains(answer.status) else { return ["an undocumented address answers"] }
        return schemaProblems(answer.json, ["$ref": "#/components/schemas/Problem"], at: "body")
    }

    private func bodyProblems(_ answer: APIClient.Answer, _ response: [String: Any]) -> [String] {
        guard let content = response["content"] as? [String: [String: Any]] else {
            return answer.body.isEmpty ? [] : ["there is a body where none is documented"]
        }
        let type = answer[header: "Content-Type"]?.split(separator: ";").first.map(String.init) ?? "none"
        guard let schema = content[type]?["schema"] as? [String: Any] else {
            return ["the type \(type) is not documented"]
        }
        guard type.hasSuffix("json") else { return [] }
        guard let value = try? JSONSerialization.jsonObject(with: Data(answer.body), options: .fragmentsAllowed) else {
            return ["the body is no JSON"]
        }
        return schemaProblems(value, schema, at: "body")
    }

    /// The documented path that an address is of: `/api/tickets/{id}`.
    func template(of address: String) -> String? {
        let path = address.split(separator: "?", maxSplits: 1).first.map(String.init) ?? address
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return paths.keys.first { template in
            let wanted = template.split(separator: "/", omittingEmptySubsequences: false)
            return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
    }

    func resolve(_ value: [String: Any]) -> [String: Any] {
        guard let reference = value["$ref"] as? String else { return value }
        var found: Any? = root
        for part in reference.dropFirst(2).split(separator: "/") { found = (found as? [String: Any])?[String(part)] }
        return found as? [String: Any] ?? [:]
    }
}
