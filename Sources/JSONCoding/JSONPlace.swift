/// A step of the way to a value: a field's name, or an element's number.
struct JSONPlace: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ name: String) { (stringValue, intValue) = (name, nil) }
    init(_ place: Int) { (stringValue, intValue) = (String(place), place) }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
