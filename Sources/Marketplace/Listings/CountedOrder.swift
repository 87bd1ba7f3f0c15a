/// The listings service's copy of an order: enough to count its units exactly once. It is decoded from the order's
/// events, and needs only these members.
public struct CountedOrder: Hashable, Sendable {
    public var orderId: OrderID
    public var ticketId: ListingID
    public var quantity: Int
    public var status: OrderState.Status
    public var version: Int64
    /// The units of the order, in ascending order, if the listing has seats. Nil for other listings.
    public var units: [Int]?
    /// The buyer, if the order has ``units``.
    public var userId: UserID?

    public init(
        orderId: OrderID, ticketId: ListingID, quantity: Int, status: OrderState.Status, version: Int64,
        units: [Int]? = nil, userId: UserID? = nil
    ) {
        self.orderId = orderId
        self.ticketId = ticketId
        self.quantity = quantity
        self.status = status
        self.version = version
        self.units = units
        self.userId = userId
    }

    public init(_ order: OrderState) {
        self.init(
            orderId: order.id, ticketId: order.ticketId, countedUnits: order.quantity, status: order.status,
            version: order.version, units: order.units, userId: order.userId)
    }

    /// Clamps the units, so that a hand-written event cannot make a sum overflow.
    private init(
        orderId: OrderID, ticketId: ListingID, countedUnits: Int, status: OrderState.Status, version: Int64,
        units: [Int]?, userId: UserID?
    ) {
        self.init(
            orderId: orderId, ticketId: ticketId, quantity: min(max(countedUnits, 0), OrderState.quantityLimit),
            status: status, version: version,
            units: units.map { units in
                Array(Set(units.prefix(OrderState.quantityLimit)).filter((1...Seat.limit).contains).sorted())
            },
            userId: units == nil ? nil : userId)
    }

    var held: Int { status == .awaitingPayment || status == .confirmed ? quantity : 0 }
    /// True if the order's payment is being captured, is complete, or was refunded.
    var isPaid: Bool { status == .confirmed || sold > 0 }
    var sold: Int { status == .complete || status == .refunded ? quantity : 0 }
}

extension CountedOrder {
    /// True if the copy is equal to a new copy of the state.
    public func isCopy(of state: OrderState) -> Bool { self == CountedOrder(state) }

    /// True if the order is already cancelled, as in ``closed``.
    public var isClosed: Bool { status == .cancelled }

    /// The final state for an order that the orders service no longer knows (after a restore): cancelled. Applied as an
    /// event, it releases the order's units as usual.
    public var closed: CountedOrder {
        var order = self
        order.status = .cancelled
        order.version += 1
        return order
    }
}

extension CountedOrder: Decodable {
    /// The members of an order's events: see ``OrderState``.
    private enum CodingKeys: String, CodingKey {
        case orderId = "id"
        case ticketId, quantity, status, version, units, userId
    }

    public init(from decoder: any Decoder) throws {
        let order = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            orderId: try order.decode(OrderID.self, forKey: .orderId),
            ticketId: try order.decode(ListingID.self, forKey: .ticketId),
            countedUnits: try order.decode(Int.self, forKey: .quantity),
            status: try order.decode(OrderState.Status.self, forKey: .status),
            version: try order.decode(Int64.self, forKey: .version),
            units: try order.decodeIfPresent([Int].self, forKey: .units),
            userId: try order.decodeIfPresent(UserID.self, forKey: .userId))
    }
}
