import Hummingbird
import Marketplace

extension APIContext {
    /// The id in the path of a page.
    ///
    /// - Throws: ``Problem`` (404) if it is not an id.
    func pageID<Thing>(of: Thing.Type, _ thing: String) throws(Problem) -> Identifier<Thing> {
        guard let id = parameters.get("id").flatMap({ Identifier<Thing>($0) }) else { throw .notFound(thing) }
        return id
    }
}
