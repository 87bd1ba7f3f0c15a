import Logging
import Marketplace
import PostgresClient
import Storage
import Streams

/// Replies to the commands that waited for a checkout page.
struct PaymentReplies: Sendable {
    /// Sends replies. A failure does no harm, because the inbox has the replies too.
    let post: @Sendable ([ReplyMessage]) async throws -> Void
    let logger: Logger

    /// Returns the statements that store replies in the inbox, for the transaction that decided them.
    static func storeSQL(_ replies: [PaymentReply], in inbox: Inbox) -> [SQL] {
        guard !replies.isEmpty else { return [] }
        return [
            inbox.storeSQL(
                replies.map { reply in
                    InboxReply(
                        id: reply.waiter.command.uuid, outcome: reply.isRefusal ? .refused : .done,
                        reply: reply.body)
                })
        ]
    }

    /// Sends replies, after the COMMIT.
    func send(_ replies: [PaymentReply]) async {
        let messages = replies.compactMap { reply in
            ReplyAddress(reply.waiter.reply).map { address in
                ReplyMessage(
                    to: address,
                    Reply(id: reply.waiter.command, outcome: reply.isRefusal ? .refused : .done, body: reply.body))
            }
        }
        guard !messages.isEmpty else { return }
        do {
            try await post(messages)
        } catch {
            logger.notice("Could not send replies; the inbox has them", metadata: ["error": "\(error)"])
        }
    }
}

extension PaymentReply {
    fileprivate var isRefusal: Bool { if case .failure = result { true } else { false } }

    fileprivate var body: [UInt8] {
        switch result {
        // Encoding two strings cannot fail.
        case .success(let checkout): (try? JSONBody.encode(checkout)) ?? Array("{}".utf8)
        case .failure(let refusal): JSONBody.refusal(refusal)
        }
    }
}
