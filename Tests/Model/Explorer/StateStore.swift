/// The visited states, in the order in which they were found.
struct StateStore {
    private(set) var states: ContiguousArray<SystemState> = []
    /// The index plus one of the state in each slot, or 0.
    private var slots: ContiguousArray<UInt32>
    private var mask: UInt64

    init(slots count: Int = 1 << 16) {
        slots = ContiguousArray(repeating: 0, count: count)
        mask = UInt64(slots.count - 1)
    }

    var count: Int { states.count }

    subscript(index: Int) -> SystemState { states[index] }

    /// Inserts a state unless the store has it.
    ///
    /// - Returns: The state's index, and true if it is new.
    mutating func insert(_ state: SystemState) -> (index: Int, isNew: Bool) {
        var slot = Int(Self.hash(state) & mask)
        while slots[slot] != 0 {
            let index = Int(slots[slot] - 1)
            if states[index] == state { return (index, false) }
            slot = (slot + 1) & Int(mask)
        }
        states.append(state)
        slots[slot] = UInt32(states.count)
        if states.count * 2 > slots.count { grow() }
        return (states.count - 1, true)
    }

    private mutating func grow() {
        slots = ContiguousArray(repeating: 0, count: slots.count * 4)
        mask = UInt64(slots.count - 1)
        for (index, state) in states.enumerated() {
            var slot = Int(Self.hash(state) & mask)
            while slots[slot] != 0 { slot = (slot + 1) & Int(mask) }
            slots[slot] = UInt32(index + 1)
        }
    }

    /// The start of the search for a slot.
    private static func hash(_ state: SystemState) -> UInt64 {
        var hash: UInt64 = 0x9e37_79b9_7f4a_7c15
        for index in state.indices {
            hash = (hash ^ UInt64(state[index])) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
        }
        return hash
    }
}
