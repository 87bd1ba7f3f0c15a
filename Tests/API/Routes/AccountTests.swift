import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// Changes of the user's own account, with the users service.
@Suite(.timeLimit(.minutes(2))) struct AccountTests {
    private static let other = "another long password"

    private func put(_ client: APIClient, _ field: String, _ json: String) async throws -> APIClient.Answer {
        try await client.send(.put, "/api/users/me/\(field)", json: json)
    }

    private func signIn(_ api: RunningAPI, _ email: String, _ password: String) async throws -> APIClient? {
        let client = api.client()
        let answer = try await client.send(
            .post, "/api/users/signin", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
        return answer.status == 200 ? client : nil
    }

    private func sessions(_ client: APIClient) async throws -> [SessionRepresentation] {
        try await client.send(.get, "/api/users/me/sessions").decode()
    }

    /// Half of the requests have a token from before the change, and the others a later one. The other services wait
    /// for their copies of the user.
    @Test func aUserMayListAndOrderRightAfterChangingTheAddress() async throws {
        let api = try await RunningAPI.start(workers: [.users, .listings, .orders])
        let (client, seller) = (api.client(), api.client())
        try await seller.signUp()
        let ticket = try await seller.list(quantity: 9)
        try await client.signUp("before@example.com")
        for number in 0..<4 {
            let change = #"{"email":"After\#(number)@example.com","password":"\#(APIClient.password)"}"#
            let changed = try await put(client, "email", change)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(changed.text("email") == "after\(number)@example.com")
            #expect(changed.json["version"] as? Int == 2 + number)
            if number % 2 == 1 { client.cookies["gittix_access"] = nil }
            if number < 2 {
                #expect(try await client.list().userId == changed.decode(UserRepresentation.self).id)
            } else {
                #expect(try await client.order(ticket.id).status == 201)
            }
        }
        #expect(try await signIn(api, "before@example.com", APIClient.password) == nil)
        #expect(try await signIn(api, "after3@example.com", APIClient.password) != nil)
        try await api.stop()
    }

    @Test func aChangeRequiresThePasswordAndValidFields() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let client = api.client()
        try await api.client().signUp("taken@example.com")
        try await client.signUp("mine@example.com")
        let wrong = try await put(client, "email", #"{"email":"new@example.com","password":"not this one"}"#)
        #expect(wrong.status == 400 && wrong.problem == "wrong-credentials" && wrong.fields == ["password"])
        let taken = try await put(
            client, "email", #"{"email":"TAKEN@example.com","password":"\#(APIClient.password)"}"#)
        #expect(taken.status == 409 && taken.problem == "email-taken" && taken.fields == ["email"])
        let bad = try await put(client, "email", #"{"email":"nowhere","password":""}"#)
        #expect(bad.status == 400 && bad.fields == ["email", "password"])
        let short = try await put(client, "password", #"{"password":"\#(APIClient.password)","newPassword":"short"}"#)
        #expect(short.status == 400 && short.fields == ["newPassword"])
        let guess = try await put(client, "password", #"{"password":"a guess","newPassword":"\#(Self.other)"}"#)
        #expect(guess.status == 400 && guess.problem == "wrong-credentials")
        #expect(try await signIn(api, "mine@example.com", APIClient.password) != nil)
        try await api.stop()
    }

    @Test func changingThePasswordEndsTheOtherSessions() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let here = api.client()
        try await here.signUp("me@example.com")
        let there = try #require(try await signIn(api, "me@example.com", APIClient.password))
        #expect(try await sessions(here).map(\.current) == [true, false])
        let change = #"{"password":"\#(APIClient.password)","newPassword":"\#(Self.other)"}"#
        let key = ["Idempotency-Key": "once"]
        let changed = try await here.send(.put, "/api/users/me/password", json: change, key)
        #expect(changed.status == 204, "\(changed.text)")
        // A repeated request receives the first response, although the password has changed since.
        #expect(try await here.send(.put, "/api/users/me/password", json: change, key).status == 204)

        here.cookies["gittix_access"] = nil
        #expect(try await sessions(here).count == 1)
        there.cookies["gittix_access"] = nil
        #expect(try await there.send(.get, "/api/users/me/sessions").status == 401)
        #expect(try await signIn(api, "me@example.com", APIClient.password) == nil)
        #expect(try await signIn(api, "me@example.com", Self.other) != nil)
        try await api.stop()
    }

    @Test func sessionsAreListedAndEnded() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let (here, stranger) = (api.client(), api.client())
        try await here.signUp("me@example.com")
        try await stranger.signUp()
        let clients = try await [
            signIn(api, "me@example.com", APIClient.password), signIn(api, "me@example.com", APIClient.password),
        ].compactMap(\.self)
        let listed = try await sessions(here)
        #expect(listed.count == 3 && listed.first?.current == true)
        // The others are sorted by their last use.
        let last = try #require(listed.dropFirst().first)
        #expect(try await sessions(clients[1]).first?.id == last.id)

        let path = "/api/users/me/sessions"
        #expect(try await stranger.send(.delete, "\(path)/\(last.id)").status == 404)
        #expect(try await here.send(.delete, "\(path)/\(UUID())").status == 404)
        #expect(try await here.send(.delete, "\(path)/\(last.id)").status == 204)
        #expect(try await here.send(.delete, "\(path)/\(last.id)").status == 204)
        clients[1].cookies["gittix_access"] = nil
        #expect(try await clients[1].send(.get, path).status == 401)
        #expect(try await here.send(.delete, path).status == 204)
        #expect(try await sessions(here).map(\.current) == [true])
        // An ended session, whose access token is still valid, cannot end other sessions.
        #expect(try await clients[0].send(.delete, path).status == 401)
        #expect(try await clients[0].send(.delete, "\(path)/\(listed[0].id)").status == 401)
        #expect(try await clients[0].send(.get, path).status == 401)
        #expect(try await here.send(.delete, "\(path)/\(listed[0].id)").status == 204)
        #expect(!here.cookies.hasSession)
        try await api.stop()
    }

    /// Failed sign-ins of strangers do not count against the owner.
    @Test func passwordAttemptsAreLimitedPerAccount() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["ACCOUNT_SIGN_INS_PER_MINUTE": "3"])
        let client = api.client()
        try await client.signUp("guessed@example.com")
        for _ in 0..<4 { _ = try await signIn(api, "guessed@example.com", "wrong") }
        for attempt in 0..<4 {
            let change = #"{"password":"guess\#(attempt)","newPassword":"\#(Self.other)"}"#
            #expect(try await put(client, "password", change).status == (attempt < 3 ? 400 : 429))
        }
        try await api.stop()
    }
}
