import Testing

@testable import Marketplace

/// Tests the next step for every attempt state, every order status, and every snapshot of Stripe.
@Suite struct PaymentStepTests {
    struct SnapshotCase: Sendable, CustomStringConvertible {
        var description: String
        var value: PaymentSnapshot
        /// True if money is or can still be reserved or captured.
        var isActive: Bool

        init(_ description: String, _ session: SessionSnapshot.Status?, _ intent: IntentSnapshot?, isActive: Bool) {
            self.description = description
            value = PaymentSnapshot(session: session.map { PaymentFixture.session($0) }, intent: intent)
            self.isActive = isActive
        }
    }

    static let snapshots = [
        SnapshotCase("page open", .open, nil, isActive: true),
        SnapshotCase("page open, card tried", .open, PaymentFixture.intent(.unpaid), isActive: true),
        SnapshotCase("page open, intent cancelled", .open, PaymentFixture.intent(.canceled), isActive: true),
        SnapshotCase("page expired", .expired, nil, isActive: false),
        SnapshotCase("page expired, intent unpaid", .expired, PaymentFixture.intent(.unpaid), isActive: true),
        SnapshotCase("page complete, no intent", .complete, nil, isActive: true),
        SnapshotCase("processing", .complete, PaymentFixture.intent(.processing), isActive: true),
        SnapshotCase("unknown", .complete, PaymentFixture.intent(.unknown("new")), isActive: true),
        SnapshotCase("authorized", .complete, PaymentFixture.intent(.requiresCapture), isActive: true),
        SnapshotCase("authorized, alone", nil, PaymentFixture.intent(.requiresCapture), isActive: true),
        SnapshotCase(
            "authorized, less", .complete, PaymentFixture.intent(.requiresCapture, amount: 4999), isActive: true),
        SnapshotCase(
            "authorized, other currency", .complete, PaymentFixture.intent(.requiresCapture, currency: "jpy"),
            isActive: true),
        SnapshotCase(
            "authorized, other order", .complete, PaymentFixture.intent(.requiresCapture, order: nil), isActive: true),
        SnapshotCase(
            "authorized, other attempt", .complete, PaymentFixture.intent(.requiresCapture, number: 2), isActive: true),
        SnapshotCase("cancelled", .complete, PaymentFixture.intent(.canceled), isActive: false),
        SnapshotCase("cancelled, alone", nil, PaymentFixture.intent(.canceled), isActive: false),
        SnapshotCase("captured", .complete, PaymentFixture.intent(.succeeded), isActive: true),
        SnapshotCase("captured, less", .complete, PaymentFixture.intent(.succeeded, amount: 100), isActive: true),
        SnapshotCase("refunded", .complete, PaymentFixture.intent(.succeeded, refunded: 5000), isActive: false),
        SnapshotCase("refunded in part", .complete, PaymentFixture.intent(.succeeded, refunded: 10), isActive: true),
    ]

    struct StartingPoint: Sendable, CustomStringConvertible {
        var state: PaymentAttempt.State
        var status: OrderState.Status
        /// The attempt that claimed the order. The tested attempt is 1.
        var claimed: Int?
        var description: String { "\(state), order \(status.rawValue)\(claimed.map { "(\($0))" } ?? "")" }

        static let all: [StartingPoint] = PaymentAttempt.State.allCases.flatMap { state in
            OrderState.Status.allCases.flatMap { status -> [StartingPoint] in
                switch status {
                case .awaitingPayment, .cancelled: [StartingPoint(state: state, status: status)]
                case .confirmed, .complete, .refunded:
                    [1, 2].map { StartingPoint(state: state, status: status, claimed: $0) }
                }
            }
        }
    }

    @Test(arguments: StartingPoint.all)
    func stepsFitEveryStateAndSnapshot(from start: StartingPoint) {
        for snapshot in Self.snapshots {
            var payments = PaymentFixture.payments(start.status, claimed: start.claimed, [start.state])
            payments.observe(1, snapshot.value, now: PaymentFixture.now)
            let attempt = payments.attempts[0]
            let isAsRequested =
                snapshot.description.hasPrefix("authorized") && !snapshot.description.contains(", o")
                && !snapshot.description.contains("less")
            let isClaimed = start.claimed == 1 && [.confirmed, .complete].contains(start.status)
            let what = Comment(rawValue: "\(start), \(snapshot)")

            if start.state.isFinal {
                #expect(payments.pending.isEmpty && payments.emitted.isEmpty && attempt.state == start.state, what)
                continue
            }
            // A capture needs the requested amount, and an order that this attempt has claimed.
            if payments.pending.contains(.capture) {
                #expect(isAsRequested && isClaimed && start.state != .closing, what)
            }
            if payments.emitted.contains(.failed) { #expect(!snapshot.isActive, what) }
            if attempt.state.isFinal { #expect(!snapshot.isActive, what) }
            if !snapshot.isActive { #expect(attempt.state.isFinal, what) }
            if payments.emitted.contains(.charged) {
                #expect(["captured", "refunded in part"].contains(snapshot.description) && isClaimed, what)
            }
            // Money is released or refunded if it is not as requested, or if no open order needs it.
            if snapshot.description.hasPrefix("authorized") {
                let isKept =
                    isAsRequested && start.state != .closing && start.state != .refunding
                    && (isClaimed || start.status == .awaitingPayment)
                #expect(payments.pending == (isKept ? isClaimed ? [.capture] : [] : [.cancelIntent]), what)
                #expect(isKept || attempt.state == .closing, what)
            }
            if snapshot.description == "captured, less" { #expect(payments.pending == [.refund], what) }
            if snapshot.description == "captured" || snapshot.description == "refunded in part" {
                let isKept =
                    start.state != .closing && start.state != .refunding
                    && (isClaimed || start.status == .awaitingPayment)
                #expect(payments.pending == (isKept ? [] : [.refund]), what)
            }
            // A call or a poll is due, unless the attempt is final or captured.
            #expect(
                attempt.state.isFinal || attempt.state == .captured || !payments.pending.isEmpty
                    || attempt.pollAt != nil,
                what)
            #expect(payments.pending.count <= 1, what)
        }
    }

    @Test func closingAttemptsAreNotResumed() {
        for status in [OrderState.Status.awaitingPayment, .confirmed] {
            var payments = PaymentFixture.payments(status, claimed: status == .confirmed ? 1 : nil, [.closing])
            payments.observe(
                1,
                PaymentSnapshot(
                    session: PaymentFixture.session(.complete), intent: PaymentFixture.intent(.requiresCapture)),
                now: PaymentFixture.now)
            #expect(payments.pending == [.cancelIntent])
            #expect(payments.emitted.isEmpty)
        }
    }

    @Test func pollsBackOff() throws {
        var payments = PaymentFixture.payments(.awaitingPayment, [.open])
        var waits: [Duration] = []
        for _ in 0..<6 {
            payments.observe(
                1, PaymentSnapshot(session: PaymentFixture.session(.open), intent: nil), now: PaymentFixture.now)
            waits.append(try #require(payments.attempts[0].pollAt) - PaymentFixture.now)
        }
        #expect(waits == [30, 60, 120, 240, 300, 300].map { .seconds($0) })
    }
}
