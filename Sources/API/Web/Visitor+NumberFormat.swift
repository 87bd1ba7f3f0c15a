import Foundation

extension Visitor {
    /// A number in the visitor's format: `1.234`.
    func number(_ value: Int) -> String {
        formatted(.number(value)) { value.formatted(.number.locale(Locale(identifier: locale))) }
    }

    /// The separators in amounts that the visitor types: those of the most likely language of the visitor's region. For
    /// `en_FR`, these are the separators of `fr_FR`.
    var separators: TypedAmount.Separators {
        Self.separators.product(locale) {
            let region = Locale(identifier: locale).region?.identifier ?? "001"
            let local = Locale(identifier: Locale.Language(identifier: "und_\(region)").maximalIdentifier)
            return TypedAmount.Separators(
                decimal: local.decimalSeparator?.first ?? ".", grouping: local.groupingSeparator?.first ?? ",")
        }
    }

    private static let separators = MemoCache<String, Never?, TypedAmount.Separators>(limit: 512)
}
