import Foundation

/// Any JSON, for walking a document by name.
indirect enum SpecificationJSON: Hashable, Sendable, Codable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([SpecificationJSON])
    case object([String: SpecificationJSON])

    init(data: Data) throws {
        self = try JSONDecoder().decode(SpecificationJSON.self, from: data)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([SpecificationJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: SpecificationJSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value):
            if let whole = Int64(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// Null where there is no such member.
    subscript(_ name: String) -> SpecificationJSON {
        guard case .object(let members) = self else { return .null }
        return members[name] ?? .null
    }

    mutating func insert(_ value: SpecificationJSON, at path: ArraySlice<String>) {
        guard let first = path.first else {
            self = value
            return
        }
        guard case .object(var members) = self else { return }
        members[first, default: .object([:])].insert(value, at: path.dropFirst())
        self = .object(members)
    }

    /// Objects whose names are 0, 1, 2 … are arrays.
    var withArrays: SpecificationJSON {
        guard case .object(let members) = self else { return self }
        let mapped = members.mapValues(\.withArrays)
        guard !mapped.isEmpty, (0..<mapped.count).allSatisfy({ mapped[String($0)] != nil }) else {
            return .object(mapped)
        }
        return .array((0..<mapped.count).compactMap { mapped[String($0)] })
    }
}

extension SpecificationJSON: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, SpecificationJSON)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}
