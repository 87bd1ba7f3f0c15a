/// Reads an object's members by name. If two members have the same name, the first one is read.
struct JSONObjectDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let document: JSONDocument
    let node: Int

    var codingPath: [any CodingKey] { document.path(to: node) }

    var allKeys: [Key] {
        var keys: [Key] = []
        var name = node + 1
        while name < document.nodes[node].next {
            if let key = document.stringIfOne(name).flatMap({ Key(stringValue: $0) }) { keys.append(key) }
            name = Int(document.nodes[name + 1].next)
        }
        return keys
    }

    // MARK: Members

    private func find(_ name: String) -> Int? { document.member(name, of: node) }

    private func find(_ key: Key) throws -> Int {
        guard let value = find(key.stringValue) else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the member is missing")
            throw DecodingError.keyNotFound(key, context)
        }
        return value
    }

    private func findPresent(_ key: Key) -> Int? {
        find(key.stringValue).flatMap { document.isNull($0) ? nil : $0 }
    }

    func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

    // MARK: Values

    func decodeNil(forKey key: Key) throws -> Bool { document.isNull(try find(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(find(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(find(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.floatingPoint(find(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try document.floatingPoint(find(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(find(key)) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(find(key)) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(find(key)) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(find(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(find(key)) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(find(key)) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(find(key)) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try document.integer(find(key)) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try document.integer(find(key)) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try document.integer(find(key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try document.value(at: find(key), as: type)
    }

    // The protocol's default implementations search for the member three times.

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try findPresent(key).map { try document.string($0) }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try findPresent(key).map { try document.integer($0) }
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try findPresent(key).map { try document.integer($0) }
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try findPresent(key).map { try document.value(at: $0, as: type) }
    }

    // MARK: Nested containers

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        guard let value = find("super") else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the member is missing")
            throw DecodingError.keyNotFound(JSONPathKey("super"), context)
        }
        return JSONValueDecoder(document: document, node: value)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        JSONValueDecoder(document: document, node: try find(key))
    }
}
