import CLinuxEvents
import FoundationEssentials
import Glibc

/// Sends the requests of a plan at their intended times, on one thread.
///
/// A flow that finds no free connection waits for one, and its latency counts from its intended start. A slow system
/// therefore gets as many requests as a fast one, and its latency is not hidden (coordinated omission).
struct Generator {
    private let plan: Plan
    private let data: RequestData
    private let templates: [RequestTemplate]
    /// The members to extract, by step.
    private let extracted: [[[UInt8]]]
    private let targetOfStep: [Int]
    private var connections: [Connection] = []
    /// The free connections of each target.
    private var free: [[Int]]
    /// The flows that wait for a connection to each target.
    private var waiting: [Queue<Flow>]
    private var poller: Poller
    private var random: SplitMix64
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    private var request: [UInt8] = []

    /// The measured time.
    private var window: Range<UInt64> = 0..<0
    private var start: UInt64 = 0
    private var begun = 0
    private var inFlight = 0
    private var completed = 0
    private var failed = 0
    private var broken = 0
    private var perSecond: [Int] = []
    private var lastResponse: UInt64 = 0
    private var flowStatistics = Statistics()
    private var stepStatistics: [Statistics]
    private var samples: [String] = []
    private var output: [UInt8] = []

    init(_ plan: Plan) throws {
        self.plan = plan
        func lines(_ path: String?) throws -> [[UInt8]] {
            guard let path else { return [[]] }
            let lines = [UInt8](try Data(contentsOf: URL(filePath: path))).split(separator: UInt8(ascii: "\n"))
            guard !lines.isEmpty else { throw GeneratorError("the file \(path) is empty") }
            return lines.map(Array.init)
        }
        let names = plan.targets.keys.sorted()
        targetOfStep = try plan.steps.map { step in
            guard let index = names.firstIndex(of: step.target) else {
                throw GeneratorError(
                    "the step \(step.name) uses the target \(step.target), which the plan does not have")
            }
            return index
        }
        data = RequestData(
            tokens: try lines(plan.tokens), ids: try lines(plan.ids), keyPrefix: "load-\(getpid())-\(Self.now())")
        var valueNames: [String] = []
        var templates: [RequestTemplate] = []
        for step in plan.steps {
            templates.append(
                RequestTemplate(step, host: plan.targets[step.target]?.first ?? "", names: valueNames))
            valueNames += (step.extract ?? []).map { "\(step.name).\($0)" }
        }
        self.templates = templates
        extracted = plan.steps.map { ($0.extract ?? []).map { Array($0.utf8) } }
        free = Array(repeating: [], count: names.count)
        waiting = Array(repeating: Queue(), count: names.count)
        stepStatistics = Array(repeating: Statistics(), count: plan.steps.count)
        random = SplitMix64(state: plan.seed)
        poller = Poller(capacity: 1024)
        for (target, name) in names.enumerated() {
            let servers = try (plan.targets[name] ?? []).map(Self.address)
            guard !servers.isEmpty else { throw GeneratorError("the target \(name) has no server") }
            for number in 0..<plan.connections {
                connections.append(Connection(target: target, address: servers[number % servers.count]))
            }
        }
    }

    private static func address(_ text: String) throws -> sockaddr_in {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else {
            throw GeneratorError("the server \(text) is not of the form host:port")
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, String(parts[0]), &address.sin_addr) == 1 else {
            throw GeneratorError("the host of the server \(text) is not an IPv4 address")
        }
        return address
    }

    private static func now() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    // MARK: - Running

    mutating func run() throws -> Report {
        try connectAll()
        start = Self.now()
        let windowStart = start + UInt64(plan.warmUpSeconds * 1e9)
        window = windowStart..<(windowStart + UInt64(plan.seconds * 1e9))
        let windowStartSince1970 = Date().timeIntervalSince1970 + plan.warmUpSeconds
        var nextStart = start
        for _ in 0..<(plan.inFlight ?? 0) { begin(at: start) }
        while true {
            let now = Self.now()
            if let rate = plan.rate {
                while nextStart <= now, nextStart < window.upperBound, canBegin {
                    begin(at: nextStart)
                    nextStart += interval(rate)
                }
            }
            let isFinishing = now >= window.upperBound || !canBegin
            let graceEnd = window.upperBound + UInt64(plan.graceSeconds * 1e9)
            if isFinishing, inFlight == 0 || now > graceEnd { break }
            let wakeTime = plan.rate == nil || isFinishing ? now + 50_000_000 : nextStart
            try wait(until: wakeTime, now: now)
        }
        if let path = plan.output { try Data(output).write(to: URL(filePath: path)) }
        return report(windowStartSince1970: windowStartSince1970)
    }

    private var canBegin: Bool { begun < plan.limit ?? .max }

    /// Returns the nanoseconds between two starts.
    private mutating func interval(_ rate: Double) -> UInt64 {
        switch plan.arrivals {
        case .even: UInt64(1e9 / rate)
        case .poisson: UInt64(-log(1 - random.nextUnit()) * 1e9 / rate)
        }
    }

    private mutating func connectAll() throws {
        for index in connections.indices {
            try connections[index].open()
            poller.add(connections[index], index: index)
            // Pause after every 64 connections, because a server's accept queue is short.
            if index % 64 == 63 { try wait(until: Self.now() + 2_000_000, now: Self.now()) }
        }
        let deadline = Self.now() + 10_000_000_000
        while connections.contains(where: { !$0.isConnected }) {
            guard Self.now() < deadline else {
                throw GeneratorError("not all connections were established within 10 s")
            }
            try wait(until: Self.now() + 10_000_000, now: Self.now())
        }
    }

