import Marketplace

extension OrdersStore {
    /// What the messages of a batch name.
    struct Named {
        var users: Set<UserID> = []
        /// Users whose state is told: their copies change.
        var toldUsers: Set<UserID> = []
        var bannedUsers: Set<UserID> = []
        var tickets: Set<TicketID> = []
        var orders: Set<OrderID> = []
        /// The ids of the orders to be made. A key used again after its inbox row has gone makes the same id again.
        var newOrders: Set<OrderID> = []
        /// How many units of each ticket are asked for.
        var wanted: [TicketID: Int] = [:]

        init(_ messages: [Message<OrdersCommand, OrdersEvent>]) {
            for message in messages {
                switch message {
                case .command(let head, .createOrder(let command)):
                    if let buyer = head.actor.userID { users.insert(buyer) }
                    tickets.insert(command.ticketId)
                    newOrders.insert(OrderID(head.id.uuid))
                    let units = max(0, min(command.quantity, OrderState.quantityLimit))
                    wanted[command.ticketId, default: 0] += units
                case .command(_, .cancelOrder(let command)): orders.insert(command.orderId)
                case .event(_, .user(let user)):
                    users.insert(user.id)
                    toldUsers.insert(user.id)
                    if user.status == .banned { bannedUsers.insert(user.id) }
                case .event(_, .ticket(let ticket)): tickets.insert(ticket.id)
                case .event(_, .expired(let expiry)): orders.insert(expiry.orderId)
                case .event(_, .payment(let payment)): orders.insert(payment.orderId)
                }
            }
        }
    }
}
