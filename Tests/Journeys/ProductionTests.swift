import CurlClient
import Support
import Testing

extension Journeys {
    @Suite(.serialized)
    struct ProductionTests {
        private static let settings = [
            "ENVIRONMENT": "production", "LOG_FORMAT": "", "HOST": "127.0.0.1",
            "PUBLIC_URL": "https://tickets.example.com",
        ]

        @Test("Production has secure cookies and logs one JSON object per line")
        func hasSecureCookiesAndJSONLogs() async throws {
            let formation: Formation = [.api: 1, .users: 1, .tickets: 1, .orders: 1, .expiration: 1]
            try await SystemHarness.run(formation, settings: Self.settings) { system in
                let seller = try await TestUser.signUp("seller", in: system.browser())
                let buyer = try await TestUser.signUp("buyer", in: system.browser())
                _ = try await buyer.createOrder(try await seller.createListing("A ticket"))

                let response = try await buyer.signIn().expect(200)
                let cookies = response.response.headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
                // The access token, the refresh token and the device.
                #expect(cookies.count == 3)
                for cookie in cookies {
                    #expect(cookie.hasPrefix("__Host-"), "\(cookie)")
                    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
                        #expect(cookie.contains(attribute), "\(attribute) in \(cookie)")
                    }
                    #expect(!cookie.contains("Domain"))
                }
                for type in formation.keys {
                    for running in system.processes(type) {
                        let lines = running.process.output.split(separator: "\n")
                        #expect(!lines.isEmpty)
                        for line in lines {
                            let entry = try? JSON(Array(line.utf8))
                            #expect(entry?["level"].string != nil && entry?["message"].string != nil, "\(line)")
                        }
                    }
                }
            }
        }

        @Test("Production refuses plain HTTP to Stripe with one log line")
        func refusesPlainHTTPToStripe() async throws {
            let process = try await ProductProcess.start(
                "Workers", ["payments"],
                environment: Self.settings.merging([
                    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere", "REDIS_URL": "redis://127.0.0.1:1",
                    "STRIPE_SECRET_KEY": "sk_live_1234567890", "STRIPE_API_BASE": "http://127.0.0.1:1",
                    "SIGNING_SECRET": "mZ8qv0Xn2LcR7tYp4KsWb6HdJf1GgUeA",
                ]) { $1 }, ready: nil)
            #expect(try await process.waitForExit() == .exit(1))
            let lines = process.output.split(separator: "\n")
            try #require(lines.count == 1)
            #expect(lines[0].contains("STRIPE_API_BASE"))
            #expect(!process.output.contains("sk_live"))
        }
    }
}
