import Marketplace

/// Something that is not as it must be. Two looks that find the same find the same damage: word for word, but for kinds
/// of which one look tells for certain.
struct Finding: Sendable, Hashable {
    enum Weight: String, Sendable, Codable {
        case damage
        /// Worth knowing, and nothing is wrong: what waits for a pool that does not run.
        case note
    }

    var kind: Ailment
    var weight = Weight.damage
    /// Whose it is.
    var service: Service?
    /// What is damaged: an id, or what a group or a setting is called.
    var subject: String
    /// What is wrong, as the end of a sentence that begins with the subject.
    var what: String

    /// What two looks must agree on.
    var sameness: Finding {
        guard kind.isCertainAtOnce else { return self }
        var same = self
        same.what = ""
        return same
    }

    /// One line.
    var text: String {
        Readable.line([kind.rawValue, service?.rawValue, subject, what].compactMap(\.self).joined(separator: " · "))
    }
}

/// The kinds of damage, in the order in which they are mended: the streams before what they bring, facts before copies.
enum Ailment: String, Sendable, Codable, CaseIterable {
    case redisSettings = "redis-settings"
    case postgresSettings = "postgres-settings"
    case numbersBehind = "numbers-behind"
    case streamUnlikeOutbox = "stream-unlike-outbox"
    case streamHasHoles = "stream-has-holes"
    case lowWaterAhead = "low-water-ahead"
    case groupMissing = "group-missing"
    case groupAhead = "group-ahead"
    case putOffLost = "put-off-lost"
    case units
    case counts
    case copy
    case deadline
    case overdue
    case paymentIdle = "payment-idle"
    case paymentUntold = "payment-untold"
    case captureMissing = "capture-missing"
    case stripeStray = "stripe-stray"
    case commandUnanswered = "command-unanswered"
    case deadLetters = "dead-letters"
    case nobodyWorks = "nobody-works"

    /// Whether a look sees one moment, so that what it finds is never on its way. Its numbers may be others at the next
    /// look, beside a system at work, and it is damaged all the same.
    var isCertainAtOnce: Bool {
        switch self {
        case .units, .counts, .deadLetters, .nobodyWorks: true
        default: false
        }
    }
}

/// What became of a finding.
enum Treatment: Sendable, Hashable {
    /// What was done.
    case mended(String)
    /// By itself, since it was found.
    case healed
    /// What the operator has to do.
    case left(String)
}

/// Looks for one kind of damage, and mends it.
protocol Examination: Sendable {
    /// What is wrong now. What is on its way is not: where a look can't tell, the finding's words hold the versions or
    /// positions that would have moved until the next look.
    func look() async throws -> [Finding]

    /// Looks again, under lock where there is one, and mends. Done twice, the second does nothing.
    func mend(_ finding: Finding) async throws -> Treatment
}

extension Examination {
    /// The most findings of one look; when it finds as many, there may be more.
    static var limit: Int { 1000 }
}
