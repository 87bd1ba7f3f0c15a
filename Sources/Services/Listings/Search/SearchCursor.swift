public import FoundationEssentials
import Marketplace

/// The sort key of the last result of a page.
public struct SearchCursor: Hashable, Sendable {
    /// The sorted value: microseconds since 1970, or minor units. The largest number means no time.
    public var number: Int64
    public var id: UUID
    /// True if the results are the nearest matches of a search that found nothing. The next page then continues with
    /// them.
    public var isSimilar: Bool

    public init(number: Int64, id: UUID, isSimilar: Bool) {
        self.number = number
        self.id = id
        self.isSimilar = isSimilar
    }

    init(_ state: ListingState, in sort: ListingSearch.Sort, isSimilar: Bool) {
        let number =
            switch sort {
            case .soonest: state.details.startsAt?.microseconds ?? .max
            case .cheapest, .dearest: state.allIn
            case .newest: state.createdAt.microseconds
            }
        self.init(number: number, id: state.id.uuid, isSimilar: isSimilar)
    }
}
