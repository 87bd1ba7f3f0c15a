import Marketplace

/// The choice of a split rule in the form of a listing, and the texts about split rules.
enum SplitChoice {
    private static let custom = "custom"

    static let all = [
        Field.Choice(value: "any", text: "Any number"),
        Field.Choice(value: "pairs", text: "In pairs: 2, 4, 6 …"),
        Field.Choice(value: "no_single", text: "Never leave one behind"),
        Field.Choice(value: "all_together", text: "All together, to one buyer"),
        Field.Choice(value: custom, text: "Only these numbers"),
    ]

    /// The form's values for a rule.
    static func values(of rule: SplitRule?) -> [String: String] {
        guard case .custom(let set) = rule else {
            return ["splitRule": (rule ?? .any).rawValue, ListingForm.splitQuantities: ""]
        }
        let numbers = set.quantities.map(String.init).joined(separator: ", ")
        return ["splitRule": custom, ListingForm.splitQuantities: numbers]
    }

    /// The chosen rule, or `nil` if the choice is invalid. A form of an earlier version has no rule, so any number may
    /// be bought.
    static func rule(_ form: inout FormFields) -> SplitRule? {
        let choice = form["splitRule"]
        if choice.isEmpty { return .any }
        guard choice == custom else {
            let rule = all.contains { $0.value == choice } ? SplitRule(rawValue: choice) : nil
            if rule == nil { form.fail("splitRule", "Choose how buyers may split them.") }
            return rule
        }
        let typed = form[ListingForm.splitQuantities]
        let words = typed.utf8.count <= 1000 ? typed.split { $0 == "," || $0.isWhitespace } : []
        let numbers = words.prefix(QuantitySet.limit + 1).map { Int($0) ?? 0 }
        guard !numbers.isEmpty, numbers.count <= QuantitySet.limit,
            numbers.allSatisfy((1...QuantitySet.limit).contains)
        else {
            form.fail(
                ListingForm.splitQuantities,
                "Enter the numbers that one buyer may get, from 1 to \(QuantitySet.limit): for example 2, 4.")
            return nil
        }
        return .custom(QuantitySet(numbers))
    }

    /// The rule in words for buyers, or `nil` if any number can be bought.
    static func text(of rule: SplitRule?) -> String? {
        switch rule {
        case nil, .any: nil
        case .pairs: "Only in pairs"
        case .noSingle: "In any number that leaves no single ticket"
        case .allTogether: "Only all together"
        case .custom(let set): "Only in quantities of \(set.text)"
        }
    }

    /// The field for choosing one of the quantities that a split rule allows.
    static func quantities(_ quantities: [Int], _ visitor: Visitor) -> Field.Control {
        .select(
            quantities.map {
                Field.Choice(value: String($0), text: $0 == 1 ? "1 ticket" : "\(visitor.number($0)) tickets")
            })
    }

    /// The quantity that is nearest to the requested one: the next larger quantity, or the largest.
    static func nearest(to asked: Int, in quantities: [Int]) -> Int? {
        quantities.first { $0 >= asked } ?? quantities.last
    }
}
