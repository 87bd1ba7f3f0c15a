import Foundation

/// Validation with the part of JSON Schema that the document uses.
extension OpenAPIDocument {
    func schemaProblems(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        let schema = resolve(schema)
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let fitting = choices.filter { schemaProblems(value, $0, at: place).isEmpty }.count
            return fitting == 1 ? [] : ["\(place) matches \(fitting) of the choices"]
        }
        if let constant = schema["const"] {
            return "\(constant)" == "\(value)" ? [] : ["\(place) is not \(constant)"]
        }
        var problems: [String] = []
        if let type = schema["type"] as? String, !Self.isOf(type, value) { return ["\(place) is no \(type)"] }
        if let allowed = schema["enum"] as? [String], let text = value as? String, !allowed.contains(text) {
            problems.append("\(place) is “\(text)”, which its enum does not contain")
        }
        if let text = value as? String { problems += textProblems(text, schema, at: place) }
        if let number = value as? Int64, !Self.isBoolean(value) {
            if let least = schema["minimum"] as? Int64, number < least { problems.append("\(place) is below \(least)") }
            if let most = schema["maximum"] as? Int64, number > most { problems.append("\(place) is above \(most)") }
        }
        if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            if let least = schema["minItems"] as? Int, list.count < least { problems.append("\(place) is too short") }
            for (index, item) in list.enumerated() { problems += schemaProblems(item, items, at: "\(place)[\(index)]") }
        }
        if let object = value as? [String: Any] { problems += objectProblems(object, schema, at: place) }
        return problems
    }

    private func textProblems(_ text: String, _ schema: [String: Any], at place: String) -> [String] {
        var problems: [String] = []
        let count = text.unicodeScalars.count
        if let least = schema["minLength"] as? Int, count < least { problems.append("\(place) is too short") }
        if let most = schema["maxLength"] as? Int, count > most { problems.append("\(place) is too long") }
        switch schema["format"] as? String {
        case "uuid": if UUID(uuidString: text) == nil { problems.append("\(place) is no UUID") }
        case "date-time":
            if (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)) == nil {
                problems.append("\(place) is no time")
            }
        default: break
        }
        return problems
    }

    private func objectProblems(_ object: [String: Any], _ schema: [String: Any], at place: String) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var problems = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }
            .map { "\(place).\($0) is missing" }
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            if let schema = properties[name] {
                problems += schemaProblems(value, schema, at: "\(place).\(name)")
            } else if schema["additionalProperties"] as? Bool == false
                || schema["additionalProperties"] == nil && !properties.isEmpty
            {
                // A client must expect further members, but GitTix sends only documented ones.
                problems.append("\(place).\(name) is not documented")
            }
        }
        return problems
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "null": value is NSNull
        case "boolean": isBoolean(value)
        case "integer": value is Int64 && !isBoolean(value)
        default: false
        }
    }

    /// JSONSerialization returns numbers and booleans as NSNumber, and the numbers 0 and 1 also cast to Bool.
    private static func isBoolean(_ value: Any) -> Bool {
        (value as? NSNumber).map { unsafe String(cString: $0.objCType) == "c" } ?? (value is Bool)
    }
}
