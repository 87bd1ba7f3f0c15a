public import Foundation

/// Validates requests and responses against Stripe's OpenAPI document, and provides Stripe's example objects.
///
/// The files are not part of the project. `STRIPE_OPENAPI` names their directory, or a file in it. The default is
/// `../shared/stripe/` beside the package.
public struct StripeSpecification: Sendable {
    public static let shared: StripeSpecification? = load()

    /// The condition for a test's `.enabled(if:)`.
    public static var isAvailable: Bool { shared != nil }
    public static let unavailableReason = """
        Stripe's OpenAPI document is missing: to run this test, set STRIPE_OPENAPI to the directory with \
        openapi-….json and fixtures-….json.
        """

    private let document: JSON
    private let fixtures: JSON

    /// Returns the ways in which a call's form fields (`name`, `value`) violate the document. Empty if the form is
    /// valid.
    public func problems(ofForm fields: [(String, String)], method: String, path: String) -> [String] {
        let operation = document["paths"][path][method.lowercased()]
        let schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        guard schema != .null else { return ["the document has no \(method) \(path)"] }
        var form = JSON.object([:])
        for (name, value) in fields {
            let path = name.split(whereSeparator: { $0 == "[" || $0 == "]" }).map(String.init)
            form.insert(.string(value), at: path[...])
        }
        return problems(of: form.withArrays, schema, at: "form", isForm: true)
    }

    /// Returns the ways in which a call's response violates the document. Empty if the response is valid.
    public func problems(ofResponse json: Data, method: String, path: String, status: Int) throws -> [String] {
        let responses = document["paths"][path][method.lowercased()]["responses"]
        let response = responses[String(status)] == .null ? responses["default"] : responses[String(status)]
        let schema = response["content"]["application/json"]["schema"]
        guard schema != .null else { return ["the document has no response \(status) of \(method) \(path)"] }
        return problems(of: try JSON(Array(json)), schema, at: "response", isForm: false)
    }

    /// Stripe's example of an object, such as `checkout.session`.
    public func fixture(_ name: String) -> Data {
        Data(fixtures["resources"][name].bytes)
    }

    private func problems(
        of value: JSON, _ schema: JSON, at path: String, isForm: Bool
    ) -> [String] {
        if case .string(let reference) = schema["$ref"] {
            let name = String(reference.split(separator: "/").last ?? "")
            return problems(of: value, document["components"]["schemas"][name], at: path, isForm: isForm)
        }
        if value == .null {
            return schema["nullable"] == .bool(true) ? [] : ["\(path) is null"]
        }
        if case .array(let alternatives) = schema["anyOf"] {
            let found = alternatives.map { problems(of: value, $0, at: path, isForm: isForm) }
            return found.min { $0.count < $1.count } ?? []
        }
        var found: [String] = []
        if case .array(let choices) = schema["enum"], !choices.contains(value) {
            found.append("\(path) is \(value), not one of \(choices)")
        }
        switch (schema["type"], value) {
        case (.string("object"), .object(let members)):
            found += problems(ofMembers: members, schema, at: path, isForm: isForm)
        case (.string("array"), .array(let elements)):
            for (index, element) in elements.enumerated() {
                found += problems(of: element, schema["items"], at: "\(path)[\(index)]", isForm: isForm)
            }
        case (.string("string"), .string(let text)):
            if let limit = schema["maxLength"].int, text.count > limit {
                found.append("\(path) is longer than \(limit)")
            }
        case (.string("integer"), .string(let text)) where isForm && Int64(text) != nil: break
        case (.string("boolean"), .string(let text)) where isForm && ["true", "false"].contains(text): break
        case (.string("integer"), .int), (.string("number"), .int), (.string("number"), .double),
            (.string("boolean"), .bool), (.null, _):
            break
        default: found.append("\(path) is \(value), not of type \(schema["type"])")
        }
        return found
    }

    private func problems(
        ofMembers members: [String: JSON], _ schema: JSON, at path: String, isForm: Bool
    ) -> [String] {
        var found: [String] = []
        if case .array(let required) = schema["required"] {
            for case .string(let name) in required where members[name] == nil {
                found.append("\(path).\(name) is missing")
            }
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let property = schema["properties"][name]
            if property != .null {
                found += problems(of: value, property, at: "\(path).\(name)", isForm: isForm)
            } else if case .object = schema["additionalProperties"] {
                found += problems(of: value, schema["additionalProperties"], at: "\(path).\(name)", isForm: isForm)
            } else if isForm {
                found.append("\(path).\(name) is not known")
            }
        }
        return found
    }

    private static func load() -> StripeSpecification? {
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var directory = package.deletingLastPathComponent().appendingPathComponent("shared/stripe")
        if let path = ProcessInfo.processInfo.environment["STRIPE_OPENAPI"], !path.isEmpty {
            let url = URL(fileURLWithPath: path)
            directory = path.hasSuffix(".json") ? url.deletingLastPathComponent() : url
        }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        func read(_ prefix: String) -> JSON? {
            guard let name = files.sorted().last(where: { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }),
                let data = FileManager.default.contents(atPath: directory.appendingPathComponent(name).path)
            else { return nil }
            return try? JSON(Array(data))
        }
        guard let document = read("openapi"), let fixtures = read("fixtures") else { return nil }
        return StripeSpecification(document: document, fixtures: fixtures)
    }
}

extension JSON {
    fileprivate mutating func insert(_ value: JSON, at path: ArraySlice<String>) {
        guard let first = path.first else {
            self = value
            return
        }
        guard case .object(var members) = self else { return }
        members[first, default: .object([:])].insert(value, at: path.dropFirst())
        self = .object(members)
    }

    /// A copy in which objects with the members 0, 1, 2 … are arrays.
    fileprivate var withArrays: JSON {
        guard case .object(let members) = self else { return self }
        let mapped = members.mapValues(\.withArrays)
        guard !mapped.isEmpty, (0..<mapped.count).allSatisfy({ mapped[String($0)] != nil }) else {
            return .object(mapped)
        }
        return .array((0..<mapped.count).compactMap { mapped[String($0)] })
    }
}
