import Marketplace
import PostgresClient

/// The columns of fees in the tables of listings, of their copies and of orders.
extension UnitPricing {
    static let columns: SQL = "buyer_fee, seller_fee, tax, fee_version, policy_version, face_value"

    static let assignments: SQL = """
        buyer_fee = new.buyer_fee, seller_fee = new.seller_fee, tax = new.tax, fee_version = new.fee_version, \
        policy_version = new.policy_version, face_value = new.face_value
        """

    /// The price that a buyer pays for one ticket, as in the indexes.
    static let allIn: SQL = "(price + coalesce(buyer_fee, 0) + coalesce(tax, 0))"

    /// The columns of several rows.
    static func arrays(_ all: [UnitPricing?]) -> SQL {
        """
        unnest(\(all.map { $0?.buyerFee })), unnest(\(all.map { $0?.sellerFee })), unnest(\(all.map { $0?.tax })), \
        unnest(\(all.map { $0?.feeVersion })), unnest(\(all.map { $0?.policyVersion })), \
        unnest(\(all.map { $0?.faceValue }))
        """
    }

    /// Returns nil if the row has no fees.
    init?(row: PostgresRow) throws {
        guard let buyerFee = try row.decode("buyer_fee", as: Int64?.self) else { return nil }
        self.init(
            buyerFee: buyerFee, sellerFee: try row.decode("seller_fee", as: Int64?.self) ?? 0,
            tax: try row.decode("tax", as: Int64?.self) ?? 0,
            feeVersion: try row.decode("fee_version", as: Int64?.self),
            policyVersion: try row.decode("policy_version", as: Int64?.self),
            faceValue: try row.decode("face_value", as: Int64?.self))
    }
}
