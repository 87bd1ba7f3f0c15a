import Testing

@testable import Marketplace

private typealias Samples = PaymentSamples

/// Every state of an attempt, with every state of its order, at everything that Stripe can show.
@Suite struct PaymentStepTests {
    struct Sight: Sendable, CustomStringConvertible {
        var description: String
        var seen: SeenPayment
        /// Whether the money is, or could yet be, reserved or taken.
        var isAlive: Bool

        init(_ description: String, _ session: SeenSession.Status?, _ intent: SeenIntent?, isAlive: Bool) {
            self.description = description
            seen = SeenPayment(session: session.map { Samples.session($0) }, intent: intent)
            self.isAlive = isAlive
        }
    }

    static let sights = [
        Sight("page open", .open, nil, isAlive: true),
        Sight("page open, card tried", .open, Samples.intent(.unpaid), isAlive: true),
        Sight("page open, intent cancelled", .open, Samples.intent(.canceled), isAlive: true),
        Sight("page expired", .expired, nil, isAlive: false),
        Sight("page expired, intent unpaid", .expired, Samples.intent(.unpaid), isAlive: true),
        Sight("page complete, no intent", .complete, nil, isAlive: true),
        Sight("processing", .complete, Samples.intent(.processing), isAlive: true),
        Sight("unknown", .complete, Samples.intent(.unknown("new")), isAlive: true),
        Sight("authorised", .complete, Samples.intent(.requiresCapture), isAlive: true),
        Sight("authorised, alone", nil, Samples.intent(.requiresCapture), isAlive: true),
        Sight("authorised, less", .complete, Samples.intent(.requiresCapture, amount: 4999), isAlive: true),
        Sight(
            "authorised, other currency", .complete, Samples.intent(.requiresCapture, currency: "jpy"), isAlive: true),
        Sight("authorised, other order", .complete, Samples.intent(.requiresCapture, order: nil), isAlive: true),
        Sight("authorised, other attempt", .complete, Samples.intent(.requiresCapture, number: 2), isAlive: true),
        Sight("cancelled", .complete, Samples.intent(.canceled), isAlive: false),
        Sight("cancelled, alone", nil, Samples.intent(.canceled), isAlive: false),
        Sight("captured", .complete, Samples.intent(.succeeded), isAlive: true),
        Sight("captured, less", .complete, Samples.intent(.succeeded, amount: 100), isAlive: true),
        Sight("refunded", .complete, Samples.intent(.succeeded, refunded: 5000), isAlive: false),
        Sight("refunded in part", .complete, Samples.intent(.succeeded, refunded: 10), isAlive: true),
    ]

    struct Standpoint: Sendable, CustomStringConvertible {
        var state: PaymentAttempt.State
        var status: OrderState.Status
        /// The attempt that claimed the order: this one is 1.
        var claimed: Int?
        var description: String { "\(state), order \(status.rawValue)\(claimed.map { "(\($0))" } ?? "")" }

        static let all: [Standpoint] = PaymentAttempt.State.allCases.flatMap { state in
            OrderState.Status.allCases.flatMap { status -> [Standpoint] in
                switch status {
                case .awaitingPayment, .cancelled: [Standpoint(state: state, status: status)]
                case .confirmed, .complete, .refunded:
                    [1, 2].map { Standpoint(state: state, status: status, claimed: $0) }
                }
            }
        }
    }

    @Test(arguments: Standpoint.all)
    func neverTheWrongStep(from standpoint: Standpoint) {
        for sight in Self.sights {
            var file = Samples.file(standpoint.status, claimed: standpoint.claimed, [standpoint.state])
            file.observe(1, sight.seen, now: Samples.now)
            let attempt = file.attempts[0]
            let isAsked =
                sight.description.hasPrefix("authorised") && !sight.description.contains(", o")
                && !sight.description.contains("less")
            let isClaimed = standpoint.claimed == 1 && [.confirmed, .complete].contains(standpoint.status)
            let what = Comment(rawValue: "\(standpoint), \(sight)")

            if standpoint.state.isFinal {
                #expect(file.pending.isEmpty && file.told.isEmpty && attempt.state == standpoint.state, what)
                continue
            }
            // Taken only what was asked, for an order that this attempt has claimed.
            if file.pending.contains(.capture) {
                #expect(isAsked && isClaimed && standpoint.state != .closing, what)
            }
            if file.told.contains(.failed) { #expect(!sight.isAlive, what) }
            if attempt.state.isFinal { #expect(!sight.isAlive, what) }
            if !sight.isAlive { #expect(attempt.state.isFinal, what) }
            if file.told.contains(.charged) {
                #expect(["captured", "refunded in part"].contains(sight.description) && isClaimed, what)
            }
            // Money that is not as asked, or that no living order wants, is on its way back.
            if sight.description.hasPrefix("authorised") {
                let isKept =
                    isAsked && standpoint.state != .closing && standpoint.state != .refunding
                    && (isClaimed || standpoint.status == .awaitingPayment)
                #expect(file.pending == (isKept ? isClaimed ? [.capture] : [] : [.cancelIntent]), what)
                #expect(isKept || attempt.state == .closing, what)
            }
            if sight.description == "captured, less" { #expect(file.pending == [.refund], what) }
            if sight.description == "captured" || sight.description == "refunded in part" {
                let isKept =
                    standpoint.state != .closing && standpoint.state != .refunding
                    && (isClaimed || standpoint.status == .awaitingPayment)
                #expect(file.pending == (isKept ? [] : [.refund]), what)
            }
            // Nothing is left to chance: a call is due, or a look, or it is over.
            #expect(
                attempt.state.isFinal || attempt.state == .captured || !file.pending.isEmpty || attempt.lookAt != nil,
                what)
            #expect(file.pending.count <= 1, what)
        }
    }

    @Test func whatHasBegunToCloseIsNotTakenUpAgain() {
        for status in [OrderState.Status.awaitingPayment, .confirmed] {
            var file = Samples.file(status, claimed: status == .confirmed ? 1 : nil, [.closing])
            file.observe(
                1, SeenPayment(session: Samples.session(.complete), intent: Samples.intent(.requiresCapture)),
                now: Samples.now)
            #expect(file.pending == [.cancelIntent])
            #expect(file.told.isEmpty)
        }
    }

    @Test func looksComeLessAndLessOften() throws {
        var file = Samples.file(.awaitingPayment, [.open])
        var waits: [Duration] = []
        for _ in 0..<6 {
            file.observe(1, SeenPayment(session: Samples.session(.open), intent: nil), now: Samples.now)
            waits.append(try #require(file.attempts[0].lookAt) - Samples.now)
        }
        #expect(waits == [30, 60, 120, 240, 300, 300].map { .seconds($0) })
    }
}
