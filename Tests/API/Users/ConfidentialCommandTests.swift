import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

/// No e-mail address and no password hash passes through Redis unencrypted.
@Suite(.timeLimit(.minutes(2))) struct ConfidentialCommandTests {
    @Test func noAddressOrHashIsInRedis() async throws {
        let redis = try await RedisServer.start()
        let monitor = try await RedisMonitor.start(on: redis)
        let api = try await RunningAPI.start(workers: [.users], redisURL: redis.url)
        let client = api.client()
        let user = try await client.signUp("first@example.com")
        #expect(user.email == "first@example.com")
        let change = try await client.send(
            .put, "/api/users/me/email", json: #"{"email":"second@example.com","password":"\#(APIClient.password)"}"#,
            ["Idempotency-Key": "once"])
        #expect(change.status == 200 && change.text("email") == "second@example.com")
        let password = #"{"password":"\#(APIClient.password)","newPassword":"another long password"}"#
        #expect(try await client.send(.put, "/api/users/me/password", json: password).status == 204)
        client.cookies["gittix_access"] = nil
        let current = try await client.send(.get, "/api/users/currentuser")
        #expect(current.text.contains("second@example.com"))
        let program = try await api.client().send(
            .post, "/api/users/signin", json: #"{"email":"second@example.com","password":"another long password"}"#)
        #expect(program.status == 200 && program.text("email") == "second@example.com")

        let lines = try await monitor.lines()
        for type in ["SignUp", "ChangeEmail", "ChangePassword", "StartSession", "RotateSession"] {
            #expect(lines.contains { $0.contains(#""\#(type)""#) }, "no \(type) was sent")
        }
        for secret in ["example.com", "argon2id", "password\\\"", "passwordHash"] {
            let line = lines.first { $0.contains(secret) }
            #expect(line == nil, "\(secret) is in \(line?.prefix(300) ?? "")")
        }
        try await api.stop()
    }
}
