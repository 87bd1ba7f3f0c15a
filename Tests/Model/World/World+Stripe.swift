import Marketplace

// What workers ask of Stripe.
extension World {
    /// What is under way: an answer whose object is to be looked at, an outcome that is to be stored.
    func visitJobs(_ number: Int, _ state: WorldState, _ visit: Visit) {
        guard state[Part.jobs + number] != 0 else { return }
        let jobs = self.jobs[state[Part.jobs + number]]
        for job in jobs {
            var next = state
            switch job.phase {
            case .toLook(let doubt):
                let seen = job.session.map {
                    stripes[state[Part.stripe + number]].seen($0, order: Cast.orders[number])
                }
                let outcome: PaymentOutcome? =
                    switch doubt {
                    case .done: seen.map { .done($0) }
                    case .refused(let code): .refused(code: code, seen)
                    case .doubtful: .doubtful(error: "", seen)
                    }
                guard let outcome else { continue }
                replace(job, .ended(outcome), in: &next, number)
                visit(next, .lookAfter(order: number, job.work), .system)
            case .ended(let outcome):
                guard case .call(let name) = job.work else { continue }
                apply(fileEffect(state, number, .finish(name, outcome)), to: &next, number, done: job.work)
                visit(next, .store(order: number, job.work), .system)
            case .seen(let seen):
                apply(fileEffect(state, number, .observe(job.attempt, seen)), to: &next, number, done: job.work)
                visit(next, .store(order: number, job.work), .system)
            }
        }
    }

    private func replace(_ job: Job, _ phase: Job.Phase, in state: inout WorldState, _ number: Int) {
        var jobs = self.jobs[state[Part.jobs + number]]
        guard let index = jobs.firstIndex(of: job) else { return }
        jobs[index].phase = phase
        state[Part.jobs + number] = self.jobs.id(of: jobs)
    }

    private func begin(_ job: Job, in state: inout WorldState, _ number: Int) {
        let jobs = self.jobs[state[Part.jobs + number]] + [job]
        state[Part.jobs + number] = self.jobs.id(of: jobs.sorted { ($0.attempt, $0.isLook) < ($1.attempt, $1.isLook) })
    }

    private func isUnderWay(_ work: Job.Work, _ number: Int, _ state: WorldState) -> Bool {
        state[Part.jobs + number] != 0 && jobs[state[Part.jobs + number]].contains { $0.work == work }
    }

    // MARK: Calls

    func visitCalls(_ number: Int, _ state: WorldState, _ visit: Visit) {
        let file = files[state[Part.file + number]]
        for call in file.calls {
            let name = call.call.name
            guard call.call.state == .pending else {
                if call.call.runs > 0, has(.faults, in: state) {
                    var next = state
                    spend(.faults, in: &next)
                    _ = perform(call, number, in: &next)
                    // Where Stripe gives its old answer nothing has happened.
                    guard next[Part.stripe + number] != state[Part.stripe + number] else { continue }
                    visit(next, .call(order: number, name, .late), .other)
                }
                continue
            }
            guard !isUnderWay(.call(name), number, state) else { continue }
            visitCall(call, file.session(of: name.attempt), number, .none, state, visit)
            guard has(.faults, in: state) else { continue }
            for luck in [Step.Luck.killedBefore, .killedAfter, .answerLost, .failsAfter, .failsBefore] {
                visitCall(call, file.session(of: name.attempt), number, luck, state, visit)
            }
        }
    }

