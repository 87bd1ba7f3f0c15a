/// A field that holds an id, or the whole object if the request expanded it.
///
/// https://docs.stripe.com/api/expanding_objects
enum Expandable<Object: Decodable & Sendable>: Sendable {
    case id(String)
    case object(Object)
}

extension Expandable: Decodable {
    init(from decoder: any Decoder) throws {
        if let id = try? decoder.singleValueContainer().decode(String.self) {
            self = .id(id)
        } else {
            self = .object(try Object(from: decoder))
        }
    }
}