    private mutating func wait(until wakeTime: UInt64, now: UInt64) throws {
        var ready: [Int] = []
        poller.wait(nanoseconds: wakeTime > now ? wakeTime - now : 0) { ready.append($0) }
        for index in ready { try handleEvent(on: index) }
    }

    // MARK: - Sending

    private mutating func begin(at intendedStart: UInt64) {
        let count = data.ids.count
        let idIndex = plan.pick == .next ? begun % count : Int(random.next() % UInt64(count))
        let flow = Flow(
            number: begun, idIndex: idIndex, intendedStart: intendedStart, intendedStepStart: intendedStart)
        begun += 1
        inFlight += 1
        dispatch(flow)
    }

    private mutating func dispatch(_ flow: Flow) {
        let target = targetOfStep[flow.step]
        if let index = free[target].popLast() { send(flow, on: index) } else { waiting[target].append(flow) }
    }

    private mutating func send(_ flow: Flow, on index: Int) {
        request.removeAll(keepingCapacity: true)
        templates[flow.step].write(flow, data, into: &request)
        connections[index].flow = flow
        connections[index].send(request)
    }

    private mutating func release(_ index: Int) {
        let target = connections[index].target
        if let flow = waiting[target].popFirst() { send(flow, on: index) } else { free[target].append(index) }
    }

    // MARK: - Receiving

    private mutating func handleEvent(on index: Int) throws {
        let connection = connections[index]
        if !connection.isConnected {
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            unsafe getsockopt(connection.descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            guard error == 0 else { throw GeneratorError("a connection was refused (errno \(error))") }
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
                let response = unsafe buffer.withUnsafeBytes {
                    unsafe Response(UnsafeRawBufferPointer(rebasing: $0[..<count]))
                }
                if let response { return try handle(response, in: buffer[..<count], index) }
            }
            connection.received += buffer[..<count]
            let response = unsafe connection.received.withUnsafeBytes { unsafe Response($0) }
            if let response {
                let received = connection.received
                connection.received.removeAll(keepingCapacity: true)
                return try handle(response, in: received[...], index)
            }
            if count < buffer.count { return }
        }
    }

    private mutating func reopen(_ index: Int) throws {
        let connection = connections[index]
        if connection.flow != nil {
            broken += 1
            connection.flow = nil
            endFlow()
        } else {
            free[connection.target].removeAll { $0 == index }
        }
        try connection.open()
        poller.add(connection, index: index)
    }

    private mutating func handle(_ response: Response, in bytes: ArraySlice<UInt8>, _ index: Int) throws {
        guard var flow = connections[index].flow else {
            throw GeneratorError("a response arrived on a connection without a request")
        }
        connections[index].flow = nil
        let now = Self.now()
        lastResponse = now
        let step = plan.steps[flow.step]
        let isGood = step.expect?.contains(response.status) ?? (200..<300).contains(response.status)
        stepStatistics[flow.step].record(
            status: response.status, isGood: isGood, intendedStart: flow.intendedStepStart, responseTime: now,
            window: window)
        let body = bytes[(bytes.startIndex + response.body.lowerBound)..<(bytes.startIndex + response.body.upperBound)]
        var isComplete = isGood
        if isGood {
            for name in extracted[flow.step] {
                guard let value = Response.stringMember(name, of: body) else {
                    isComplete = false
                    break
                }
                flow.values.append(value)
            }
        }
        if isComplete, flow.step + 1 < plan.steps.count {
            flow.step += 1
            flow.intendedStepStart = now
            dispatch(flow)
        } else {
            finish(flow, response, isGood: isComplete, body, now)
        }
        if response.closesConnection {
            try connections[index].open()
            poller.add(connections[index], index: index)
        } else {
            release(index)
        }
    }

    private mutating func finish(
        _ flow: Flow, _ response: Response, isGood: Bool, _ body: ArraySlice<UInt8>, _ now: UInt64
    ) {
        flowStatistics.record(
            status: response.status, isGood: isGood, intendedStart: flow.intendedStart, responseTime: now,
            window: window)
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
                let text = String(decoding: body.prefix(300), as: UTF8.self)
                samples.append("\(plan.steps[flow.step].name) \(response.status) \(text)")
            }
        }
        endFlow()
    }

    /// Ends a flow, and begins the next one if the plan keeps a number of flows in flight.
    private mutating func endFlow() {
        inFlight -= 1
        if plan.inFlight != nil {
            let now = Self.now()
            if now < window.upperBound, canBegin { begin(at: now) }
        }
    }

    // MARK: - Reporting

    private func report(windowStartSince1970: Double) -> Report {
        precondition(begun == completed + failed + broken + inFlight, "the counts do not add up to the flows begun")
        return Report(
            seconds: plan.seconds, from: Int(windowStartSince1970 * 1000),
            to: Int((windowStartSince1970 + plan.seconds) * 1000),
            begun: begun, completed: completed, failed: failed, broken: broken, unanswered: inFlight,
            lastAnswerSeconds: lastResponse > start ? Double(lastResponse - start) / 1e9 : 0,
            perSecond: perSecond, flow: flowStatistics.summary(seconds: plan.seconds),
            steps: Dictionary(
                uniqueKeysWithValues: zip(plan.steps, stepStatistics).map {
                    ($0.name, $1.summary(seconds: plan.seconds))
                }),
            cpuSeconds: Double(Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID)) / 1e9, samples: samples)
    }
}
