package import FoundationEssentials
import Logging
package import Marketplace
import PostgresClient
package import Storage
import Stripe

extension PayableOrder: FactCopy {
    package var factID: UUID { id.uuid }
}

extension CopyTable where Copy == PayableOrder {
    /// The payments service's copies of orders.
    package static var payableOrders: CopyTable {
        CopyTable(
            follower: .payments, table: "payments.orders", columns: PayableOrder.columns,
            make: { try PayableOrder(row: $0) })
    }
}

extension PaymentsHandler {
    /// A handler for repairs of copies.
    ///
    /// Return URLs matter only to new checkout pages, and no repair opens one. The workers make the calls that become
    /// due, and the API finds replies in the inbox.
    static var forRepair: PaymentsHandler {
        let logger = Logger(label: "gittix") { _ in SwiftLogNoOpLogHandler() }
        return PaymentsHandler(
            PaymentsDependencies(
                store: PaymentsStore(times: PaymentTimes()), requests: StripeRequestBuilder(publicURL: ""),
                replies: PaymentReplies(post: { _ in }, logger: logger), leaseDuration: .zero))
    }
}

/// The payments service's copies of orders, for the doctor.
struct PayableOrders: CopyDeclaration {
    let facts = ServiceFacts<OrderState>.orders
    let copies = CopyTable<PayableOrder>.payableOrders

    func isCopy(_ copy: PayableOrder, of state: OrderState) -> Bool { copy.isCopy(of: state) }

    func isClosed(_ copy: PayableOrder) -> Bool { copy.isClosed }

    func close(_ copy: PayableOrder, at now: Timestamp, by decider: DirectDecider) async throws {
        try await decider.decide(.order(copy.closed), by: PaymentsHandler.forRepair)
    }
}
