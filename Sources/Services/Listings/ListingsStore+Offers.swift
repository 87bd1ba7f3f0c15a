import Marketplace
import PostgresClient

// The offers that count towards the limits on new sellers. The sellers are locked first, so that no other transaction
// changes their offers.
extension ListingsStore {
    /// Reads the offers of the sellers of new and changed listings. For each seller, it reads only as many listings as
    /// are needed to exceed the limits, even if the batch withdraws all listings that it refers to. The conditions
    /// match the indexes `tickets_on_sale_of_seller` and `tickets_sold_of_seller`.
    func offers(of sellers: Set<UserID>, batchListings: Int) -> SQL? {
        guard let counted = limits.countedListings, !sellers.isEmpty else { return nil }
        return """
            SELECT seller.id, on_sale.listings, on_sale.units,
                (SELECT count(*) FROM (
                    SELECT FROM tickets.tickets WHERE seller_id = seller.id LIMIT \(limits.created ?? 0)
                ) AS own) AS created,
                EXISTS (SELECT FROM tickets.tickets WHERE seller_id = seller.id AND sold > 0) AS has_sold
            FROM unnest(\(sellers.sorted())) AS seller (id)
            CROSS JOIN LATERAL (
                SELECT count(*) AS listings, coalesce(sum(quantity), 0) AS units FROM (
                    SELECT quantity FROM tickets.tickets WHERE seller_id = seller.id AND withdrawn IS NOT TRUE
                    LIMIT \(counted + batchListings)
                ) AS listing
            ) AS on_sale
            """
    }

    func offers(in rows: PostgresRows) throws -> [UserID: SellerOffers] {
        var offers: [UserID: SellerOffers] = [:]
        for row in rows {
            let (seller, listings, units, created, hasSold) = try row.decode((UserID, Int, Int, Int, Bool).self)
            offers[seller] = SellerOffers(listings: listings, units: units, created: created, hasSold: hasSold)
        }
        return offers
    }
}
