public import Foundation

/// Stripe's own OpenAPI document and its example objects, which requests and answers are held against.
///
/// They are not part of the project. They are looked for in the directory that `STRIPE_OPENAPI` names (or beside the
/// file it names), else in `../shared/stripe/` beside the package.
public struct StripeSpecification: Sendable {
    public static let shared: StripeSpecification? = load()

    /// For a test's `.enabled(if:)`.
    public static var isHere: Bool { shared != nil }
    public static let absence = """
        Stripe's OpenAPI document is not here: set STRIPE_OPENAPI to the directory that holds it \
        (openapi-….json and fixtures-….json), and this test will run.
        """

    private let document: SpecificationJSON
    private let fixtures: SpecificationJSON

    /// What is wrong with a form (`name`, `value`) for that call, by the document. Empty when nothing is.
    public func problems(ofForm fields: [(String, String)], method: String, path: String) -> [String] {
        let operation = document["paths"][path][method.lowercased()]
        let schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        guard schema != .null else { return ["the document has no \(method) \(path)"] }
        var tree = SpecificationJSON.object([:])
        for (name, value) in fields {
            let steps = name.split(whereSeparator: { $0 == "[" || $0 == "]" }).map(String.init)
            tree.insert(.string(value), at: steps[...])
        }
        return problems(of: tree.withArrays, schema, at: "form", isForm: true)
    }

    /// What is wrong with an answer of that call, by the document.
    public func problems(ofAnswer json: Data, method: String, path: String, status: Int) throws -> [String] {
        let responses = document["paths"][path][method.lowercased()]["responses"]
        let response = responses[String(status)] == .null ? responses["default"] : responses[String(status)]
        let schema = response["content"]["application/json"]["schema"]
        guard schema != .null else { return ["the document has no answer \(status) of \(method) \(path)"] }
        return problems(of: try .init(data: json), schema, at: "answer", isForm: false)
    }

    /// What is wrong with an object, by the document's schema of that name.
    public func problems(ofObject json: Data, schema: String) throws -> [String] {
        problems(
            of: try .init(data: json), ["$ref": .string("#/components/schemas/\(schema)")], at: schema, isForm: false)
    }

    /// Stripe's own example of an object (`checkout.session`).
    public func fixture(_ name: String) throws -> Data {
        try JSONEncoder().encode(fixtures["resources"][name])
    }

    private func problems(
        of value: SpecificationJSON, _ schema: SpecificationJSON, at path: String, isForm: Bool
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
            if case .number(let limit) = schema["maxLength"], Double(text.count) > limit {
                found.append("\(path) is longer than \(limit)")
            }
        case (.string("integer"), .string(let text)) where isForm && Int64(text) != nil: break
        case (.string("boolean"), .string(let text)) where isForm && ["true", "false"].contains(text): break
        case (.string("integer"), .number), (.string("number"), .number), (.string("boolean"), .bool), (.null, _): break
        default: found.append("\(path) is \(value), not of type \(schema["type"])")
        }
        return found
    }

    private func problems(
        ofMembers members: [String: SpecificationJSON], _ schema: SpecificationJSON, at path: String, isForm: Bool
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
        func read(_ prefix: String) -> SpecificationJSON? {
            guard let name = files.sorted().last(where: { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }),
                let data = FileManager.default.contents(atPath: directory.appendingPathComponent(name).path)
            else { return nil }
            return try? SpecificationJSON(data: data)
        }
        guard let document = read("openapi"), let fixtures = read("fixtures") else { return nil }
        return StripeSpecification(document: document, fixtures: fixtures)
    }
}
