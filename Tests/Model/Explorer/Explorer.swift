/// Visits every state that a scenario can come to, the nearest first, and stops at the first in which something is
/// wrong.
struct Explorer {
    private let world: World
    private var store = StateStore()
    /// From which state each was found.
    private var parents: ContiguousArray<UInt32> = []
    /// Where each goes by itself, with nobody's doing and no fault: itself where nothing is left to do.
    private var onward: ContiguousArray<UInt32> = []

    /// Twice what the largest scenario has: a decision that counts something up for ever has no bound.
    static let mostStates = 5_000_000

    init(_ scenario: Scenario) { world = World(scenario) }

    static func explore(_ scenario: Scenario) -> Exploration {
        var explorer = Explorer(scenario)
        let clock = ContinuousClock()
        let start = clock.now
        var exploration = explorer.run()
        exploration.time = clock.now - start
        return exploration
    }

    private mutating func run() -> Exploration {
        var exploration = Exploration(scenario: world.scenario)
        let start = world.start()
        _ = store.insert(start)
        parents.append(0)
        exploration.violation = violation(at: 0, step: nil)
        var index = 0
        var nearer = 1
        while index < store.count, exploration.violation == nil {
            if index == nearer {
                exploration.depth += 1
                nearer = store.count
            }
            exploration.violation = visit(index, &exploration)
            index += 1
            if store.count > Self.mostStates {
                exploration.violation = Violation(breach: "there is no end to it", trace: trace(to: index))
            }
        }
        if exploration.violation == nil { exploration.violation = endlessness() }
        exploration.states = store.count
        return exploration
    }

    /// All the steps from one state.
    private mutating func visit(_ index: Int, _ exploration: inout Exploration) -> Violation? {
        let state = store[index]
        var found: (state: WorldState, step: Step, breaches: [String])?
        var goes: Int?
        var transitions = 0
        let world = world
        // Taken out for the time of the visit: changed in place, and by nobody else.
        var store = StateStore(slots: 1)
        swap(&store, &self.store)
        var new = 0
        world.visitNext(of: state) { next, step, mover in
            let breaches = world.takeBreaches()
            if !breaches.isEmpty, found == nil { found = (next, step, breaches) }
            transitions += 1
            guard next != state else { return }
            let (place, isNew) = store.insert(next)
            if isNew { new += 1 }
            if mover == .system, goes == nil { goes = place }
        }
        if goes == nil {
            world.judgeRest(state)
            if state[Part.clock] < world.lastMoment, !world.isAsking(state) {
                var later = state
                later[Part.clock] += 1
                goes = store.insert(later).index
            }
        }
        world.judge(state)
        swap(&store, &self.store)
        for _ in 0..<new { parents.append(UInt32(index)) }
        onward.append(UInt32(goes ?? index))
        exploration.transitions += transitions
        if let found { return violation(at: index, step: found.step, breaches: found.breaches) }
        return violation(at: index, step: nil)
    }

    private func violation(at index: Int, step: Step?, breaches: [String]? = nil) -> Violation? {
        let breaches = breaches ?? world.takeBreaches()
        guard let first = breaches.first else { return nil }
        return Violation(
            breach: first, trace: trace(to: index) + (step.map { [world.text($0, at: store[index])] } ?? []))
    }

    /// Left alone, every state must come to one where nothing is left to do.
    private func endlessness() -> Violation? {
        // 0: not known, 1: comes to rest, 2: on the way that is being followed.
        var marks = ContiguousArray<UInt8>(repeating: 0, count: onward.count)
        for start in onward.indices where marks[start] == 0 {
            var way: [Int] = []
            var index = start
            while marks[index] == 0, Int(onward[index]) != index {
                marks[index] = 2
                way.append(index)
                index = Int(onward[index])
            }
            if marks[index] == 2 {
                return Violation(
                    breach: "left alone it never comes to rest", trace: trace(to: start) + loop(from: index))
            }
            marks[index] = 1
            for passed in way { marks[passed] = 1 }
        }
        return nil
    }

    private func loop(from start: Int) -> [String] {
        var steps = ["and from there on for ever:"]
        var index = start
        repeat {
            steps.append(step(from: index, to: Int(onward[index])))
            index = Int(onward[index])
        } while index != start
        return steps
    }

    /// The steps of a shortest way, in words.
    private func trace(to index: Int) -> [String] {
        var steps: [String] = []
        var index = index
        while index != 0 {
            let parent = Int(parents[index])
            steps.append(step(from: parent, to: index))
            index = parent
        }
        return steps.reversed()
    }

    private func step(from index: Int, to next: Int) -> String {
        var text = "?"
        world.visitNext(of: store[index]) { state, step, _ in
            if state == store[next], text == "?" { text = world.text(step, at: store[index]) }
        }
        _ = world.takeBreaches()
        return text
    }
}
