import Marketplace

/// Everything around a listing and its orders: the users, tickets, orders and payments services, the streams between
/// them, Stripe, the workers' calls on their way, the buyers and the seller.
///
/// What the services decide is the real code of `Marketplace`: `UsersDesk`, `TicketsDesk`, `OrdersDesk`, `PaymentsDesk`
/// and `PaymentFile`. A service decides by its own part and one message alone, so what it once decided is remembered:
/// visiting a state costs some look-ups and no decision.
///
/// What is around them is this, and no more than this:
/// - One transaction is one step: `TicketsBook`, `OrdersBook` and `PaymentsBook` load for a decision what the SQL of
///   `Storage` loads, keep what it writes, and say where a key or a check of the database would refuse. A worker that
///   dies before COMMIT has done nothing; one that dies after it has done all, for the inbox tells the next one so.
/// - An event is in its outbox from the transaction on and is heard some time later. Several workers read a stream at
///   once, so what was told may be heard in any order; and once more, with no inbox to know it again, as often as the
///   scenario says.
/// - A call to Stripe is leased, sent, and its outcome stored, in three steps (`PaymentsRunner`). The first two are one
///   here where nothing goes wrong, for nobody but Stripe can tell them apart. A worker may die before or after it is
///   sent, its answer may be lost, 500 may be kept under its key with the effect or without, and a worker that was held
///   may send it again long after. What a "no" or a 500 leads to is as in `StripeCaller`.
/// - A lease ends with the next write of its row, and what comes of it then is not stored.
/// - Stripe is `StripeBook`: pages, PaymentIntents and idempotency keys, as the sandbox has them.
/// - Time stops at a few moments (`Scenario.moments`). Whatever is due sooner or later may be done at any instant:
///   looks, calls made again, the sweep, a clock that is ahead.
final class World {
    let scenario: Scenario
    let lastMoment: UInt32
    private let times: [Timestamp]

    var users = Table<UsersBook>()
    var tickets = Table<TicketsBook>()
    var orders = Table<OrdersBook>()
    var files = Table<PaymentsBook>([PaymentsBook()])
    var stripes = Table<StripeBook>([StripeBook()])
    var jobs = Table<[Job]>([[]])

    var ticketsMessages = Table<TicketsMessage>()
    var ordersMessages = Table<OrdersMessage>()
    var fileMessages = Table<FileMessage>()
    var bags = Bags()

    private var ordersEffects: [Memo: OrdersEffect] = [:]
    private var ticketsEffects: [Memo: TicketsEffect] = [:]
    private var fileEffects: [Memo: FileEffect] = [:]
    private var actions = Table<FileAction>()

    /// What was found wrong since it was last taken.
    private var breaches: [String] = []

    private struct Memo: Hashable {
        var book: UInt32
        var message: UInt32
        var clock: UInt32
        var number: UInt32 = 0
    }

    struct OrdersEffect {
        var book: UInt32
        var verdicts: [VerdictKind]
        var toTickets: [UInt32]
        var toFiles: [[UInt32]]
        var turns: [OrdersBook.Turn]
        var breaches: [String]
    }

    struct TicketsEffect {
        var book: UInt32
        var verdict: VerdictKind
        var toOrders: [UInt32]
        var breaches: [String]
    }

    struct FileEffect {
        var book: UInt32
        var verdict: VerdictKind
        var told: [PaymentEvent]
        var toOrders: [UInt32]
        var written: Set<Job.Work>
        var breaches: [String]
    }

    init(_ scenario: Scenario) {
        self.scenario = scenario
        lastMoment = UInt32(scenario.moments.count - 1)
        times = scenario.moments.map { Cast.start + $0 }
    }

    func time(of state: WorldState) -> Timestamp { times[Int(state[Part.clock])] }

    func blame(_ breach: String) { breaches.append(breach) }
    func blame(_ found: [String]) { if !found.isEmpty { breaches += found } }

    func takeBreaches() -> [String] {
        guard !breaches.isEmpty else { return [] }
        defer { breaches = [] }
        return breaches
    }
}

// MARK: - Decisions, each made once

