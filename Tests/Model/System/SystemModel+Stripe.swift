import Marketplace

// Steps of workers at Stripe.
extension SystemModel {
    /// Visits the next steps of the jobs in progress: fetching an object, and storing an outcome.
    func visitJobs(_ number: Int, _ state: SystemState, _ visit: Visit) {
        guard state[Part.jobs + number] != 0 else { return }
        let jobs = self.jobs[state[Part.jobs + number]]
        for job in jobs {
            var next = state
            switch job.phase {
            case .toFetch(let reason):
                let snapshot = job.session.map {
                    stripes[state[Part.stripe + number]].snapshot($0, order: Fixture.orders[number])
                }
                let outcome: PaymentOutcome? =
                    switch reason {
                    case .done: snapshot.map { .done($0) }
                    case .refused(let code): .refused(code: code, snapshot)
                    case .doubtful: .doubtful(error: "", snapshot)
                    }
                guard let outcome else { continue }
                replace(job, .ended(outcome), in: &next, number)
                visit(next, .fetchAfter(order: number, job.work), .system)
            case .ended(let outcome):
                guard case .call(let name) = job.work else { continue }
                apply(paymentsEffect(state, number, .finish(name, outcome)), to: &next, number, done: job.work)
                visit(next, .store(order: number, job.work), .system)
            case .polled(let snapshot):
                apply(paymentsEffect(state, number, .observe(job.attempt, snapshot)), to: &next, number, done: job.work)
                visit(next, .store(order: number, job.work), .system)
            }
        }
    }

    private func replace(_ job: Job, _ phase: Job.Phase, in state: inout SystemState, _ number: Int) {
        var jobs = self.jobs[state[Part.jobs + number]]
        guard let index = jobs.firstIndex(of: job) else { return }
        jobs[index].phase = phase
        state[Part.jobs + number] = self.jobs.id(of: jobs)
    }

    private func begin(_ job: Job, in state: inout SystemState, _ number: Int) {
        let jobs = self.jobs[state[Part.jobs + number]] + [job]
        state[Part.jobs + number] = self.jobs.id(of: jobs.sorted { ($0.attempt, $0.isPoll) < ($1.attempt, $1.isPoll) })
    }

    private func isInProgress(_ work: Job.Work, _ number: Int, _ state: SystemState) -> Bool {
        state[Part.jobs + number] != 0 && jobs[state[Part.jobs + number]].contains { $0.work == work }
    }

    // MARK: Calls

    func visitCalls(_ number: Int, _ state: SystemState, _ visit: Visit) {
        let orderPayments = payments[state[Part.payments + number]]
        for call in orderPayments.calls {
            let name = call.call.name
            guard call.call.state == .pending else {
                if call.call.runs > 0, has(.faults, in: state) {
                    var next = state
                    spend(.faults, in: &next)
                    _ = perform(call, number, in: &next)
                    // If Stripe repeats its stored response, nothing has happened.
                    guard next[Part.stripe + number] != state[Part.stripe + number] else { continue }
                    visit(next, .call(order: number, name, .late), .other)
                }
                continue
            }
            guard !isInProgress(.call(name), number, state) else { continue }
            visitCall(call, orderPayments.session(of: name.attempt), number, .none, state, visit)
            guard has(.faults, in: state) else { continue }
            for fault in [Step.Fault.killedBefore, .killedAfter, .responseLost, .failsAfter, .failsBefore] {
                visitCall(call, orderPayments.session(of: name.attempt), number, fault, state, visit)
            }
        }
    }

