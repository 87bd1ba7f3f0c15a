/// One page of a list, with the newest objects first.
///
/// https://docs.stripe.com/api/pagination
public struct StripeList<Element: Decodable & Sendable>: Sendable, Decodable {
    public var data: [Element]
    public var hasMore: Bool

    private enum CodingKeys: String, CodingKey {
        case data
        case hasMore = "has_more"
    }
}

extension StripeList: Equatable where Element: Equatable {}
