import CLinuxEvents
import FoundationEssentials
import Glibc

/// Sends what the plan says when the plan says it, on one thread.
///
/// A flow that finds no free connection waits for one, and its time runs from the moment it was intended for: a system
/// that is slow for a while is not asked less often meanwhile, nor does its slowness hide (coordinated omission).
struct Generator {
    private let plan: Plan
    private let feed: Feed
    private let templates: [Template]
    private let extracted: [[[UInt8]]]
    private let targetOfStep: [Int]
    private var connections: [Connection] = []
    /// By target: connections that are free, and flows that wait for one.
    private var free: [[Int]]
    private var waiting: [Queue<Flow>]
    private var poller: Poller
    private var chance: SplitMix
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var request: [UInt8] = []

    private var window: Range<UInt64> = 0..<0
    private var start: UInt64 = 0
    private var begun = 0
    private var underWay = 0
    private var completed = 0
    private var failed = 0
    private var broken = 0
    private var perSecond: [Int] = []
    private var lastAnswer: UInt64 = 0
    private var flows = Tally()
    private var steps: [Tally]
    private var samples: [String] = []
    private var output: [UInt8] = []

    init(_ plan: Plan) throws {
        self.plan = plan
        func lines(_ path: String?) throws -> [[UInt8]] {
            guard let path else { return [[]] }
            let found = [UInt8](try Data(contentsOf: URL(filePath: path))).split(separator: UInt8(ascii: "\n"))
            guard !found.isEmpty else { throw Misuse("\(path) is empty") }
            return found.map(Array.init)
        }
        let names = plan.targets.keys.sorted()
        targetOfStep = try plan.steps.map { step in
            guard let index = names.firstIndex(of: step.target) else { throw Misuse("no target \(step.target)") }
            return index
        }
        feed = Feed(
            tokens: try lines(plan.tokens), ids: try lines(plan.ids), keyPrefix: "load-\(getpid())-\(Self.now())")
        var known: [String] = []
        var templates: [Template] = []
        for step in plan.steps {
            templates.append(try Template(step, host: plan.targets[step.target]?.first ?? "", names: known))
            known += (step.extract ?? []).map { "\(step.name).\($0)" }
        }
        self.templates = templates
        extracted = plan.steps.map { ($0.extract ?? []).map { Array($0.utf8) } }
        free = Array(repeating: [], count: names.count)
        waiting = Array(repeating: Queue(), count: names.count)
        steps = Array(repeating: Tally(), count: plan.steps.count)
        chance = SplitMix(state: plan.seed)
        poller = Poller(capacity: 1024)
        for (target, name) in names.enumerated() {
            let servers = try (plan.targets[name] ?? []).map(Self.address)
            guard !servers.isEmpty else { throw Misuse("the target \(name) has no server") }
            for number in 0..<plan.connections {
                connections.append(Connection(target: target, address: servers[number % servers.count]))
            }
        }
    }

    private static func address(_ text: String) throws -> sockaddr_in {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else { throw Misuse("\(text) is not host:port") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, String(parts[0]), &address.sin_addr) == 1 else {
            throw Misuse("\(text): an IPv4 address is needed")
        }
        return address
    }

    private static func now() -> UInt64 { time(CLOCK_MONOTONIC) }

    private static func time(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    // MARK: Running

    mutating func run() throws -> Report {
        try connectAll()
        start = Self.now()
        let from = start + UInt64(plan.warmUpSeconds * 1e9)
        window = from..<(from + UInt64(plan.seconds * 1e9))
        let realStart = Date().timeIntervalSince1970 + plan.warmUpSeconds
        var next = start
        for _ in 0..<(plan.inFlight ?? 0) { begin(at: start) }
        while true {
            let now = Self.now()
            if let rate = plan.rate {
                while next <= now, next < window.upperBound, mayBegin {
                    begin(at: next)
                    next += gap(rate)
                }
            }
            let isOver = now >= window.upperBound || !mayBegin
            if isOver, underWay == 0 || now > window.upperBound + UInt64(plan.graceSeconds * 1e9) { break }
            let wake = plan.rate == nil || isOver ? now + 50_000_000 : next
            try wait(until: wake, now: now)
        }
        if let path = plan.output { try Data(output).write(to: URL(filePath: path)) }
        return report(realStart: realStart)
    }

    private var mayBegin: Bool { begun < plan.limit ?? .max }

    private mutating func gap(_ rate: Double) -> UInt64 {
        switch plan.arrivals {
        case .even: UInt64(1e9 / rate)
        case .poisson: UInt64(-log(1 - chance.unit()) * 1e9 / rate)
        }
    }

    private mutating func connectAll() throws {
        for index in connections.indices {
            try connections[index].open()
            poller.add(connections[index], index: index)
            // A server's queue of connections to accept is short.
            if index % 64 == 63 { try wait(until: Self.now() + 2_000_000, now: Self.now()) }
        }
        let deadline = Self.now() + 10_000_000_000
        while connections.contains(where: { !$0.isConnected }) {
            guard Self.now() < deadline else { throw Misuse("not all connections could be made within 10 s") }
            try wait(until: Self.now() + 10_000_000, now: Self.now())
        }
    }

    private mutating func wait(until wake: UInt64, now: UInt64) throws {
        var ready: [Int] = []
        poller.wait(nanoseconds: wake > now ? wake - now : 0) { ready.append($0) }
        for index in ready { try handle(index) }
    }

    // MARK: Sending

    private mutating func begin(at intended: UInt64) {
        let count = feed.ids.count
        let id = plan.pick == .next ? begun % count : Int(chance.next() % UInt64(count))
        let flow = Flow(number: begun, id: id, intended: intended, due: intended)
        begun += 1
        underWay += 1
        dispatch(flow)
    }

    private mutating func dispatch(_ flow: Flow) {
        let target = targetOfStep[flow.step]
        if let index = free[target].popLast() { send(flow, on: index) } else { waiting[target].append(flow) }
    }

    private mutating func send(_ flow: Flow, on index: Int) {
        request.removeAll(keepingCapacity: true)
        templates[flow.step].write(flow, feed, into: &request)
        connections[index].flow = flow
        connections[index].send(request)
    }

    private mutating func release(_ index: Int) {
        let target = connections[index].target
        if let flow = waiting[target].popFirst() { send(flow, on: index) } else { free[target].append(index) }
    }

    // MARK: Receiving

    private mutating func handle(_ index: Int) throws {
        let connection = connections[index]
        if !connection.isConnected {
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            unsafe getsockopt(connection.descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            guard error == 0 else { throw Misuse("a connection was refused: errno \(error)") }
            connection.isConnected = true
            release(index)
            return
        }
        connection.sendRest()
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(connection.descriptor, $0.baseAddress, $0.count, 0)
            }
            if count < 0 { if errno == EAGAIN || errno == EINTR { return } }
            guard count > 0 else { return try reopen(index) }
            if connection.received.isEmpty {
                let answer = unsafe buffer.withUnsafeBytes {
                    unsafe Answer(UnsafeRawBufferPointer(rebasing: $0[..<count]))
                }
                if let answer { return try take(answer, in: buffer[..<count], index) }
            }
            connection.received += buffer[..<count]
            let answer = unsafe connection.received.withUnsafeBytes { unsafe Answer($0) }
            if let answer {
                let received = connection.received
                connection.received.removeAll(keepingCapacity: true)
                return try take(answer, in: received[...], index)
            }
            if count < buffer.count { return }
        }
    }