    private func visitCall(
        _ call: PaymentsModel.Call, _ session: String?, _ number: Int, _ fault: Step.Fault, _ state: SystemState,
        _ visit: Visit
    ) {
        let name = call.call.name
        var next = state
        // The lease has a separate transaction. The call may follow in the same step, because only its holder and
        // Stripe can see the difference.
        apply(paymentsEffect(state, number, .lease(name)), to: &next, number)
        if fault != .none { spend(.faults, in: &next) }
        let step = Step.call(order: number, name, fault)
        let mover = fault == .none ? Mover.system : .other
        if fault == .killedBefore { return visit(next, step, mover) }

        let canFetch = name.operation != .createSession && session != nil
        func end(_ phase: Job.Phase) {
            begin(Job(work: .call(name), phase: phase, session: session), in: &next, number)
        }
        func end(_ reason: Job.FetchReason) {
            let outcome: PaymentOutcome? =
                switch reason {
                case .done: nil
                case .refused(let code): .refused(code: code, nil)
                case .doubtful: .doubtful(error: "", nil)
                }
            if let outcome, !canFetch { end(.ended(outcome)) } else { end(.toFetch(reason)) }
        }

        // The following steps are the same as in `StripeCaller`.
        if time(of: state) - call.call.createdAt > PaymentTimes.keyLife {
            if fault == .none {
                end(.doubtful)
                visit(next, step, mover)
            }
            return
        }
        var failure: StripeModel.Failure?
        if fault == .failsAfter || fault == .failsBefore {
            failure = fault == .failsAfter ? .afterEffect : .beforeEffect
            // Only the first response under a key can be a new failure.
            let stored = stripes[state[Part.stripe + number]].response(under: call.request.key, now: time(of: state))
            guard stored == nil else { return }
        }
        let response = perform(call, number, in: &next, failing: failure)
        if failure != nil, response != .failed { return }
        switch fault {
        case .killedAfter: break
        case .responseLost:
            let lost = PaymentOutcome.unanswered(error: "time-out", byStripe: false, retryAfter: .seconds(1))
            apply(paymentsEffect(next, number, .finish(name, lost)), to: &next, number)
        default:
            switch response {
            case .done(let snapshot): end(.ended(.done(snapshot)))
            case .closed(let hadIntent):
                if hadIntent {
                    end(.done)
                } else {
                    let closed = session.flatMap { stripes[next[Part.stripe + number]].page($0) }
                    // The response shows the page as it was when it was closed, even if the response arrives late.
                    guard var page = closed else { return }
                    page.status = .expired
                    page.money = .none
                    end(.ended(.done(page.snapshot(order: Fixture.orders[number]))))
                }
            case .refunded: end(.ended(.refunded))
            case .refused(let code): end(.refused(code))
            case .failed, .clash: end(.doubtful)
            }
        }
        visit(next, step, mover)
    }

    private func perform(
        _ call: PaymentsModel.Call, _ number: Int, in state: inout SystemState,
        failing failure: StripeModel.Failure? = nil
    ) -> StripeModel.Response {
        let before = stripes[state[Part.stripe + number]]
        var stripe = before
        let response = stripe.perform(
            call.request, order: Fixture.orders[number], now: time(of: state), failing: failure)
        if stripe.pages != before.pages { check(call, number, in: state) }
        if response == .clash { report("one key for two requests: \(call.request.key)") }
        state[Part.stripe + number] = stripes.id(of: stripe)
        return response
    }

    // MARK: Polls

    func visitPolls(_ number: Int, _ state: SystemState, _ visit: Visit) {
        let orderPayments = payments[state[Part.payments + number]]
        for attempt in orderPayments.attempts {
            guard attempt.pollAt != nil, let session = attempt.sessionId else { continue }
            let hasUnfinishedCall = orderPayments.calls.contains {
                $0.call.attempt == attempt.number && $0.call.state == .pending
            }
            guard !hasUnfinishedCall, !isInProgress(.poll(attempt: attempt.number), number, state)
            else { continue }
            let snapshot = stripes[state[Part.stripe + number]].snapshot(session, order: Fixture.orders[number])
            var next = state
            begin(
                Job(work: .poll(attempt: attempt.number), phase: .polled(snapshot), session: session), in: &next, number
            )
            let effect = paymentsEffect(state, number, .observe(attempt.number, snapshot))
            let isNews = effect.part != state[Part.payments + number]
            visit(next, .poll(order: number, attempt: attempt.number), isNews ? .system : .other)
            guard has(.faults, in: state) else { continue }
            next = state
            spend(.faults, in: &next)
            apply(paymentsEffect(state, number, .pollFailed(attempt.number)), to: &next, number)
            visit(next, .pollFailed(order: number, attempt: attempt.number), .other)
        }
    }
}

extension Job {
    fileprivate var isPoll: Int {
        if case .poll = work { 1 } else { 0 }
    }
}
