import RedisClient

/// An entry's fields, in their order, as bytes: whatever stands in the stream can be held, shown and moved on.
public struct StreamFields: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public let name: [UInt8]
        public let value: [UInt8]
    }

    /// Names and values in turn, all bulk strings: as Redis answered them.
    private var values: [RedisValue] = []

    init() {}

    /// Reads Redis's array of names and values in turn; nil when it is something else.
    init?(_ reply: RedisValue) {
        guard let values = reply.array, values.count.isMultiple(of: 2),
            values.allSatisfy({ if case .bulk = $0 { true } else { false } })
        else { return nil }
        self.values = values
    }

    public internal(set) var all: [Field] {
        get {
            stride(from: 0, to: values.count, by: 2).map {
                Field(name: values[$0].bytes ?? [], value: values[$0 + 1].bytes ?? [])
            }
        }
        set { values = newValue.flatMap { [.bulk($0.name[...]), .bulk($0.value[...])] } }
    }

    /// The first field of that name.
    public subscript(name: String) -> [UInt8]? { place(of: name).flatMap { values[$0 + 1].bytes } }

    /// The first field of that name, if it is valid UTF-8.
    public func text(_ name: String) -> String? { place(of: name).flatMap { values[$0 + 1].string } }

    /// The first field of that name, where it is.
    func slice(_ name: String) -> ArraySlice<UInt8>? { place(of: name).flatMap { values[$0 + 1].slice } }

    /// The value of the field that stands at a place, if it has that name; `slice` for a reader that knows the order.
    func slice(_ name: String, at field: Int) -> ArraySlice<UInt8>? {
        field * 2 + 1 < values.count && isName(field * 2, name) ? values[field * 2 + 1].slice : nil
    }

    private func place(of name: String) -> Int? {
        stride(from: 0, to: values.count, by: 2).first { isName($0, name) }
    }

    private func isName(_ place: Int, _ name: String) -> Bool {
        guard case .bulk(let bytes) = values[place], bytes.count == name.utf8.count else { return false }
        var name = name
        return name.withUTF8 { unsafe $0.elementsEqual(bytes) }
    }

    /// Names and values in turn, as XADD takes them.
    var words: [[UInt8]] { values.map { $0.bytes ?? [] } }
}
