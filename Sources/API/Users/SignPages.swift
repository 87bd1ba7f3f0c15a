import HTTPTypes
import Hummingbird
import Logging
import Marketplace

/// The pages to sign up, in and out. Signing in goes on to where one came from.
struct SignPages: Sendable {
    let signUp: SignUpRoute
    let password: PasswordCheck
    let sessions: SessionStart
    let pages: Pages
    let keys: DerivedKeys

    /// What makes and ends sessions: none of it asks who is signed in.
    func addOpen(to routes: RouterGroup<APIContext>) {
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
                let begun = try await sessions.begin(for: user.id, version: user.version, request, context)
                return try await begin(begun, next: next)
            } catch {
                let problem = Problem.telling(error, context)
                switch problem.code {
                case Problem.banned.code: form.fail(nil, "This account is banned.")
                // Neither field is told to be the wrong one.
                case Refusal.Code.wrongCredentials.kebab: form.fail(nil, FormFields.sentence(problem.detail))
                default: guard form.takes(problem) else { throw problem }
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
        let secret = form.secret("password", "a password", bytes: CredentialsInput.newPasswordBytes)
        if let email, let secret {
            let command = CommandRequest(
                request, context, actor: .nobody, route: "POST /signup", form: form, keys: keys
            ).ofThisInput
            do {
                let outcome = try await signUp.signUp(
                    .init(email: email, password: secret), as: command, request, context)
                switch outcome {
                case .begun(let begun): return try await begin(begun, next: next)
                case .accepted(let answer):
                    return answer.onward { _ in "/signin" + URLText.query([("next", next)]) }
                }
            } catch {
                let problem = Problem.telling(error, context)
                guard form.takes(problem) else { throw problem }
                let status = problem.status.code < 500 ? .unprocessableContent : problem.status
                return try page(.signUp, form, next: next, status, request, context)
            }
        }
        return try page(.signUp, form, next: next, .unprocessableContent, request, context)
    }

    private func begin(_ begun: SessionStart.Begun, next: String) async throws -> Response {
        var response = Response.seeOther(next)
        try await sessions.show(begun, on: &response)
        return response
    }

    /// Whatever becomes of the session, the browser forgets it: who leaves is not kept by what is away just now.
    private func signOut(_ request: Request, _ context: APIContext) async -> Response {
        if let presented = sessions.cookies.refresh(request) {
            do {
                _ = try await sessions.end(presented, Preference(waitSeconds: 2), context)
            } catch {
                context.logger.notice("a session was left without being ended", metadata: ["error": "\(error)"])
            }
        }
        var response = Response.seeOther("/")
        sessions.cookies.clear(on: &response)
        return response
    }

    /// Where to go on to: never to these pages again.
    private static func next(_ text: String?) -> String {
        guard let path = text.flatMap(LocalPath.init)?.text,
            !["/signin", "/signup", "/signout"].contains(where: { path.hasPrefix($0) })
        else { return "/" }
        return path
    }

    private func page(
        _ kind: Kind, _ form: FormFields, next: String, _ status: HTTPResponse.Status, _ request: Request,
        _ context: APIContext
    ) throws -> Response {
        let isNew = kind == .signUp
        let onward = next == "/" ? nil : next
        let fields = [
            Field("email", "E-mail", .input("email"), attributes: [("autocomplete", "username")], in: form),
            Field(
                "password", "Password", .input("password"), hint: isNew ? "At least 8 characters." : nil,
                attributes: [("autocomplete", isNew ? "new-password" : "current-password")], in: form),
        ]
        return try pages.page(
            "sign",
            [
                "title": kind.title, "action": isNew ? "/signup" : "/signin", "new": isNew,
                "fields": fields.map(\.view), "summary": form.summary, "key": form.nextKey(after: status),
                "next": onward,
                "other": (isNew ? "/signin" : "/signup") + URLText.query([("next", onward)]),
                "reason": onward != nil && form.isRight,
            ], PageHead(kind.title), status: status, request, context)
    }
}