extension World {
    func ordersEffect(_ state: WorldState, _ message: UInt32) -> OrdersEffect {
        let memo = Memo(book: state[Part.orders], message: message, clock: state[Part.clock])
        if let known = ordersEffects[memo] { return known }
        var book = orders[memo.book]
        let decided = book.decide([ordersMessages[message]], now: time(of: state))
        var toFiles: [[UInt32]] = [[], []]
        for event in decided.events {
            guard let number = Cast.number(of: event.id) else { continue }
            toFiles[number].append(fileMessages.id(of: .order(event)))
        }
        let effect = OrdersEffect(
            book: orders.id(of: book), verdicts: decided.verdicts,
            toTickets: decided.events.map { ticketsMessages.id(of: .order($0)) }, toFiles: toFiles,
            turns: decided.turns, breaches: decided.breaches)
        ordersEffects[memo] = effect
        return effect
    }

    func ticketsEffect(_ state: WorldState, _ message: UInt32) -> TicketsEffect {
        let memo = Memo(book: state[Part.tickets], message: message, clock: state[Part.clock])
        if let known = ticketsEffects[memo] { return known }
        var book = tickets[memo.book]
        let decided = book.decide(ticketsMessages[message], now: time(of: state))
        let effect = TicketsEffect(
            book: tickets.id(of: book), verdict: decided.verdict,
            toOrders: decided.events.map { ordersMessages.id(of: .ticket($0)) }, breaches: decided.breaches)
        ticketsEffects[memo] = effect
        return effect
    }

    func fileEffect(_ state: WorldState, _ number: Int, _ action: FileAction) -> FileEffect {
        let memo = Memo(
            book: state[Part.file + number], message: actions.id(of: action), clock: state[Part.clock],
            number: UInt32(number))
        if let known = fileEffects[memo] { return known }
        var book = files[memo.book]
        let decided = book.decide(action, number: number, now: time(of: state))
        let effect = FileEffect(
            book: files.id(of: book), verdict: decided.verdict, told: decided.told,
            toOrders: decided.told.map { ordersMessages.id(of: .payment($0)) }, written: decided.written,
            breaches: decided.breaches)
        fileEffects[memo] = effect
        return effect
    }
}

// MARK: - What follows from a decision

extension World {
    func apply(_ effect: OrdersEffect, to state: inout WorldState) {
        blame(effect.breaches)
        for turn in effect.turns { judge(turn, in: state) }
        state[Part.orders] = effect.book
        if scenario.isTicketsPrompt {
            for message in effect.toTickets { apply(ticketsEffect(state, message), to: &state) }
        } else {
            state[Part.toTickets] = bags.adding(effect.toTickets, to: state[Part.toTickets])
        }
        for (number, messages) in effect.toFiles.enumerated() where !messages.isEmpty {
            state[Part.toFile + number] = bags.adding(messages, to: state[Part.toFile + number])
        }
    }

    func apply(_ effect: TicketsEffect, to state: inout WorldState) {
        blame(effect.breaches)
        state[Part.tickets] = effect.book
        state[Part.toOrders] = bags.adding(effect.toOrders, to: state[Part.toOrders])
    }

    /// - Parameter done: the job that this is the end of.
    func apply(_ effect: FileEffect, to state: inout WorldState, _ number: Int, done: Job.Work? = nil) {
        blame(effect.breaches)
        for event in effect.told { judge(event, number, in: state) }
        state[Part.file + number] = effect.book
        state[Part.toOrders] = bags.adding(effect.toOrders, to: state[Part.toOrders])
        let jobs = self.jobs[state[Part.jobs + number]]
        guard !jobs.isEmpty else { return }
        let left = jobs.filter { $0.work != done && !effect.written.contains($0.work) }
        if left.count != jobs.count { state[Part.jobs + number] = self.jobs.id(of: left) }
    }

    func spend(_ budget: Budget, in state: inout WorldState) { state[Part.budget] -= budget.one }
    func has(_ budget: Budget, in state: WorldState) -> Bool { budget.count(in: state[Part.budget]) > 0 }
}
