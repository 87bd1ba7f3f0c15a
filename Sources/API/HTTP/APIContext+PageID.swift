import Hummingbird
import Marketplace

extension APIContext {
    /// The id in a page's address. Where it is no id, there is no such thing.
    func pageID<Thing>(of: Thing.Type, _ thing: String) throws(Problem) -> Identifier<Thing> {
        guard let id = parameters.get("id").flatMap({ Identifier<Thing>($0) }) else { throw .notFound(thing) }
        return id
    }
}
