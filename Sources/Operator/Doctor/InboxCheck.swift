import Marketplace
import Storage

/// Finds commands that were accepted and will get no reply.
struct InboxCheck: Check {
    let service: ServiceName
    let inbox: InboxRepair
    let context: OperatorContext
    /// Maximum time that a command may wait for its reply. A worker may be waiting for Stripe.
    var maxAge: Duration = .seconds(600)

    func scan() async throws -> [Finding] {
        try await inbox.unanswered(before: context.now(of: service) - maxAge, limit: Self.limit).map { id, type in
            Finding(
                kind: .commandUnanswered, service: service, subject: CommandID(id).description,
                problem: "is a \(type) that was accepted and has no reply")
        }
    }

    func repair(_ finding: Finding) async throws -> RepairResult {
        guard let id = CommandID(finding.subject) else { return .resolved }
        let refusal = Refusal(
            .conflict, "The request was interrupted. Check whether it took effect, and try again if not.")
        guard try await inbox.answer(id.uuid, with: refusal) else { return .resolved }
        return .repaired("its reply is now a refusal that asks the sender to try again")
    }
}
