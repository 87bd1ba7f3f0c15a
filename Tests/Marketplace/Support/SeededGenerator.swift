import FoundationEssentials

/// A random number generator that repeats its numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func pick<Choices: Collection>(_ choices: Choices) -> Choices.Element? {
        choices.randomElement(using: &self)
    }
}

/// The seeds of a test: fixed ones, and a random one in each run.
///
/// A failing test reports its seed. `SEED=… swift test` repeats it.
enum Seeds {
    static let all: [UInt64] = {
        if let seed = ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init) { return [seed] }
        return fixed + [UInt64.random(in: 5...UInt64(UInt32.max))]
    }()

    /// The fixed seeds. Tests check that their runs reach every interesting outcome, not only refusals.
    static let fixed: [UInt64] = [1, 3, 4]
}
