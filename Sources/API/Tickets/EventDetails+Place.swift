import Marketplace

extension EventDetails {
    /// `Tempodrom, Berlin`
    var place: String? {
        let parts = [venue, city].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
