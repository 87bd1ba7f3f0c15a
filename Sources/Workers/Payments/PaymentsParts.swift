import Marketplace
import PostgresClient
import Storage
import Stripe

/// What the two halves of the payments pool share: the one that decides, and the one that asks Stripe.
struct PaymentsParts: Sendable {
    let store: PaymentsStore
    let storage = ServiceStorage(service: .payments)
    let requests: StripeRequests
    let replies: PaymentReplies
    /// How long what was leased stays ours without being renewed, which happens three times as often: so long after a
    /// worker is killed another one asks again.
    var lease: Duration = .seconds(10)
    /// What is leased, for the runner.
    let work = StripeWork()

    /// What was decided, with the replies, for the transaction that decided it.
    func changes(of files: [PaymentFile], now: Timestamp) -> [SQL] {
        store.changes(of: files, now: now, until: now + lease, writing: requests.json)
            + PaymentReplies.stored(files.flatMap(\.answers), in: storage.inbox)
    }

    /// What follows from it once it is committed.
    func follow(_ files: [PaymentFile], now: Timestamp) async {
        work.add(
            files.flatMap { file -> [StripeWork.Item] in
                let (call, look) = file.leased(at: now, writing: requests.json)
                return [call.map(StripeWork.Item.call), look.map(StripeWork.Item.look)].compactMap(\.self)
            })
        if files.contains(where: { $0.lease == nil && $0.isDue(at: now) }) { work.noteDue() }
        await replies.send(files.flatMap(\.answers))
    }
}
