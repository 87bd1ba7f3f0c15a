import Marketplace
import PostgresClient
import Storage

// The seats of listings. The lock on a listing protects the rows of its seats. The index `seats_claimed_once` prevents
// two claims of one sale. Batches without seated listings run none of these statements.
extension ListingsStore {
    /// Finds the listings that claim the seats of other listings' paid orders, and adds their ids. So these listings
    /// are locked together with all other listings, in the order of their ids.
    func addRivals(of ids: inout ReferencedListingIDs, in transaction: PostgresTransaction) async throws {
        guard !ids.paidUnits.isEmpty else { return }
        let rows = try await transaction.query(
            """
            SELECT DISTINCT rival.ticket_id, tickets.seller_id
            FROM (
                SELECT unnest(\(ids.paidUnits.map(\.ticketId))), unnest(\(ids.paidUnits.map { Int32($0.unit) }))
            ) AS paid (ticket_id, unit)
            JOIN tickets.seats AS own ON own.ticket_id = paid.ticket_id AND own.unit = paid.unit AND NOT own.claimed
            JOIN tickets.seats AS rival ON rival.claimed AND rival.performance_id = own.performance_id
                AND rival.seat_key = own.seat_key AND rival.sale = own.sale
            JOIN tickets.tickets ON tickets.id = rival.ticket_id
            """)
        for row in rows {
            let (listing, seller) = try row.decode((ListingID, UserID).self)
            ids.listings.insert(listing)
            ids.sellers.insert(seller)
            ids.users.insert(seller)
        }
    }

    /// Reads the seats of the loaded listings. Also reads the claims of other listings to the places of these seats,
    /// and to the places of the seats of new listings.
    func seats(
        of listings: [Listing], _ ids: ReferencedListingIDs, _ performances: [PerformanceCopy],
        in transaction: PostgresTransaction
    ) async throws -> SeatClaims {
        let seated = listings.filter { $0.free != nil }
        guard !seated.isEmpty || !ids.newSeats.isEmpty else { return SeatClaims() }
        var seats: [ListedSeat] = []
        if !seated.isEmpty {
            seats = try await transaction.query(
                """
                \(ListedSeat.select) WHERE seats.ticket_id = ANY(\(seated.map(\.state.id).sorted()))
                ORDER BY seats.ticket_id, seats.unit
                """
            ).map(ListedSeat.init(row:))
        }
        // The place of each seat, and the place to which a merge may move it. A new seat has no sale yet.
        let winners = Dictionary(
            performances.compactMap { copy in copy.mergedInto.map { (copy.id, $0) } }, uniquingKeysWith: { $1 })
        var wanted = Set(ids.newSeats.map { SeatSale.ID(place: $0, sale: 0) })
        for seat in seats {
            wanted.insert(seat.saleID)
            if let winner = winners[seat.performanceId] {
                wanted.insert(
                    SeatSale.ID(place: SeatPlace(performanceId: winner, key: seat.key), sale: seat.sale))
            }
        }
        return SeatClaims(seats: seats, claims: try await claims(of: Array(wanted), in: transaction))
    }

    /// Reads the claims to these sales and to the sales after them, and the last claims to their places. Decisions
    /// depend on no other claims, because all earlier claims belong to completed orders. A seat has many claims only if
    /// it was resold many times.
    private func claims(
        of sales: [SeatSale.ID], in transaction: PostgresTransaction
    ) async throws -> [ListedSeat] {
        guard !sales.isEmpty else { return [] }
        let atPlace: SQL = """
            \(ListedSeat.select) WHERE seats.claimed AND seats.performance_id = wanted.performance_id AND seats.seat_key = wanted.seat_key
            """
        return try await transaction.query(
            """
            SELECT claim.* FROM (
                SELECT
                    unnest(\(sales.map(\.place.performanceId))), unnest(\(sales.map(\.place.key.text))),
                    unnest(\(sales.map { Int32($0.sale) }))
            ) AS wanted (performance_id, seat_key, number)
            CROSS JOIN LATERAL (
                (\(atPlace) ORDER BY seats.sale DESC LIMIT \(Self.claimsOfSeat))
                UNION ALL
                (\(atPlace) AND seats.sale BETWEEN wanted.number - 1 AND wanted.number + 1)
            ) AS claim
            """
        ).map(ListedSeat.init(row:))
    }

    /// Maximum number of a place's last claims that are read.
    private static let claimsOfSeat: Int64 = 4

    /// Returns the statements that store the seats. They end claims before they add new ones, because the index allows
    /// only one claim.
    func changes(of state: SeatClaims) -> [SQL] {
        let updated = state.updated
        return [update(updated.filter { !$0.claimed }), update(updated.filter(\.claimed)), insert(state.inserted)]
            .compactMap(\.self) + claim(state.unclaimed)
    }

