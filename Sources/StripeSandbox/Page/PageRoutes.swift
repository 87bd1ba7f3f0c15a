import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The hosted payment page, in plain HTML with forms.
struct PageRoutes: Sendable {
    let sandbox: Sandbox
    let logger: Logger

    func add(to router: Router<BasicRequestContext>) {
        let group = router.group("/c/pay/:session")
        group.get { _, context in show(try id(context)) }
        group.post { request, context in try await pay(try id(context), request) }
        group.get("/authenticate") { _, context in showAuthentication(try id(context)) }
        group.post("/authenticate") { request, context in try await authenticate(try id(context), request) }
    }

    private func id(_ context: BasicRequestContext) throws -> String {
        try context.parameters.require("session")
    }

    private func session(_ id: String) -> (session: Session, isAuthenticating: Bool)? {
        sandbox.change { state, _ in
            state.ledger.sessions[id].map { session in
                (session, session.intentID.flatMap { state.ledger.intents[$0] }?.pendingCard != nil)
            }
        }
    }

    private func show(_ id: String) -> Response {
        guard let session = session(id)?.session else { return Self.html(CheckoutPage.missing(), .notFound) }
        return switch session.status {
        case .open: Self.html(CheckoutPage.form(session, CardForm()))
        case .complete, .expired: Self.html(CheckoutPage.closed(session))
        }
    }

    private func pay(_ id: String, _ request: Request) async throws -> Response {
        guard let session = session(id)?.session else { return Self.html(CheckoutPage.missing(), .notFound) }
        let form = CardForm(try await Self.form(request))
        let card: Card
        switch form.card(at: sandbox.change { _, now in now }) {
        case .success(let valid): card = valid
        case .failure(let errors):
            return Self.html(CheckoutPage.form(session, form, errors: errors.byField), .unprocessableContent)
        }
        let outcome = sandbox.change { state, now in
            state.ledger.pay(sessionID: id, card: card, holder: form.name, at: now)
        }
        logger.info(
            "Buyer submitted a card",
            metadata: [
                "session": "\(id.prefix(16))…", "card": "\(card.brand) …\(card.last4)", "outcome": "\(outcome.text)",
            ])
        return respond(outcome, session, form)
    }

    private func showAuthentication(_ id: String) -> Response {
        guard let (session, isAuthenticating) = session(id) else {
            return Self.html(CheckoutPage.missing(), .notFound)
        }
        guard session.status == .open, isAuthenticating else { return .redirect(to: "/c/pay/\(id)", type: .normal) }
        return Self.html(CheckoutPage.authentication(session))
    }

    private func authenticate(_ id: String, _ request: Request) async throws -> Response {
        guard let session = session(id)?.session else { return Self.html(CheckoutPage.missing(), .notFound) }
        let isConfirmed = try await Self.form(request)["action"] == .value("complete")
        let outcome = sandbox.change { state, now in
            state.ledger.authenticate(sessionID: id, isConfirmed: isConfirmed, at: now)
        }
        logger.info(
            "Buyer answered 3-D Secure", metadata: ["session": "\(id.prefix(16))…", "outcome": "\(outcome.text)"])
        return respond(outcome, session, CardForm())
    }

    private func respond(_ outcome: Ledger.PaymentOutcome, _ session: Session, _ form: CardForm) -> Response {
        switch outcome {
        case .paid(let redirectURL): .redirect(to: redirectURL, type: .normal)
        case .needsAuthentication: .redirect(to: "/c/pay/\(session.id)/authenticate", type: .normal)
        case .declined(let message):
            Self.html(CheckoutPage.form(session, form, errors: [.number: message]), .init(code: 402))
        case .notOpen: show(session.id)
        }
    }

    private static func form(_ request: Request) async throws -> FormTree {
        var request = request
        let body = try await request.collectBody(upTo: 16 << 10)
        do throws(StripeFailure) { return try FormTree(encoded: body.readableBytesView) } catch {
            throw HTTPError(.badRequest, message: error.message)
        }
    }

    private static func html(_ page: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
            ], body: .init(byteBuffer: ByteBuffer(string: page)))
    }
}

extension Ledger.PaymentOutcome {
    fileprivate var text: String {
        switch self {
        case .paid: "paid"
        case .declined(let message): message
        case .needsAuthentication: "3-D Secure required"
        case .notOpen: "session not open"
        }
    }
}
