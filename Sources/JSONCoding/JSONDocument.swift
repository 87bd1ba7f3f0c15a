/// A JSON text and the positions of its values.
final class JSONDocument {
    let text: [UInt8]
    let nodes: [JSONNode]

    init(_ text: [UInt8], maximumDepth: Int) throws(JSONSyntaxError) {
        self.text = text
        nodes = try JSONScanner.nodes(of: text, maximumDepth: maximumDepth)
    }

    func value<Value: Decodable>(at node: Int, as type: Value.Type) throws -> Value {
        try Value(from: JSONValueDecoder(document: self, node: node))
    }

    // MARK: Booleans and numbers

    func isNull(_ node: Int) -> Bool { nodes[node].kind == .null }

    func bool(_ node: Int) throws -> Bool {
        switch nodes[node].kind {
        case .true: return true
        case .false: return false
        case .null, .number, .string, .escapedString, .array, .object: throw mismatch(Bool.self, at: node)
        }
    }

    /// Returns a whole number that fits into the type. It may have any notation, such as `1e3` or `2.0`.
    func integer<Number: FixedWidthInteger>(_ node: Int, _ type: Number.Type = Number.self) throws -> Number {
        guard nodes[node].kind == .number else { throw mismatch(type, at: node) }
        let digits = text[Int(nodes[node].start)..<Int(nodes[node].end)]
        if let number = Self.plainInteger(digits, type) { return number }
        guard let number = Double(String(decoding: digits, as: UTF8.self)).flatMap({ Number(exactly: $0) }),
            // Beyond 2^53 a Double is not exact.
            number.magnitude <= 1 << 53
        else { throw corrupted("the number does not fit into \(type)", at: node) }
        return number
    }

    /// Returns `nil` for a number that is not written as digits after an optional minus sign, or that does not fit into
    /// the type.
    func plainInteger<Number: FixedWidthInteger>(_ node: Int, _ type: Number.Type) -> Number? {
        Self.plainInteger(text[Int(nodes[node].start)..<Int(nodes[node].end)], type)
    }

    private static func plainInteger<Number: FixedWidthInteger>(
        _ digits: ArraySlice<UInt8>, _: Number.Type
    ) -> Number? {
        let isNegative = digits.first == UInt8(ascii: "-")
        var number: Number = 0
        for byte in isNegative ? digits.dropFirst() : digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            let digit = Number(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (product, productOverflows) = number.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflows) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !productOverflows, !sumOverflows else { return nil }
            number = sum
        }
        return number
    }

    func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ node: Int, _ type: Number.Type = Number.self
    ) throws -> Number {
        guard nodes[node].kind == .number else { throw mismatch(type, at: node) }
        let digits = String(decoding: text[Int(nodes[node].start)..<Int(nodes[node].end)], as: UTF8.self)
        guard let number = Number(digits), number.isFinite else {
            throw corrupted("the number does not fit into \(type)", at: node)
        }
        return number
    }

    // MARK: Strings

    func string(_ node: Int) throws -> String {
        guard let string = stringIfOne(node) else { throw mismatch(String.self, at: node) }
        return string
    }

    /// Returns `nil` if the value is not a string. The scanner has checked that the text is UTF-8.
    func stringIfOne(_ node: Int) -> String? {
        let range = Int(nodes[node].start)..<Int(nodes[node].end)
        switch nodes[node].kind {
        case .string: return String(decoding: text[range], as: UTF8.self)
        case .escapedString: return String(decoding: JSONEscapes.resolve(text[range]), as: UTF8.self)
        case .null, .true, .false, .number, .array, .object: return nil
        }
    }

    /// Returns the node of the value of an object's first member with this name.
    func member(_ wanted: String, of object: Int) -> Int? {
        var name = object + 1
        while name < nodes[object].next {
            if isName(name, wanted) { return name + 1 }
            name = Int(nodes[name + 1].next)
        }
        return nil
    }

    private func isName(_ node: Int, _ wanted: String) -> Bool {
        let name = nodes[node]
        guard name.kind == .string else { return stringIfOne(node) == wanted }
        guard wanted.utf8.count == Int(name.end - name.start) else { return false }
        var wanted = wanted
        return wanted.withUTF8 { wanted in
            for offset in wanted.indices where unsafe text[Int(name.start) + offset] != wanted[offset] {
                return false
            }
            return true
        }
    }

    // MARK: Errors

    func mismatch(_ type: Any.Type, at node: Int) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path(to: node), debugDescription: "the value is not of the type \(type)")
        return isNull(node) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func corrupted(_ reason: String, at node: Int) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: path(to: node), debugDescription: reason))
    }

    /// Returns the path to a node. It is computed on demand, because only errors need a path.
    func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var container = 0
        while container < target {
            let isObject = nodes[container].kind == .object
            var child = container + 1
            var index = 0
            while true {
                let value = isObject ? child + 1 : child
                let next = Int(nodes[value].next)
                if target < next {
                    if isObject {
                        path.append(JSONPathKey(stringIfOne(child) ?? ""))
                    } else {
                        path.append(JSONPathKey(index))
                    }
                    // A member's name has the path of its value.
                    if target < value { return path }
                    container = value
                    break
                }
                child = next
                index += 1
            }
        }
        return path
    }
}
