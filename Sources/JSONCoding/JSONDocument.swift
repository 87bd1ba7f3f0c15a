/// A text and where its values stand.
final class JSONDocument {
    let text: [UInt8]
    let nodes: [JSONNode]

    init(_ text: [UInt8]) throws {
        self.text = text
        do {
            nodes = try JSONScanner.nodes(of: text)
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: [], debugDescription: "no JSON: \(error.reason), at byte \(error.offset)"))
        }
    }

    func value<Value: Decodable>(at node: Int, as type: Value.Type) throws -> Value {
        try Value(from: JSONValueDecoder(document: self, node: node))
    }

    // MARK: Words and numbers

    func isNull(_ node: Int) -> Bool { nodes[node].kind == .null }

    func bool(_ node: Int) throws -> Bool {
        switch nodes[node].kind {
        case .true: return true
        case .false: return false
        case .null, .number, .string, .escapedString, .array, .object: throw mismatch(Bool.self, at: node)
        }
    }

    /// A number without a fraction, however it is written, that the type can hold.
    func integer<Number: FixedWidthInteger>(_ node: Int, _ type: Number.Type = Number.self) throws -> Number {
        guard nodes[node].kind == .number else { throw mismatch(type, at: node) }
        let digits = text[Int(nodes[node].start)..<Int(nodes[node].end)]
        if let number = Self.integer(digits, type) { return number }
        guard let number = Double(String(decoding: digits, as: UTF8.self)).flatMap({ Number(exactly: $0) }),
            // A number so large that a Double no longer tells it from its neighbours was not what was written.
            number.magnitude <= 1 << 53
        else { throw corrupted("the number does not fit into \(type)", at: node) }
        return number
    }

    /// Nil where there is more than a sign and digits, or more of these than the type can hold.
    private static func integer<Number: FixedWidthInteger>(_ digits: ArraySlice<UInt8>, _: Number.Type) -> Number? {
        let isNegative = digits.first == UInt8(ascii: "-")
        var number: Number = 0
        for byte in isNegative ? digits.dropFirst() : digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            let digit = Number(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (product, isTooMuch) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !isTooMuch, !overflow else { return nil }
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

    /// Nil of what is no string. The scanner has seen that each is UTF-8.
    func stringIfOne(_ node: Int) -> String? {
        let place = Int(nodes[node].start)..<Int(nodes[node].end)
        switch nodes[node].kind {
        case .string: return String(decoding: text[place], as: UTF8.self)
        case .escapedString: return String(decoding: JSONEscapes.resolve(text[place]), as: UTF8.self)
        case .null, .true, .false, .number, .array, .object: return nil
        }
    }

    /// The value of an object's first field of that name.
    func field(_ wanted: String, of object: Int) -> Int? {
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

    // MARK: What is wrong

    func mismatch(_ type: Any.Type, at node: Int) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path(to: node), debugDescription: "not of the type \(type)")
        return isNull(node) ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    func corrupted(_ reason: String, at node: Int) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: path(to: node), debugDescription: reason))
    }

    /// Found when it is asked for, which is when something is wrong: as a rule nobody asks.
    func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var container = 0
        while container < target {
            let isObject = nodes[container].kind == .object
            var child = container + 1
            var place = 0
            while true {
                let value = isObject ? child + 1 : child
                let next = Int(nodes[value].next)
                if target < next {
                    if isObject {
                        path.append(JSONPlace(stringIfOne(child) ?? ""))
                    } else {
                        path.append(JSONPlace(place))
                    }
                    // A field's name has the place of its value.
                    if target < value { return path }
                    container = value
                    break
                }
                child = next
                place += 1
            }
        }
        return path
    }
}
