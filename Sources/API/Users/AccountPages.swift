import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/account`: the user's e-mail address, password and sessions.
struct AccountPages: Sendable {
    let account: OwnAccount
    let users: UserReads
    let cookies: SessionCookies
    let pages: Pages
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.get("/account") { request, context in
            try await page(FormFields(), FormFields(), .ok, request, context)
        }
        routes.post("/account/email") { request, context in try await changeEmail(request, context) }
        routes.post("/account/password") { request, context in try await changePassword(request, context) }
        routes.post("/account/sessions/end-others") { request, context in try await endOthers(request, context) }
        routes.post("/account/sessions/:id/end") { request, context in try await end(request, context) }
    }

    // MARK: Forms

    private func changeEmail(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        var form = try await FormFields(request, context)
        let email = form.email("email")
        let password = form.secret("password", "your current password", bytes: CredentialsInput.anyPasswordBytes)
        guard let email, let password else {
            return try await page(form, FormFields(), .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /account/email", form: form, keys: keys
        ).identifiedByInput
        do {
            return try await account.changeEmail(
                to: email, password: password, requester, as: command, request, context
            ).redirect { _ in "/account?done=email" }
        } catch {
            let problem = Problem.report(error, context)
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(form, FormFields(), problem.status, request, context)
        }
    }

    private func changePassword(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        var form = try await FormFields(request, context)
        let old = form.secret("currentPassword", "your current password", bytes: CredentialsInput.anyPasswordBytes)
        let new = form.newPassword("newPassword", "a new password", email: nil)
        guard let old, let new else {
            return try await page(FormFields(), form, .unprocessableContent, request, context)
        }
        let command = CommandRequest(
            request, context, actor: requester.actor, route: "POST /account/password", form: form, keys: keys
        ).identifiedByInput
        do {
            return try await account.changePassword(from: old, to: new, requester, as: command, request, context)
                .redirect { _ in "/account?done=password" }
        } catch {
            let problem = Problem.report(error, context)
            if problem.code == Problem.signedOut.code { return sessionEnded() }
            if problem.code == Refusal.Code.wrongCredentials.kebab {
                form.addFaults(of: problem, names: ["password": "currentPassword"])
                return try await page(FormFields(), form, .unprocessableContent, request, context)
            }
            guard form.tryAddFaults(of: problem) else { throw problem }
            return try await page(FormFields(), form, problem.status, request, context)
        }
    }

    /// Needs no form key, because ending a session twice is not an error.
    private func endOthers(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        do {
            return try await account.endOtherSessions(
                requester, as: CommandRequest(request, context, actor: requester.actor)
            )
            .redirect { _ in "/account?done=sessions" }
        } catch let problem as Problem where problem.code == Problem.signedOut.code {
            return sessionEnded()
        }
    }

    private func end(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.pageID(of: Kind.Session.self, "session")
        // Ignores ids of deleted sessions and of other users' sessions.
        guard try await users.hasSession(id, of: requester.id) else { return .seeOther("/account") }
        do {
            let response = try await account.endSession(
                id, requester, as: CommandRequest(request, context, actor: requester.actor))
            return id == requester.session ? sessionEnded() : response.redirect { _ in "/account?done=session" }
        } catch let problem as Problem where problem.code == Problem.signedOut.code {
            return sessionEnded()
        }
    }

    /// Redirects to the sign-in page, because the session has ended. Also clears the cookies, because the access token
    /// stays valid for some minutes.
    private func sessionEnded() -> Response {
        var response = Response.seeOther("/signin" + URLEncoding.query([("next", "/account")]))
        cookies.clear(on: &response)
        return response
    }

    // MARK: Page

    private static let notices = [
        "email": "Your e-mail address has been changed.",
        "password": "Your password has been changed. You are signed out everywhere else.",
        "session": "That device is signed out.", "sessions": "You are signed out everywhere else.",
    ]

    /// - Parameters:
    ///   - email: the form to change the address, with its faults.
    ///   - password: the form to change the password, with its faults.
    private func page(
        _ email: FormFields, _ password: FormFields, _ status: HTTPResponse.Status, _ request: Request,
        _ context: APIContext
    ) async throws -> Response {
        let requester = try context.requireUser()
        let sessions = try await users.sessions(of: requester.id, current: requester.session)
        guard sessions.first?.current == true, let user = try await users.user(requester.id) else {
            return sessionEnded()
        }
        let log = try await users.securityLog(of: requester.id, limit: SecurityLogView.limit)
        let visitor = Visitor(request)
        let emailForm = email.has("email") ? email : FormFields(["email": user.email])
        let view: View = [
            "email": user.email, "since": visitor.localTime(user.createdAt),
            "notice": status == .ok
                ? request.uri.queryParameters["done"].flatMap { Self.notices[String($0)] } : nil,
            "summary": email.summary ?? password.summary,
            "emailFields": Self.emailFields(emailForm).map(\.view),
            "emailKey": email.nextKey(after: status),
            "passwordFields": Self.passwordFields(password).map(\.view),
            "passwordKey": password.nextKey(after: status),
            "sessions": sessions.map { Self.row($0, visitor) }, "others": sessions.count > 1,
            "log": SecurityLogView.rows(log, visitor, isAdmin: false),
        ]
        return try pages.page("account", view, PageHead("Your account"), status: status, request, context)
    }

    private static func emailFields(_ form: FormFields) -> [Field] {
        [
            Field("email", "E-mail", .input("email"), attributes: [("autocomplete", "email")], in: form),
            Field(
                "password", "Current password", .input("password"),
                attributes: [("autocomplete", "current-password")], in: form),
        ]
    }

    private static func passwordFields(_ form: FormFields) -> [Field] {
        [
            Field(
                "currentPassword", "Current password", .input("password"),
                attributes: [("autocomplete", "current-password")], in: form),
            Field(
                "newPassword", "New password", .input("password"), hint: "At least 8 characters.",
                attributes: [("autocomplete", "new-password")], in: form),
        ]
    }

    private static func row(_ session: SessionRepresentation, _ visitor: Visitor) -> View {
        [
            "id": session.id.description, "device": UserAgent.name(session.userAgent), "current": session.current,
            "began": visitor.localTime(session.createdAt), "used": visitor.localTime(session.usedAt),
        ]
    }
}
