import Marketplace

/// A random value that uses most features of Codable.
struct Sample: Codable, Hashable {
    enum Choice: String, Codable, CaseIterable { case one, other = "the \"other\"" }
    enum Shape: Codable, Hashable {
        case point
        case circle(radius: Int, name: String?)
        indirect case both(Sample.Shape, Sample.Shape)
    }

    /// Its members are encoded into the sample's own container.
    struct Spread: Codable, Hashable {
        var left: Int16
        var right: String?
    }

    var text: String
    var number: Int
    var small: UInt8
    var large: UInt64
    var fraction: Double
    var flag: Bool
    var choice: Choice
    var missing: Int64?
    var perhaps: String?
    var id: OrderID
    var at: Timestamp
    var texts: [String]
    var holes: [Int?]
    var table: [String: Double]
    var shape: Shape
    var inner: [Sample]
    var spread: Spread

    private enum Key: String, CodingKey {
        case text, number, small, large, fraction, flag, choice, missing, perhaps, id, at, texts, holes, table, shape
        case inner = "in\tner"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(text, forKey: .text)
        try container.encode(number, forKey: .number)
        try container.encode(small, forKey: .small)
        try container.encode(large, forKey: .large)
        try container.encode(fraction, forKey: .fraction)
        try container.encode(flag, forKey: .flag)
        try spread.encode(to: encoder)
        try container.encode(choice, forKey: .choice)
        try container.encode(missing, forKey: .missing)
        try container.encodeIfPresent(perhaps, forKey: .perhaps)
        try container.encode(id, forKey: .id)
        try container.encode(at, forKey: .at)
        try container.encode(texts, forKey: .texts)
        try container.encode(holes, forKey: .holes)
        try container.encode(table, forKey: .table)
        try container.encode(shape, forKey: .shape)
        var inside = container.nestedUnkeyedContainer(forKey: .inner)
        for sample in inner { try inside.encode(sample) }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        text = try container.decode(String.self, forKey: .text)
        number = try container.decode(Int.self, forKey: .number)
        small = try container.decode(UInt8.self, forKey: .small)
        large = try container.decode(UInt64.self, forKey: .large)
        fraction = try container.decode(Double.self, forKey: .fraction)
        flag = try container.decode(Bool.self, forKey: .flag)
        choice = try container.decode(Choice.self, forKey: .choice)
        missing = try container.decode(Int64?.self, forKey: .missing)
        perhaps = try container.decodeIfPresent(String.self, forKey: .perhaps)
        id = try container.decode(OrderID.self, forKey: .id)
        at = try container.decode(Timestamp.self, forKey: .at)
        texts = try container.decode([String].self, forKey: .texts)
        holes = try container.decode([Int?].self, forKey: .holes)
        table = try container.decode([String: Double].self, forKey: .table)
        shape = try container.decode(Shape.self, forKey: .shape)
        var inside = try container.nestedUnkeyedContainer(forKey: .inner)
        inner = []
        while !inside.isAtEnd { inner.append(try inside.decode(Sample.self)) }
        spread = try Spread(from: decoder)
    }

    init(depth: Int = 0, using random: inout some RandomNumberGenerator) {
        func text() -> String {
            let scalars: [Unicode.Scalar] = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                switch Int.random(in: 0...6, using: &random) {
                case 0: Unicode.Scalar(UInt8.random(in: 0..<32, using: &random))
                case 1: ["\"", "\\", "/", "\u{7f}", "\u{2028}"].randomElement(using: &random)!
                case 2: Unicode.Scalar(UInt32.random(in: 0x80..<0xd800, using: &random))!
                case 3: Unicode.Scalar(UInt32.random(in: 0xe000...0x10ffff, using: &random))!
                default: Unicode.Scalar(UInt8.random(in: 32..<127, using: &random))
                }
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            return text
        }
        func shape(_ depth: Int) -> Shape {
            switch Int.random(in: 0...(depth < 3 ? 2 : 1), using: &random) {
            case 0: .point
            case 1:
                .circle(radius: .random(in: -9...9, using: &random), name: Bool.random(using: &random) ? text() : nil)
            default: .both(shape(depth + 1), shape(depth + 1))
            }
        }
        self.text = text()
        number = [.min, -10, -1, 0, 7, 10, .max, .random(in: .min ... .max, using: &random)].randomElement(
            using: &random)!
        small = .random(in: 0...255, using: &random)
        large = .random(in: 0 ... .max, using: &random)
        fraction = [0, -0.5, 1e300, 1, 1e-7, .random(in: -1e9...1e9, using: &random)].randomElement(using: &random)!
        flag = .random(using: &random)
        choice = Choice.allCases.randomElement(using: &random)!
        missing = Bool.random(using: &random) ? .random(in: -5...5, using: &random) : nil
        perhaps = Bool.random(using: &random) ? text() : nil
        id = OrderID(.v7(at: Timestamp(milliseconds: 1_790_000_000_123), using: &random))
        at = Timestamp(milliseconds: .random(in: 0...4_000_000_000_000, using: &random))
        texts = (0..<Int.random(in: 0...3, using: &random)).map { _ in text() }
        holes = (0..<Int.random(in: 0...3, using: &random)).map { Bool.random(using: &random) ? $0 : nil }
        table = [:]
        for _ in 0..<Int.random(in: 0...3, using: &random) { table[text()] = .random(in: 0...1, using: &random) }
        self.shape = shape(0)
        spread = Spread(
            left: .random(in: .min ... .max, using: &random), right: Bool.random(using: &random) ? text() : nil)
        inner = []
        guard depth < 2 else { return }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            inner.append(Sample(depth: depth + 1, using: &random))
        }
    }
}