    /// Returns the statements that give unclaimed sales to listings whose paid orders have them. Otherwise anyone could
    /// list a sold seat. The first statement locks these listings. If that causes a deadlock, the batch is repeated.
    private func claim(_ sales: [SeatSale.ID]) -> [SQL] {
        guard !sales.isEmpty else { return [] }
        let paid: SQL = """
            SELECT DISTINCT ON (seats.performance_id, seats.seat_key, seats.sale) seats.ticket_id, seats.unit
            FROM (
                SELECT
                    unnest(\(sales.map(\.place.performanceId))), unnest(\(sales.map(\.place.key.text))),
                    unnest(\(sales.map { Int32($0.sale) }))
            ) AS ended (performance_id, seat_key, sale)
            JOIN tickets.seats USING (performance_id, seat_key, sale)
            WHERE NOT seats.claimed AND seats.order_ids <> '{}'
                AND EXISTS (
                    SELECT FROM tickets.orders
                    WHERE order_id = ANY(seats.order_ids) AND status NOT IN ('awaiting_payment', 'cancelled')
                )
                AND NOT EXISTS (
                    SELECT FROM tickets.seats AS rival
                    WHERE rival.claimed AND rival.performance_id = seats.performance_id
                        AND rival.seat_key = seats.seat_key AND rival.sale = seats.sale
                )
            ORDER BY seats.performance_id, seats.seat_key, seats.sale, seats.ticket_id
            """
        return [
            "SELECT FROM tickets.tickets WHERE id IN (SELECT ticket_id FROM (\(paid)) AS paid) ORDER BY id FOR UPDATE",
            """
            UPDATE tickets.seats SET claimed = true FROM (\(paid)) AS paid
            WHERE seats.ticket_id = paid.ticket_id AND seats.unit = paid.unit
            """,
        ]
    }

    private func insert(_ seats: [ListedSeat]) -> SQL? {
        guard !seats.isEmpty else { return nil }
        return """
            INSERT INTO tickets.seats (\(ListedSeat.columns))
            SELECT
                unnest(\(seats.map(\.ticketId))), unnest(\(seats.map { Int16($0.unit) })),
                unnest(\(seats.map(\.performanceId))), unnest(\(seats.map(\.key.text))),
                unnest(\(seats.map(\.name))), unnest(\(seats.map { Int32($0.sale) })),
                unnest(\(seats.map(\.claimed))), unnest(\(seats.map(\.holder))),
                unnest(\(seats.map { ArrayText.of($0.orders) }))::uuid[]
            """
    }

    private func update(_ seats: [ListedSeat]) -> SQL? {
        guard !seats.isEmpty else { return nil }
        return """
            UPDATE tickets.seats SET performance_id = new.performance_id, claimed = new.claimed, holder = new.holder,
                order_ids = new.order_ids
            FROM (
                SELECT
                    unnest(\(seats.map(\.ticketId))), unnest(\(seats.map { Int16($0.unit) })),
                    unnest(\(seats.map(\.performanceId))), unnest(\(seats.map(\.claimed))),
                    unnest(\(seats.map(\.holder))), unnest(\(seats.map { ArrayText.of($0.orders) }))::uuid[]
            ) AS new (ticket_id, unit, performance_id, claimed, holder, order_ids)
            WHERE seats.ticket_id = new.ticket_id AND seats.unit = new.unit
            """
    }
}

extension ListedSeat {
    static let columns: SQL =
        "ticket_id, unit, performance_id, seat_key, name, sale, claimed, holder, order_ids"

    /// Selects seats, with the facts from their listings and orders that decisions need.
    static let select: SQL = """
        SELECT
            seats.ticket_id, seats.unit, seats.performance_id, seats.seat_key, seats.name, seats.sale, seats.claimed,
            seats.holder, seats.order_ids, listing.seller_id,
            listing.taken_down_reason IS NOT DISTINCT FROM \(TakeDown.Reason.scam.rawValue) AS is_scam,
            EXISTS (
                SELECT FROM tickets.orders WHERE order_id = ANY(seats.order_ids) AND status = 'refunded'
            ) AS is_refunded
        FROM tickets.seats JOIN tickets.tickets AS listing ON listing.id = seats.ticket_id
        """

    init(row: PostgresRow) throws {
        self.init(
            ticketId: try row.decode("ticket_id", as: ListingID.self),
            sellerId: try row.decode("seller_id", as: UserID.self), unit: try row.decode("unit", as: Int.self),
            performanceId: try row.decode("performance_id", as: PerformanceID.self),
            key: SeatKey(stored: try row.decode("seat_key", as: String.self)),
            name: try row.decode("name", as: String.self), sale: try row.decode("sale", as: Int.self),
            claimed: try row.decode("claimed", as: Bool.self),
            orders: Set(try row.decode("order_ids", as: [OrderID].self)),
            holder: try row.decode("holder", as: UserID?.self),
            isRefunded: try row.decode("is_refunded", as: Bool.self), isScam: try row.decode("is_scam", as: Bool.self))
    }
}

extension Listing {
    var storedFree: Int64? { free.map(Int64.init(bitPattern:)) }
}

/// The column `free_mask` in an update. A batch without seats does not write it.
struct FreeMask {
    var assignment: SQL = ""
    var array: SQL = ""
    var column: SQL = ""

    init(_ listings: [Listing]) {
        guard listings.contains(where: { $0.free != nil }) else { return }
        assignment = ", free_mask = new.free_mask"
        array = ", unnest(\(listings.map(\.storedFree)))"
        column = ", free_mask"
    }
}

/// The columns `units` and `user_id` of orders. A batch without seats does not write them.
struct OrderedUnits {
    var columns: SQL = ""
    var arrays: SQL = ""
    var assignments: SQL = ""

    init(_ orders: [CountedOrder]) {
        guard orders.contains(where: { $0.units != nil }) else { return }
        columns = ", units, user_id"
        arrays = """
            , unnest(\(orders.map { $0.units.map(ArrayText.of) }))::integer[], unnest(\(orders.map(\.userId)))
            """
        assignments = ", units = new.units, user_id = new.user_id"
    }
}
