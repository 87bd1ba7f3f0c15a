import Marketplace

extension ShowDetails {
    /// The venue and the city: `Tempodrom, Berlin`.
    var place: String? {
        let parts = [venue, city].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The section and the row: `Parkett, row 4`.
    var seat: String? {
        let parts = [section, row.map { "row \($0)" }].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
