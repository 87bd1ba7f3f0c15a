import Logging
import Marketplace
import Streams

// If the rows of a subject, such as a listing, are damaged, every command about it fails, and each failure costs the
// batch some transactions. So after two failures, commands about the subject are refused for some minutes without being
// tried. From time to time, one command is tried, and a success ends the refusals. Suspects and events are never
// refused.
extension BatchProcessor {
    /// The time for which a subject's commands are refused after this number of failures.
    @Sendable static func refusalTime(failures: Int) -> Duration { failures < 2 ? .zero : .seconds(300) }

    struct SubjectAdmission {
        /// The indexes of the messages that run together.
        var admitted: [Int] = []
        /// The indexes of the messages that run alone, to find out whether their subject still fails.
        var trials: [Int] = []
        /// The results of the refused messages, and `nil` for the others.
        var refused: [MessageResult?]
    }

    /// Decides which messages run, or returns `nil` if all of them run together.
    func admission(of items: [Item]) -> SubjectAdmission? {
        guard !failedSubjects.isEmpty else { return nil }
        let now = clock()
        var admission = SubjectAdmission(refused: Array(repeating: nil, count: items.count))
        for (index, item) in items.enumerated() {
            guard !item.isSuspect,
                let subject = item.subjects.first(where: { failedSubjects.isHeldBack($0, at: now) })
            else {
                admission.admitted.append(index)
                continue
            }
            if failedSubjects.beginsTrial(of: subject, at: now) {
                admission.trials.append(index)
            } else {
                admission.refused[index] = .subjectRefused
            }
        }
        return admission.admitted.count == items.count ? nil : admission
    }

    /// Tries one message of a subject that failed. If it fails again, it is refused like the others.
    func trial(of item: Item, _ run: (Item) async throws -> MessageResult) async throws -> MessageResult {
        let result = try await run(item)
        if case .failed = result { return .subjectRefused }
        return result
    }

    func noteFailure(of item: Item) {
        for subject in item.subjects where failedSubjects.fail(subject, known: item.failures, at: clock()) {
            logger.error(
                "Commands about a subject keep failing; refusing them for a few minutes",
                metadata: ["subject": "\(subject)"])
        }
    }

    func noteSuccess(of items: [Item]) {
        guard !failedSubjects.isEmpty else { return }
        for subject in items.lazy.flatMap(\.subjects) { failedSubjects.succeed(subject) }
    }

    /// Returns the outcome of a refused command. Nothing is stored, and the sender may send it again.
    func subjectRefused(_ entry: StreamEntry) -> EntryOutcome {
        guard let (address, id) = entry.replyTo else {
            return .deferred(after: .seconds(30), reason: "subject refused")
        }
        let body = JSONBody.refusal(
            Refusal(.conflict, "This can't be handled at the moment. Try again in a few minutes."))
        return .done(replies: [ReplyMessage(to: address, Reply(id: id, outcome: .busy, body: body))])
    }
}
