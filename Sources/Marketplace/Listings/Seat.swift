/// A seat of a listing. The unit i of the listing is the i-th seat of its row.
public struct Seat: Codable, Hashable, Sendable {
    /// The seat's number, as it is printed on the ticket.
    public var name: String
    /// The number of the seat's seller: 1 for the first one, and one more each time that the seat is listed again after
    /// a sale.
    public var sale: Int

    public init(name: String, sale: Int) {
        self.name = name
        self.sale = sale
    }

    /// Maximum number of seats in a listing, so that the units fit into one 64-bit mask.
    public static let limit = 64
    /// Maximum length of a name, in Unicode scalars.
    public static let nameLimit = 10
}
