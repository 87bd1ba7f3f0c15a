import Bootstrap
import Crypto
import HTTPTypes
import Hummingbird
import Marketplace

/// A request for a command, without the command's payload.
struct CommandRequest: Sendable {
    /// The id of the command, and of the object that it creates.
    var id: CommandID
    var actor: Actor
    var at: Timestamp
    var trace: TraceContext
    /// Detects a different request with the same `Idempotency-Key`; `nil` without a key.
    var fingerprint: String?
    var preference: Preference
    /// True if the command was executed for an earlier request with the same `Idempotency-Key`.
    var isReplay = false
    /// False if the sender has already counted the command in the user's budget.
    var isCounted = true

    init(id: CommandID, actor: Actor, at: Timestamp = .now(), trace: TraceContext, preference: Preference) {
        self.id = id
        self.actor = actor
        self.at = at
        self.trace = trace
        self.preference = preference
    }

    /// Reads the `Idempotency-Key` and `Prefer` of a request.
    /// - Parameters:
    ///   - route: method and path with the names of parameters: `PUT /api/tickets/:id`.
    ///   - body: the received bytes.
    init(
        _ request: Request, _ context: APIContext, actor: Actor, route: String, body: [UInt8], keys: DerivedKeys
    ) throws(Problem) {
        self.init(
            request, context, actor: actor, route: route, body: body, key: try IdempotencyKey(request.headers),
            keys: keys)
    }

    /// A request from a form. The form contains the key.
    init(_ request: Request, _ context: APIContext, actor: Actor, route: String, form: FormFields, keys: DerivedKeys) {
        self.init(request, context, actor: actor, route: route, body: form.body, key: form.key, keys: keys)
    }

    /// A request for a command that may be executed twice, and so needs no key.
    init(_ request: Request, _ context: APIContext, actor: Actor) {
        self.init(id: .new(), actor: actor, trace: context.trace, preference: Preference(request.headers))
    }

    private init(
        _ request: Request, _ context: APIContext, actor: Actor, route: String, body: [UInt8], key: IdempotencyKey?,
        keys: DerivedKeys
    ) {
        let now = Timestamp.now()
        self.init(
            id: key?.commandID(actor: actor, route: route) ?? .new(at: now), actor: actor, at: now,
            trace: context.trace, preference: Preference(request.headers))
        if key != nil {
            fingerprint = Self.fingerprint(request, body: body, key: keys.fingerprints)
        }
    }

    /// The digest is keyed, because a body may contain a password: without the key, nobody can test passwords against a
    /// fingerprint.
    private static func fingerprint(_ request: Request, body: [UInt8], key: SymmetricKey) -> String {
        // Methods and paths contain no space, and headers no line ending, so different requests give different lines.
        let line = [request.method.rawValue, request.uri.path, request.headers[.ifMatch]].compactMap(\.self)
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Array("\(line.joined(separator: " "))\n".utf8))
        mac.update(data: body)
        return Base64URL.encode(mac.finalize())
    }
}
