import Hummingbird
import Marketplace

extension APIContext {
    /// The id in the path.
    ///
    /// - Throws: ``Problem`` (400) if it is not an id.
    func id<Thing>(of: Thing.Type) throws(Problem) -> Identifier<Thing> {
        guard let text = parameters.get("id"), let id = Identifier<Thing>(text) else {
            throw .invalid("must be an id: a UUID of 36 characters", field: "id")
        }
        return id
    }
}
