/// The kind of a show, such as a concert. Only people read it, so a category from a newer build is kept.
public struct ShowCategory: RawRepresentable, Codable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let concert = ShowCategory(rawValue: "concert")
    public static let festival = ShowCategory(rawValue: "festival")
    public static let classical = ShowCategory(rawValue: "classical")
    public static let theatre = ShowCategory(rawValue: "theatre")
    public static let comedy = ShowCategory(rawValue: "comedy")
    public static let sport = ShowCategory(rawValue: "sport")
    public static let family = ShowCategory(rawValue: "family")
    public static let other = ShowCategory(rawValue: "other")

    /// The categories that this build offers.
    public static let known: [ShowCategory] = [
        .concert, .festival, .classical, .theatre, .comedy, .sport, .family, .other,
    ]
}