    private func visitCall(
        _ call: PaymentsBook.Call, _ session: String?, _ number: Int, _ luck: Step.Luck, _ state: WorldState,
        _ visit: Visit
    ) {
        let name = call.call.name
        var next = state
        // Leased, in a transaction of its own. Nobody but its leaseholder and Stripe cares for when it is made after.
        apply(fileEffect(state, number, .lease(name)), to: &next, number)
        if luck != .none { spend(.faults, in: &next) }
        let step = Step.call(order: number, name, luck)
        let mover = luck == .none ? Mover.system : .other
        if luck == .killedBefore { return visit(next, step, mover) }

        let canLook = name.operation != .createSession && session != nil
        func end(_ phase: Job.Phase) {
            begin(Job(work: .call(name), phase: phase, session: session), in: &next, number)
        }
        func end(_ doubt: Job.Doubt) {
            let outcome: PaymentOutcome? =
                switch doubt {
                case .done: nil
                case .refused(let code): .refused(code: code, nil)
                case .doubtful: .doubtful(error: "", nil)
                }
            if let outcome, !canLook { end(.ended(outcome)) } else { end(.toLook(doubt)) }
        }

        // From here on as `StripeCaller` does.
        if time(of: state) - call.call.createdAt > PaymentTimes.keyLife {
            if luck == .none {
                end(.doubtful)
                visit(next, step, mover)
            }
            return
        }
        var failure: StripeBook.Failure?
        if luck == .failsAfter || luck == .failsBefore {
            failure = luck == .failsAfter ? .afterEffect : .beforeEffect
            // Only the first answer under a key can be this one.
            let kept = stripes[state[Part.stripe + number]].answer(under: call.request.key, now: time(of: state))
            guard kept == nil else { return }
        }
        let answer = perform(call, number, in: &next, failing: failure)
        if failure != nil, answer != .failed { return }
        switch luck {
        case .killedAfter: break
        case .answerLost:
            let lost = PaymentOutcome.unanswered(error: "time-out", byStripe: false, again: .seconds(1))
            apply(fileEffect(next, number, .finish(name, lost)), to: &next, number)
        default:
            switch answer {
            case .done(let seen): end(.ended(.done(seen)))
            case .closed(let hadIntent):
                if hadIntent {
                    end(.done)
                } else {
                    let closed = session.flatMap { stripes[next[Part.stripe + number]].page($0) }
                    // As it was when it was closed, however late that is told.
                    guard var page = closed else { return }
                    page.status = .expired
                    page.money = .none
                    end(.ended(.done(page.seen(order: Cast.orders[number]))))
                }
            case .refunded: end(.ended(.refunded))
            case .refused(let code): end(.refused(code))
            case .failed, .clash: end(.doubtful)
            }
        }
        visit(next, step, mover)
    }

    private func perform(
        _ call: PaymentsBook.Call, _ number: Int, in state: inout WorldState, failing failure: StripeBook.Failure? = nil
    ) -> StripeBook.Answer {
        let before = stripes[state[Part.stripe + number]]
        var stripe = before
        let answer = stripe.perform(call.request, order: Cast.orders[number], now: time(of: state), failing: failure)
        if stripe.pages != before.pages { judge(call, number, in: state) }
        if answer == .clash { blame("one key for two requests: \(call.request.key)") }
        state[Part.stripe + number] = stripes.id(of: stripe)
        return answer
    }

    // MARK: Looks

    func visitLooks(_ number: Int, _ state: WorldState, _ visit: Visit) {
        let file = files[state[Part.file + number]]
        for attempt in file.attempts {
            guard attempt.lookAt != nil, let session = attempt.sessionId else { continue }
            guard !file.calls.contains(where: { $0.call.attempt == attempt.number && $0.call.state == .pending }),
                !isUnderWay(.look(attempt.number), number, state)
            else { continue }
            let seen = stripes[state[Part.stripe + number]].seen(session, order: Cast.orders[number])
            var next = state
            begin(Job(work: .look(attempt.number), phase: .seen(seen), session: session), in: &next, number)
            let isNews = fileEffect(state, number, .observe(attempt.number, seen)).book != state[Part.file + number]
            visit(next, .look(order: number, attempt: attempt.number), isNews ? .system : .other)
            guard has(.faults, in: state) else { continue }
            next = state
            spend(.faults, in: &next)
            apply(fileEffect(state, number, .missed(attempt.number)), to: &next, number)
            visit(next, .lookMissed(order: number, attempt: attempt.number), .other)
        }
    }
}

extension Job {
    fileprivate var isLook: Int {
        if case .look = work { 1 } else { 0 }
    }
}
