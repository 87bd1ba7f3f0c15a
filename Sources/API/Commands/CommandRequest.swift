import Bootstrap
import Crypto
import HTTPTypes
import Hummingbird
import Marketplace

/// What a request asks of a command besides its payload.
struct CommandRequest: Sendable {
    /// The id of the command, and of what it creates.
    var id: CommandID
    var actor: Actor
    var at: Timestamp
    var trace: TraceContext
    /// Present with an `Idempotency-Key`: tells whether a request with the same key is the same request.
    var fingerprint: String?
    var preference: Preference

    init(id: CommandID, actor: Actor, at: Timestamp = .now(), trace: TraceContext, preference: Preference) {
        self.id = id
        self.actor = actor
        self.at = at
        self.trace = trace
        self.preference = preference
    }

    /// Reads the `Idempotency-Key` and `Prefer` of a request.
    /// - Parameters:
    ///   - route: method and path with the names of its parameters: `POST /api/orders`.
    ///   - body: as it came.
    init(
        _ request: Request, _ context: APIContext, actor: Actor, route: String, body: [UInt8], keys: DerivedKeys
    ) throws(Problem) {
        self.init(
            request, context, actor: actor, route: route, body: body, key: try IdempotencyKey(request.headers),
            keys: keys)
    }

    /// The same of a form, which brings its key along.
    init(_ request: Request, _ context: APIContext, actor: Actor, route: String, form: FormFields, keys: DerivedKeys) {
        self.init(request, context, actor: actor, route: route, body: form.body, key: form.key, keys: keys)
    }

    /// One that may be done twice, so it asks for no key.
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

    /// Keyed, because a body may hold a password: without the key nobody can try passwords on a fingerprint.
    private static func fingerprint(_ request: Request, body: [UInt8], key: SymmetricKey) -> String {
        // Neither a method nor a path has a space, and no header a line end: no two requests give the same line.
        let line = [request.method.rawValue, request.uri.path, request.headers[.ifMatch]].compactMap(\.self)
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: Array("\(line.joined(separator: " "))\n".utf8))
        mac.update(data: body)
        return Base64URL.encode(mac.finalize())
    }
}
