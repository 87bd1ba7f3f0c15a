import Marketplace
import Storage

/// Commands that were taken in and that nobody will answer.
struct InboxExamination: Examination {
    let service: Service
    let surgery: Surgery
    /// Whoever pays may be on Stripe's side of it for a while.
    var patience: Duration = .seconds(600)

    private var repair: InboxRepair {
        get throws { InboxRepair(service: service, pool: try surgery.pool(of: service)) }
    }

    func look() async throws -> [Finding] {
        try await repair.unanswered(before: surgery.now(of: service) - patience, limit: Self.limit).map { id, type in
            Finding(
                kind: .commandUnanswered, service: service, subject: CommandID(id).description,
                what: "a \(type) was taken in, and has no answer")
        }
    }

    func mend(_ finding: Finding) async throws -> Treatment {
        guard let id = CommandID(finding.subject) else { return .healed }
        let refusal = Refusal(.conflict, "The request was interrupted. Look whether it took effect, and ask again.")
        guard try await repair.answer(id.uuid, with: refusal) else { return .healed }
        return .mended("answered with a refusal that says to ask again")
    }
}
