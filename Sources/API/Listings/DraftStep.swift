import Marketplace

/// A step in which a seller lists tickets for a performance of the catalogue.
enum DraftStep: String, CaseIterable, Sendable {
    case tickets, price, review

    var name: String {
        switch self {
        case .tickets: "Tickets"
        case .price: "Price"
        case .review: "Check"
        }
    }

    /// The title of the page.
    ///
    /// - Parameter isNew: true if the draft is not saved yet.
    func title(isNew: Bool) -> String {
        let number = (Self.allCases.firstIndex(of: self) ?? 0) + 1
        return isNew ? "Sell tickets" : "Sell tickets, step \(number) of \(Self.allCases.count)"
    }

    func path(of draft: DraftID) -> String { "/sell/\(draft)/\(rawValue)" }

    /// Values of the template `steps`. Steps that can be opened are links: those before this one, and those whose
    /// values the draft has.
    func links(of draft: DraftID?, hasPrice: Bool) -> [View] {
        Self.allCases.enumerated().map { index, step in
            let isOpen = step == .tickets || step == .price || hasPrice
            return [
                "number": "\(index + 1)", "name": step.name, "isCurrent": step == self,
                "path": step == self || !isOpen ? nil : draft.map { step.path(of: $0) },
            ]
        }
    }
}
