import Marketplace

/// The names and the symbol of a category of events.
struct CategoryView: Sendable {
    /// The singular: `Concert`.
    let name: String
    /// The plural: `Concerts`.
    let plural: String
    /// The outline of the symbol, in a square of 24 units.
    private let outline: String

    /// A category that only a newer build knows looks like `other`.
    static func of(_ category: ShowCategory) -> CategoryView { all[category] ?? other }

    /// The symbol, on a background whose colour depends on the title.
    static func art(of category: ShowCategory, title: String) -> HTML {
        let sum = title.utf8.reduce(UInt32(7)) { ($0 &* 31) &+ UInt32($1) }
        return """
            <span class="art ground-\(String(sum % 8))" aria-hidden="true"><svg viewBox="0 0 24 24" fill="none" \
            stroke="currentColor" stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round">\
            <path d="\(of(category).outline)"/></svg></span>
            """
    }

    private static let other = CategoryView(
        name: "Event", plural: "More", outline: "M3 9V6h18v3a3 3 0 0 0 0 6v3H3v-3a3 3 0 0 0 0-6zM14 6v12")

    private static let all: [ShowCategory: CategoryView] = [
        .concert: CategoryView(
            name: "Concert", plural: "Concerts",
            outline: "M9 18V5l12-2v13M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0zm12-2a3 3 0 1 1-6 0 3 3 0 0 1 6 0z"),
        .festival: CategoryView(
            name: "Festival", plural: "Festivals", outline: "M12 2v4M12 3h5l-2 1.5L17 6h-5M3 21 12 6l9 15zM8 21l4-7 4 7"
        ),
        .classical: CategoryView(
            name: "Classical", plural: "Classical",
            outline: "M3 5h18v14H3zM7.5 5v8M12 5v8M16.5 5v8M6 13h3v6M10.5 13h3v6M15 13h3v6"),
        .theatre: CategoryView(
            name: "Theatre", plural: "Theatre",
            outline: "M4 4h16v7a8 8 0 0 1-16 0zM8 9h2M14 9h2M8.5 13.5a4 4 0 0 0 7 0"),
        .comedy: CategoryView(
            name: "Comedy", plural: "Comedy",
            outline: "M12 2a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V5a3 3 0 0 0-3-3zM5 10v1a7 7 0 0 0 14 0v-1M12 18v4M8 22h8"),
        .sport: CategoryView(
            name: "Sport", plural: "Sports",
            outline: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zM12 8l3.8 2.8-1.5 4.4H9.7l-1.5-4.4z"
                + "M12 2v6M2.5 9.5l5.7 1.3M6 20l3.7-4.8M18 20l-3.7-4.8M21.5 9.5l-5.7 1.3"),
        .family: CategoryView(
            name: "Family", plural: "Family",
            outline: "M12 2l3 6.5 7 .9-5.2 4.8 1.4 7-6.2-3.4-6.2 3.4 1.4-7L2 9.4l7-.9z"),
        .other: other,
    ]
}
