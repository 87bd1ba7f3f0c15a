public import FoundationEssentials
import Marketplace

/// A place in what a search has found: the last entry that was given.
public struct SearchPlace: Hashable, Sendable {
    /// What the sort goes by: microseconds since 1970, or minor units. The largest number stands for no time.
    public var number: Int64
    public var id: UUID
    /// Whether what was found is only spelled like what was looked for: the pages that follow go on with that.
    public var isSimilar: Bool

    public init(number: Int64, id: UUID, isSimilar: Bool) {
        self.number = number
        self.id = id
        self.isSimilar = isSimilar
    }

    init(_ state: TicketState, in sort: TicketSearch.Sort, isSimilar: Bool) {
        let number =
            switch sort {
            case .soonest: state.details.startsAt?.microseconds ?? .max
            case .cheapest, .dearest: state.price
            case .newest: state.createdAt.microseconds
            }
        self.init(number: number, id: state.id.uuid, isSimilar: isSimilar)
    }
}
