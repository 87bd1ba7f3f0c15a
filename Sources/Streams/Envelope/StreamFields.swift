import RedisClient

/// An entry's fields, in their order, as bytes. Any entry can be stored, shown and moved, even a malformed one.
public struct StreamFields: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public let name: [UInt8]
        public let value: [UInt8]
    }

    /// Alternating names and values, all bulk strings, as Redis sent them.
    private var values: [RedisValue] = []

    init() {}

    /// Reads Redis's array of alternating names and values. Returns `nil` for any other value.
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

    /// The value of the first field with this name.
    public subscript(name: String) -> [UInt8]? { index(of: name).flatMap { values[$0 + 1].bytes } }

    /// Returns the value of the first field with this name, if it is valid UTF-8.
    public func text(_ name: String) -> String? { index(of: name).flatMap { values[$0 + 1].string } }

    /// Returns the value of the first field with this name, without copying it.
    func slice(_ name: String) -> ArraySlice<UInt8>? { index(of: name).flatMap { values[$0 + 1].slice } }

    /// Returns the value of the field at this index, if it has this name. Faster than a search, for readers that know
    /// the order of the fields.
    func slice(_ name: String, at field: Int) -> ArraySlice<UInt8>? {
        field * 2 + 1 < values.count && isName(field * 2, name) ? values[field * 2 + 1].slice : nil
    }

    private func index(of name: String) -> Int? {
        stride(from: 0, to: values.count, by: 2).first { isName($0, name) }
    }

    private func isName(_ index: Int, _ name: String) -> Bool {
        guard case .bulk(let bytes) = values[index], bytes.count == name.utf8.count else { return false }
        var name = name
        return name.withUTF8 { unsafe $0.elementsEqual(bytes) }
    }

    /// Alternating names and values, as XADD takes them.
    var words: [[UInt8]] { values.map { $0.bytes ?? [] } }
}
