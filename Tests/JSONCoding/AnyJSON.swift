/// Any JSON value.
enum AnyJSON: Decodable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([AnyJSON])
    case object([String: AnyJSON])

    /// The value with its numbers rounded to seven digits.
    var rounded: AnyJSON {
        switch self {
        case .integer(let value): .number(Double(Float(value)))
        case .number(let value): .number(Double(Float(value)))
        case .array(let values): .array(values.map(\.rounded))
        case .object(let fields): .object(fields.mapValues(\.rounded))
        case .null, .bool, .string: self
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([AnyJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: AnyJSON].self))
        }
    }
}
