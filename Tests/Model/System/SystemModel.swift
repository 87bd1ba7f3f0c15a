import Marketplace

/// A model of the whole system around one listing and its orders: the users, listings, orders and payments services,
/// the streams between them, Stripe, the workers' calls to it, the buyers and the seller.
///
/// The services decide with the real code of `Marketplace`: `UsersDecider`, `ListingsDecider`, `OrdersDecider`,
/// `PaymentsDecider` and `OrderPayments`. A decision depends only on the service's own part of the state and on one
/// message, so its effect is memoized: visiting a state costs a few look-ups and no decision.
///
/// The rest is modeled as follows:
/// - One transaction is one step. `ListingsModel`, `OrdersModel` and `PaymentsModel` load and store what the SQL of
///   `Services` loads and stores, and report what a key or a check of the database would refuse. A worker that dies
///   before COMMIT has done nothing. A worker that dies after COMMIT has done everything, because the inbox shows this
///   to the next worker.
/// - An event is in the outbox from the transaction on and is delivered later. Several workers read a stream at the
///   same time, so events may be delivered in any order. They may be repeated without being recognized by an inbox, as
///   often as the scenario allows.
/// - A call to Stripe takes three steps (`EffectRunner`): it is leased, it is sent, and its outcome is stored. Without
///   a fault, the model leases and sends in one step, because only Stripe could notice a difference. A worker may die
///   before or after sending, the response may be lost, a 500 may be stored under the key with or without the effect,
///   and a stalled worker may send the call again much later. A refusal or a 500 is handled as in `StripeCaller`.
/// - A lease ends with the next write of its row. Later outcomes of its holder are not stored.
/// - Stripe is `StripeModel`: pages, PaymentIntents and idempotency keys, as in the sandbox.
/// - The clock has a few values (`Scenario.moments`). Work that falls due at some time (polls, repeated calls and the
///   sweep) may be done at any moment, as if a clock were ahead.
final class SystemModel {
    let scenario: Scenario
    let lastMoment: UInt32
    private let times: [Timestamp]

    var users = InternTable<UsersModel>()
    var listings = InternTable<ListingsModel>()
    var orders = InternTable<OrdersModel>()
    var payments = InternTable<PaymentsModel>([PaymentsModel()])
    var stripes = InternTable<StripeModel>([StripeModel()])
    var jobs = InternTable<[Job]>([[]])

    var listingsMessages = InternTable<ListingsMessage>()
    var ordersMessages = InternTable<OrdersMessage>()
    var paymentsMessages = InternTable<PaymentsMessage>()
    var bags = Bags()

    private var ordersEffects: [Memo: OrdersEffect] = [:]
    private var listingsEffects: [Memo: ListingsEffect] = [:]
    private var paymentsEffects: [Memo: PaymentsEffect] = [:]
    private var inputs = InternTable<PaymentsInput>()

    /// The breaches that were found since they were last taken.
    private var breaches: [String] = []

    private struct Memo: Hashable {
        var part: UInt32
        var message: UInt32
        var clock: UInt32
        var number: UInt32 = 0
    }

    struct OrdersEffect {
        var part: UInt32
        var outcomes: [OutcomeKind]
        var toListings: [UInt32]
        var toPayments: [[UInt32]]
        var statusChanges: [OrdersModel.StatusChange]
        var breaches: [String]
    }

    struct ListingsEffect {
        var part: UInt32
        var outcome: OutcomeKind
        var toOrders: [UInt32]
        var breaches: [String]
    }

    struct PaymentsEffect {
        var part: UInt32
        var outcome: OutcomeKind
        var events: [PaymentEvent]
        var toOrders: [UInt32]
        var written: Set<Job.Work>
        var breaches: [String]
    }

    init(_ scenario: Scenario) {
        self.scenario = scenario
        lastMoment = UInt32(scenario.moments.count - 1)
        times = scenario.moments.map { Fixture.start + $0 }
    }

    func time(of state: SystemState) -> Timestamp { times[Int(state[Part.clock])] }

    func report(_ breach: String) { breaches.append(breach) }
    func report(_ found: [String]) { if !found.isEmpty { breaches += found } }

    func takeBreaches() -> [String] {
        guard !breaches.isEmpty else { return [] }
        defer { breaches = [] }
        return breaches
    }
}

