import Hummingbird
import Marketplace

extension APIContext {
    /// The id in the path. Refuses what is no id, which is never an address of anything.
    func id<Thing>(of: Thing.Type) throws(Problem) -> Identifier<Thing> {
        guard let text = parameters.get("id"), let id = Identifier<Thing>(text) else {
            throw .invalid("must be an id: a UUID of 36 characters", field: "id")
        }
        return id
    }
}
