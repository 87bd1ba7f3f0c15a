/// The multisets of undelivered messages, each identified by a number.
struct Bags {
    static let empty: UInt32 = 0

    private var table = InternTable<[UInt32]>([[]])
    private var sums: [UInt64: UInt32] = [:]
    private var differences: [UInt64: UInt32] = [:]

    subscript(id: UInt32) -> [UInt32] { table[id] }

    mutating func adding(_ message: UInt32, to bag: UInt32) -> UInt32 {
        let key = UInt64(bag) << 32 | UInt64(message)
        if let known = sums[key] { return known }
        let id = table.id(of: (table[bag] + [message]).sorted())
        sums[key] = id
        return id
    }

    mutating func adding(_ messages: [UInt32], to bag: UInt32) -> UInt32 {
        messages.reduce(bag) { adding($1, to: $0) }
    }

    mutating func removing(_ message: UInt32, from bag: UInt32) -> UInt32 {
        let key = UInt64(bag) << 32 | UInt64(message)
        if let known = differences[key] { return known }
        var rest = table[bag]
        if let index = rest.firstIndex(of: message) { rest.remove(at: index) }
        let id = table.id(of: rest)
        differences[key] = id
        return id
    }
}
