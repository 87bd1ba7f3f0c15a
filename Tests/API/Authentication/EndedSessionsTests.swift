import CurlClient
import Marketplace
import Services
import Support
import Testing

@testable import API

@Suite(.timeLimit(.minutes(2))) struct EndedSessionsTests {
    private let start = Timestamp(seconds: 1_790_000_000)

    private func ended(_ at: Timestamp) -> UserReads.EndedSession { .init(id: .new(), at: at) }

    @Test func anEndedSessionIsListedUntilItsTokensHaveExpired() {
        let list = EndedSessions()
        let session = ended(start)
        #expect(!list.contains(session.id))
        list.add([session])
        #expect(list.contains(session.id))
        list.removeEntries(before: start)
        #expect(list.contains(session.id))
        list.removeEntries(before: start + .seconds(1))
        #expect(!list.contains(session.id))
    }

    /// A transaction may commit the end of a session after a later end was read.
    @Test func theNextReadBeginsAMinuteBeforeTheNewestEnd() {
        let list = EndedSessions()
        #expect(list.nextRead(horizon: start) == start)
        list.add([ended(start + .seconds(500)), ended(start + .seconds(400))])
        #expect(list.nextRead(horizon: start) == start + .seconds(440))
        #expect(list.nextRead(horizon: start + .seconds(450)) == start + .seconds(450))
    }

    @Test func theOldestAreDroppedBeyondTheLimit() {
        let list = EndedSessions(limit: 100)
        let all = (0...100).map { ended(start + .seconds($0)) }
        list.add(all.reversed())
        #expect(list.count == 75)
        #expect(all.suffix(75).allSatisfy { list.contains($0.id) })
    }

    /// Repeats a request until its access token is refused. Returns false after 10 s: the processes read the ended
    /// sessions once a second, or less often while other tests keep the machine busy.
    private func isRefused(_ client: APIClient, _ token: String) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            let answer = try await client.send(.get, "/api/orders", ["Authorization": "Bearer \(token)"])
            if answer.status == 401 { return answer.problem == "signed-out" }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// Signing out, ending another session and changing the password each end access tokens in every process,
    /// and leave other sessions unchanged.
    @Test func theAccessTokensOfAnEndedSessionAreRefusedByEveryProcess() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let second = try await api.another()
        let email = "ended@example.com"
        let owner = api.client()
        try await owner.signUp(email)
        func signIn(_ password: String = APIClient.password) async throws -> (client: APIClient, token: String) {
            let client = api.client()
            let answer = try await client.send(
                .post, "/api/users/signin", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
            #expect(answer.status == 200)
            return (client, try #require(client.cookies["gittix_access"]))
        }
        let own = try #require(owner.cookies["gittix_access"])

        let left = try await signIn()
        #expect(
            try await second.client().send(.get, "/api/orders", ["Authorization": "Bearer \(left.token)"]).status == 200
        )
        #expect(try await left.client.send(.post, "/api/users/signout").status == 200)
        #expect(try await isRefused(second.client(), left.token))

        let ended = try await signIn()
        let list: [SessionRepresentation] = try await ended.client.send(.get, "/api/users/me/sessions").decode()
        let id = try #require(list.first?.id)
        #expect(try await owner.send(.delete, "/api/users/me/sessions/\(id)").status == 204)
        #expect(try await isRefused(second.client(), ended.token))

        let other = try await signIn()
        let change = #"{"password":"\#(APIClient.password)","newPassword":"another long password"}"#
        #expect(try await owner.send(.put, "/api/users/me/password", json: change).status == 204)
        #expect(try await isRefused(second.client(), other.token))
        // Each process reads the end from the database. The cookies of an ended session are cleared.
        #expect(try await isRefused(api.client(), other.token))
        #expect(try await other.client.send(.get, "/api/orders").status == 401)
        #expect(!other.client.cookies.hasSession)

        #expect(try await second.client().send(.get, "/api/orders", ["Authorization": "Bearer \(own)"]).status == 200)
        // A process that starts later knows the ended sessions from its first response on.
        let third = try await api.another()
        #expect(
            try await third.client().send(.get, "/api/orders", ["Authorization": "Bearer \(other.token)"]).status == 401
        )
        for one in [third, second, api] { try await one.stop() }
    }

    /// Until each process knows that the session has ended, the service refuses the session's commands, and the list of
    /// sessions is not shown.
    @Test func anEndedSessionNeitherListsNorEndsSessions() async throws {
        let api = try await RunningAPI.start(workers: [.users])
        let (owner, thief) = (api.client(), api.client())
        let email = "taken@example.com"
        try await owner.signUp(email)
        let list: [SessionRepresentation] = try await owner.send(.get, "/api/users/me/sessions").decode()
        let own = try #require(list.first?.id)
        let signedIn = try await thief.send(
            .post, "/api/users/signin", json: #"{"email":"\#(email)","password":"\#(APIClient.password)"}"#)
        #expect(signedIn.status == 200)
        let token = try #require(thief.cookies["gittix_access"])
        thief.cookies = [:]

        let change = #"{"password":"\#(APIClient.password)","newPassword":"another long password"}"#
        #expect(try await owner.send(.put, "/api/users/me/password", json: change).status == 204)
        let sessions = "/api/users/me/sessions"
        for (method, path) in [
            (CurlRequest.Method.delete, "\(sessions)/\(own)"), (.delete, sessions), (.get, sessions),
        ] {
            let answer = try await thief.send(method, path, ["Authorization": "Bearer \(token)"])
            #expect(answer.status == 401 && answer.problem == "signed-out", "\(method) \(path)")
        }
        let left: [SessionRepresentation] = try await owner.send(.get, sessions).decode()
        #expect(left.map(\.id) == [own])
        try await api.stop()
    }

    /// When a stolen session ends, all its access tokens end, including the thief's.
    @Test func theAccessTokensOfAStolenSessionAreRefused() async throws {
        let api = try await RunningAPI.start(workers: [.users], ["REFRESH_GRACE_SECONDS": "0"])
        let (owner, thief) = (api.client(), api.client())
        try await owner.signUp("robbed@example.com")
        let stolen = try #require(owner.cookies["gittix_refresh"])
        owner.cookies["gittix_access"] = nil
        #expect(try await owner.send(.get, "/api/orders").status == 200)
        let token = try #require(owner.cookies["gittix_access"])
        // The owner has used the refresh token, so its second use reveals the theft.
        let reused = try await thief.send(.post, "/api/users/refresh", json: #"{"refreshToken":"\#(stolen)"}"#)
        #expect(reused.status == 401, "\(reused.text)")
        #expect(try await isRefused(thief, token))
        try await api.stop()
    }
}
