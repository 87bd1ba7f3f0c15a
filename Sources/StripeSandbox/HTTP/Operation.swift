/// The calls of Stripe's API that the sandbox supports.
enum Operation: String, CaseIterable, Sendable {
    case createSession = "checkout.sessions.create"
    case listSessions = "checkout.sessions.list"
    case retrieveSession = "checkout.sessions.retrieve"
    case expireSession = "checkout.sessions.expire"
    case createIntent = "payment_intents.create"
    case listIntents = "payment_intents.list"
    case retrieveIntent = "payment_intents.retrieve"
    case confirmIntent = "payment_intents.confirm"
    case captureIntent = "payment_intents.capture"
    case cancelIntent = "payment_intents.cancel"
    case createRefund = "refunds.create"
    case listRefunds = "refunds.list"
    case retrieveRefund = "refunds.retrieve"
    case retrieveCharge = "charges.retrieve"
    case listEvents = "events.list"
    case retrieveEvent = "events.retrieve"

    /// Returns the operation of a method and a path, and the id in the path.
    static func match(method: String, path: String) -> (operation: Operation, id: String)? {
        let steps = path.split(separator: "/").map(String.init)
        guard steps.first == "v1" else { return nil }
        switch (method, steps.count) {
        case (_, 3...5) where steps[1] == "checkout" && steps[2] == "sessions":
            switch (method, steps.count) {
            case ("POST", 3): return (.createSession, "")
            case ("GET", 3): return (.listSessions, "")
            case ("GET", 4): return (.retrieveSession, steps[3])
            case ("POST", 5) where steps[4] == "expire": return (.expireSession, steps[3])
            default: return nil
            }
        case ("GET", 2):
            switch steps[1] {
            case "payment_intents": return (.listIntents, "")
            case "refunds": return (.listRefunds, "")
            case "events": return (.listEvents, "")
            default: return nil
            }
        case ("POST", 2) where steps[1] == "payment_intents": return (.createIntent, "")
        case ("POST", 2) where steps[1] == "refunds": return (.createRefund, "")
        // In the path of Stripe's search, "search" is not an id.
        case ("GET", 3) where steps[2] != "search":
            switch steps[1] {
            case "payment_intents": return (.retrieveIntent, steps[2])
            case "refunds": return (.retrieveRefund, steps[2])
            case "charges": return (.retrieveCharge, steps[2])
            case "events": return (.retrieveEvent, steps[2])
            default: return nil
            }
        case ("POST", 4) where steps[1] == "payment_intents":
            switch steps[3] {
            case "confirm": return (.confirmIntent, steps[2])
            case "capture": return (.captureIntent, steps[2])
            case "cancel": return (.cancelIntent, steps[2])
            default: return nil
            }
        default: return nil
        }
    }
}