    private mutating func reopen(_ index: Int) throws {
        let connection = connections[index]
        if connection.flow != nil {
            broken += 1
            connection.flow = nil
            ended()
        } else {
            free[connection.target].removeAll { $0 == index }
        }
        try connection.open()
        poller.add(connection, index: index)
    }

    private mutating func take(_ answer: Answer, in bytes: ArraySlice<UInt8>, _ index: Int) throws {
        guard var flow = connections[index].flow else { throw Misuse("an answer came that nobody had asked for") }
        connections[index].flow = nil
        let now = Self.now()
        lastAnswer = now
        let step = plan.steps[flow.step]
        let isGood = step.expect?.contains(answer.status) ?? (200..<300).contains(answer.status)
        steps[flow.step].note(status: answer.status, isGood: isGood, from: flow.due, to: now, window: window)
        let body = bytes[(bytes.startIndex + answer.body.lowerBound)..<(bytes.startIndex + answer.body.upperBound)]
        var isWhole = isGood
        if isGood {
            for name in extracted[flow.step] {
                guard let value = Answer.member(name, in: body) else {
                    isWhole = false
                    break
                }
                flow.values.append(value)
            }
        }
        if isWhole, flow.step + 1 < plan.steps.count {
            flow.step += 1
            flow.due = now
            dispatch(flow)
        } else {
            finish(flow, answer, isGood: isWhole, body, now)
        }
        if answer.closes {
            try connections[index].open()
            poller.add(connections[index], index: index)
        } else {
            release(index)
        }
    }

    private mutating func finish(_ flow: Flow, _ answer: Answer, isGood: Bool, _ body: ArraySlice<UInt8>, _ now: UInt64)
    {
        flows.note(status: answer.status, isGood: isGood, from: flow.intended, to: now, window: window)
        if isGood {
            completed += 1
            let second = Int((now - start) / 1_000_000_000)
            while perSecond.count <= second { perSecond.append(0) }
            perSecond[second] += 1
            if plan.output != nil, let value = flow.values.first {
                output += value
                output.append(UInt8(ascii: "\n"))
            }
        } else {
            failed += 1
            if samples.count < 5 {
                samples.append(
                    "\(plan.steps[flow.step].name) \(answer.status) \(String(decoding: body.prefix(300), as: UTF8.self))"
                )
            }
        }
        ended()
    }

    private mutating func ended() {
        underWay -= 1
        if plan.inFlight != nil {
            let now = Self.now()
            if now < window.upperBound, mayBegin { begin(at: now) }
        }
    }

    // MARK: Telling

    private func report(realStart: Double) -> Report {
        precondition(begun == completed + failed + broken + underWay, "a flow is missing in the count")
        return Report(
            seconds: plan.seconds, from: Int(realStart * 1000), to: Int((realStart + plan.seconds) * 1000),
            begun: begun, completed: completed, failed: failed, broken: broken, unanswered: underWay,
            lastAnswerSeconds: lastAnswer > start ? Double(lastAnswer - start) / 1e9 : 0,
            perSecond: perSecond, flow: flows.report(seconds: plan.seconds),
            steps: Dictionary(
                uniqueKeysWithValues: zip(plan.steps, steps).map { ($0.name, $1.report(seconds: plan.seconds)) }),
            cpuSeconds: Double(Self.time(CLOCK_PROCESS_CPUTIME_ID)) / 1e9, samples: samples)
    }
}