// MARK: - Memoized decisions

extension SystemModel {
    func ordersEffect(_ state: SystemState, _ message: UInt32) -> OrdersEffect {
        let memo = Memo(part: state[Part.orders], message: message, clock: state[Part.clock])
        if let known = ordersEffects[memo] { return known }
        var ordersModel = orders[memo.part]
        let decided = ordersModel.decide([ordersMessages[message]], now: time(of: state))
        var toPayments: [[UInt32]] = [[], []]
        for event in decided.events {
            guard let number = Fixture.number(of: event.id) else { continue }
            toPayments[number].append(paymentsMessages.id(of: .order(event)))
        }
        let effect = OrdersEffect(
            part: orders.id(of: ordersModel), outcomes: decided.outcomes,
            toListings: decided.events.map { listingsMessages.id(of: .order($0)) }, toPayments: toPayments,
            statusChanges: decided.statusChanges, breaches: decided.breaches)
        ordersEffects[memo] = effect
        return effect
    }

    func listingsEffect(_ state: SystemState, _ message: UInt32) -> ListingsEffect {
        let memo = Memo(part: state[Part.listings], message: message, clock: state[Part.clock])
        if let known = listingsEffects[memo] { return known }
        var listingsModel = listings[memo.part]
        let decided = listingsModel.decide(listingsMessages[message], now: time(of: state))
        let effect = ListingsEffect(
            part: listings.id(of: listingsModel), outcome: decided.outcome,
            toOrders: decided.events.map { ordersMessages.id(of: .listing($0)) }, breaches: decided.breaches)
        listingsEffects[memo] = effect
        return effect
    }

    func paymentsEffect(_ state: SystemState, _ number: Int, _ input: PaymentsInput) -> PaymentsEffect {
        let memo = Memo(
            part: state[Part.payments + number], message: inputs.id(of: input), clock: state[Part.clock],
            number: UInt32(number))
        if let known = paymentsEffects[memo] { return known }
        var paymentsModel = payments[memo.part]
        let decided = paymentsModel.decide(input, number: number, now: time(of: state))
        let effect = PaymentsEffect(
            part: payments.id(of: paymentsModel), outcome: decided.outcome, events: decided.events,
            toOrders: decided.events.map { ordersMessages.id(of: .payment($0)) }, written: decided.written,
            breaches: decided.breaches)
        paymentsEffects[memo] = effect
        return effect
    }
}

// MARK: - Effects of decisions

extension SystemModel {
    func apply(_ effect: OrdersEffect, to state: inout SystemState) {
        report(effect.breaches)
        for change in effect.statusChanges { check(change, in: state) }
        state[Part.orders] = effect.part
        if scenario.appliesOrdersAtOnce {
            for message in effect.toListings { apply(listingsEffect(state, message), to: &state) }
        } else {
            state[Part.toListings] = bags.adding(effect.toListings, to: state[Part.toListings])
        }
        for (number, messages) in effect.toPayments.enumerated() where !messages.isEmpty {
            state[Part.toPayments + number] = bags.adding(messages, to: state[Part.toPayments + number])
        }
    }

    func apply(_ effect: ListingsEffect, to state: inout SystemState) {
        report(effect.breaches)
        state[Part.listings] = effect.part
        state[Part.toOrders] = bags.adding(effect.toOrders, to: state[Part.toOrders])
    }

    /// - Parameter done: The work that this effect finishes.
    func apply(_ effect: PaymentsEffect, to state: inout SystemState, _ number: Int, done: Job.Work? = nil) {
        report(effect.breaches)
        for event in effect.events { check(event, number, in: state) }
        state[Part.payments + number] = effect.part
        state[Part.toOrders] = bags.adding(effect.toOrders, to: state[Part.toOrders])
        let jobs = self.jobs[state[Part.jobs + number]]
        guard !jobs.isEmpty else { return }
        let left = jobs.filter { $0.work != done && !effect.written.contains($0.work) }
        if left.count != jobs.count { state[Part.jobs + number] = self.jobs.id(of: left) }
    }

    func spend(_ budget: Budget, in state: inout SystemState) { state[Part.budget] -= budget.one }
    func has(_ budget: Budget, in state: SystemState) -> Bool { budget.count(in: state[Part.budget]) > 0 }
}
