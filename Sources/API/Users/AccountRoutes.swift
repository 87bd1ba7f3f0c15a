import HTTPTypes
import Hummingbird
import Marketplace
import Services
import Storage

/// `/api/users/me`: the e-mail address, password and sessions of the signed-in user.
struct AccountRoutes: Sendable {
    let account: OwnAccount
    let users: UserReads
    let cookies: SessionCookies
    let keys: DerivedKeys

    func add(to routes: RouterGroup<APIContext>) {
        routes.put("me/email") { request, context in try await changeEmail(request, context) }
        routes.put("me/password") { request, context in try await changePassword(request, context) }
        routes.get("me/sessions") { _, context in try await sessions(context) }
        routes.delete("me/sessions") { request, context in try await endOthers(request, context) }
        routes.delete("me/sessions/:id") { request, context in try await end(request, context) }
    }

    private func changeEmail(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try EmailChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "PUT /api/users/me/email", body: body, keys: keys)
        return try await account.changeEmail(
            to: input.email, password: input.password, requester, as: command, request, context
        ).response(.ok)
    }

    private func changePassword(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let body = try await request.jsonBody(context)
        let input = try PasswordChangeInput(body)
        let command = try CommandRequest(
            request, context, actor: requester.actor, route: "PUT /api/users/me/password", body: body, keys: keys)
        return try await account.changePassword(
            from: input.password, to: input.newPassword, requester, as: command, request, context
        ).response(.noContent)
    }

    private func sessions(_ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let sessions = try await users.sessions(of: requester.id, current: requester.session)
        // The current session is the first, unless it has ended.
        guard sessions.first?.current == true else { throw Problem.signedOut }
        return .json(sessions)
    }

    private func endOthers(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let command = CommandRequest(request, context, actor: requester.actor)
        return try await account.endOtherSessions(requester, as: command).response(.noContent)
    }

    private func end(_ request: Request, _ context: APIContext) async throws -> Response {
        let requester = try context.requireUser()
        let id = try context.id(of: Kind.Session.self)
        guard try await users.hasSession(id, of: requester.id) else { throw Problem.notFound("session of yours") }
        let command = CommandRequest(request, context, actor: requester.actor)
        var response = try await account.endSession(id, requester, as: command).response(.noContent)
        // Ending the current session signs this browser out.
        if id == requester.session { cookies.clear(on: &response) }
        return response
    }
}
