import HTTPTypes
import Hummingbird
import Logging
import Marketplace

/// The pages to sign up, sign in and sign out. Signing in leads back to the page that required it.
struct SignInPages: Sendable {
    let signUp: SignUpRoute
    let password: PasswordCheck
    let sessions: SessionStart
    let pages: Pages
    let keys: DerivedKeys

    /// The routes that start and end sessions. They need no authentication.
    func addAnonymous(to routes: RouterGroup<APIContext>) {
        routes.post("/signin") { request, context in try await signIn(request, context) }
        routes.post("/signup") { request, context in try await signUp(request, context) }
        routes.post("/signout") { request, context in await signOut(request, context) }
    }

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/signin") { request, context in try show(.signIn, request, context) }
        routes.get("/signup") { request, context in try show(.signUp, request, context) }
    }

    private enum Kind {
        case signIn, signUp

        var title: String { self == .signIn ? "Sign in" : "Sign up" }
    }

    private func show(_ kind: Kind, _ request: Request, _ context: APIContext) throws -> Response {
        let next = Self.next(request.uri.queryParameters["next"].map(String.init))
        if context.user != nil { return .seeOther(next) }
        return try page(kind, FormFields(), next: next, .ok, request, context)
    }

    private func signIn(_ request: Request, _ context: APIContext) async throws -> Response {
        var form = try await FormFields(request, context)
        let next = Self.next(form["next"])
        let email = form.email("email")
        let secret = form.secret("password", "your password", bytes: CredentialsInput.anyPasswordBytes)
        if let email, let secret {
            do {
                let user = try await password.user(of: .init(email: email, password: secret), request, context)
                let session = try await sessions.start(
                    for: user.id, email, version: user.version, request, context)
                return try await enter(session, next: next)
            } catch {
                let problem = Problem.report(error, context)
                switch problem.code {
                case Problem.banned.code: form.fail(nil, BanText.atSignIn)
                // The message does not say which field is wrong.
                case Refusal.Code.wrongCredentials.kebab: form.fail(nil, FormFields.sentence(problem.detail))
                default: guard form.tryAddFaults(of: problem) else { throw problem }
                }
                let status = problem.status.code < 500 ? .unprocessableContent : problem.status
                return try page(.signIn, form, next: next, status, request, context)
            }
        }
        return try page(.signIn, form, next: next, .unprocessableContent, request, context)
    }

    private func signUp(_ request: Request, _ context: APIContext) async throws -> Response {
        var form = try await FormFields(request, context)
        let next = Self.next(form["next"])
        let email = form.email("email")
        let secret = form.newPassword("password", "a password", email: email)
        if let email, let secret {
            let command = CommandRequest(
                request, context, actor: .nobody, route: "POST /signup", form: form, keys: keys
            ).identifiedByInput
            do {
                let outcome = try await signUp.signUp(
                    .init(email: email, password: secret), as: command, request, context)
                switch outcome {
                case .started(let session): return try await enter(session, next: next)
                case .accepted(let answer):
                    return answer.redirect { _ in "/signin" + URLEncoding.query([("next", next)]) }
                }
            } catch {
                let problem = Problem.report(error, context)
                guard form.tryAddFaults(of: problem) else { throw problem }
                let status = problem.status.code < 500 ? .unprocessableContent : problem.status
                return try page(.signUp, form, next: next, status, request, context)
            }
        }
        return try page(.signUp, form, next: next, .unprocessableContent, request, context)
    }

    private func enter(_ session: SessionStart.StartedSession, next: String) async throws -> Response {
        var response = Response.seeOther(next)
        try await sessions.setCookies(of: session, on: &response)
        return response
    }

    /// Clears the cookies even if the session can't be ended now, so that signing out always works.
    private func signOut(_ request: Request, _ context: APIContext) async -> Response {
        if let presented = sessions.cookies.refresh(request) {
            do {
                _ = try await sessions.end(presented, Preference(waitSeconds: 2), request, context)
            } catch {
                context.logger.notice("Could not end a session at sign-out", metadata: ["error": "\(error)"])
            }
        }
        var response = Response.seeOther("/")
        sessions.cookies.clear(on: &response)
        return response
    }

    /// The path to redirect to after signing in: never one of these pages.
    private static func next(_ text: String?) -> String {
        guard let path = text.flatMap(RedirectTarget.init)?.text,
            !["/signin", "/signup", "/signout"].contains(where: { path.hasPrefix($0) })
        else { return "/" }
        return path
    }

    private func page(
        _ kind: Kind, _ form: FormFields, next: String, _ status: HTTPResponse.Status, _ request: Request,
        _ context: APIContext
    ) throws -> Response {
        let isNew = kind == .signUp
        let next: String? = next == "/" ? nil : next
        let fields = [
            Field("email", "E-mail", .input("email"), attributes: [("autocomplete", "username")], in: form),
            Field(
                "password", "Password", .input("password"), hint: isNew ? "At least 8 characters." : nil,
                attributes: [("autocomplete", isNew ? "new-password" : "current-password")], in: form),
        ]
        return try pages.page(
            "sign-in",
            [
                "title": kind.title, "action": isNew ? "/signup" : "/signin", "new": isNew,
                "fields": fields.map(\.view), "summary": form.summary, "key": form.nextKey(after: status),
                "next": next,
                "other": (isNew ? "/signin" : "/signup") + URLEncoding.query([("next", next)]),
                "reason": next != nil && form.isValid,
            ], PageHead(kind.title), status: status, request, context)
    }
}
