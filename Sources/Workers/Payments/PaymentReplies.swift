import Logging
import Marketplace
import PostgresClient
import Storage
import Streams

/// Answers the commands that waited for a page to pay at.
struct PaymentReplies: Sendable {
    /// Sends to whoever still waits. It may fail: the inbox has the reply.
    let post: @Sendable ([ReplyMessage]) async throws -> Void
    let logger: Logger

    /// As the inbox keeps it, in the transaction that decided.
    static func stored(_ answers: [PaymentAnswer], in inbox: Inbox) -> [SQL] {
        guard !answers.isEmpty else { return [] }
        return [
            inbox.storeSQL(
                answers.map { answer in
                    InboxReply(
                        id: answer.waiter.command.uuid, outcome: answer.isRefusal ? .refused : .done,
                        reply: answer.body)
                })
        ]
    }

    /// After the COMMIT.
    func send(_ answers: [PaymentAnswer]) async {
        let messages = answers.compactMap { answer in
            ReplyAddress(answer.waiter.reply).map { address in
                ReplyMessage(
                    to: address,
                    Reply(id: answer.waiter.command, outcome: answer.isRefusal ? .refused : .done, body: answer.body))
            }
        }
        guard !messages.isEmpty else { return }
        do {
            try await post(messages)
        } catch {
            logger.notice("Replies were not sent: they are in the inbox.", metadata: ["error": "\(error)"])
        }
    }
}

extension PaymentAnswer {
    fileprivate var isRefusal: Bool { if case .failure = outcome { true } else { false } }

    fileprivate var body: [UInt8] {
        switch outcome {
        // Two strings, which JSON can always hold.
        case .success(let checkout): (try? JSONBody.encode(checkout)) ?? Array("{}".utf8)
        case .failure(let refusal): JSONBody.refusal(refusal)
        }
    }
}
