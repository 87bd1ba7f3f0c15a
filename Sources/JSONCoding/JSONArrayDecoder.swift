/// Reads an array's elements in order.
struct JSONArrayDecoder: UnkeyedDecodingContainer {
    private let document: JSONDocument
    private let node: Int
    /// The node of the next element.
    private var next: Int
    private(set) var currentIndex = 0

    init(document: JSONDocument, node: Int) {
        self.document = document
        self.node = node
        next = node + 1
    }

    var codingPath: [any CodingKey] { document.path(to: node) }
    var count: Int? { Int(document.nodes[node].count) }
    var isAtEnd: Bool { next >= document.nodes[node].next }

    /// Reads the next element. Advances only if the element has the type.
    private mutating func take<Value>(
        _ type: Value.Type, _ read: (JSONDocument, Int) throws -> Value
    ) throws -> Value {
        guard !isAtEnd else {
            let context = DecodingError.Context(
                codingPath: codingPath + [JSONPathKey(currentIndex)], debugDescription: "the array has no more elements"
            )
            throw DecodingError.valueNotFound(type, context)
        }
        let value = try read(document, next)
        next = Int(document.nodes[next].next)
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, document.isNull(next) else {
            // At the end, throw the same error as for any other type.
            return isAtEnd ? try take(Bool.self) { $0.isNull($1) } : false
        }
        return try take(Bool.self) { _, _ in true }
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try take(type) { try $0.bool($1) } }
    mutating func decode(_ type: String.Type) throws -> String { try take(type) { try $0.string($1) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try take(type) { try $0.floatingPoint($1) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try take(type) { try $0.floatingPoint($1) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try number(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try number(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try number(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try number(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try number(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try number(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try number(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try number(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try number(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try number(type) }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        try take(type) { try $0.integer($1) }
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try take(type) { try $0.value(at: $1, as: type) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try superDecoder().unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        try take((any Decoder).self) { JSONValueDecoder(document: $0, node: $1) }
    }
}
