import CurlClient
import Foundation
import Marketplace
import Support
import Testing

@testable import API

@Suite struct DocumentTests {
    /// Every route for programs is documented, and every documented route exists.
    @Test func theDocumentContainsExactlyTheRoutes() async throws {
        let api = try await RunningAPI.start()
        let routes = api.routes.entries.filter { entry in
            entry.method != "HEAD" && OpenAPIDocument.isForPrograms(entry.path)
        }.map { entry in
            let path = entry.path.split(separator: "/", omittingEmptySubsequences: false)
                .map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }.joined(separator: "/")
            return "\(entry.method) \(path)"
        }
        #expect(Set(routes) == api.document.operations)
        #expect(api.document.version == "3.1.0")
        try await api.stop()
    }

    @Test func everyReferenceOfTheDocumentResolves() throws {
        let document = try OpenAPIDocument()
        let text = String(decoding: try OpenAPIDocument.text(publicURL: "http://a"), as: UTF8.self)
        for match in text.matches(of: /"\$ref": "(#[^"]+)"/) {
            #expect(!document.resolve(["$ref": String(match.1)]).isEmpty, "\(match.1)")
        }
    }

    @Test func theDocumentIsServed() async throws {
        let api = try await RunningAPI.start()
        let answer = try await api.client().send(.get, "/openapi.json")
        #expect(answer.status == 200)
        #expect(answer.body == (try OpenAPIDocument.text(publicURL: "http://localhost:0")))
        try await api.stop()
    }

    /// The document of an installation names its own address and cookie.
    @Test func theDocumentNamesThisInstallation() async throws {
        let api = try await RunningAPI.start(["PUBLIC_URL": "https://gittix.example"])
        let document = try await api.client().send(.get, "/openapi.json").json
        let servers = document["servers"] as? [[String: String]]
        #expect(servers?.first?["url"] == "https://gittix.example")
        let schemes = (document["components"] as? [String: Any])?["securitySchemes"] as? [String: [String: String]]
        #expect(schemes?["cookie"]?["name"] == "__Host-gittix_access")
        try await api.stop()
    }

    /// Clients ignore what they do not know, so members can be added to responses.
    @Test func noResponseForbidsNewMembers() throws {
        let text = try OpenAPIDocument.text(publicURL: "http://a")
        let root = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
        let components = root?["components"] as? [String: Any]
        let schemas = components?["schemas"] as? [String: [String: Any]] ?? [:]
        let requests: Set<String> = [
            "Ban", "NewTicket", "TicketChange", "NewOrder", "NewPayment", "EmailChange", "PasswordChange",
            "NewCredentials", "Credentials", "Refresh", "SignOut", "NewReport", "TakeDown", "NewPerformance",
            "EventChange", "VenueChange", "PerformanceChange", "PerformerChange", "Merge", "NewImport",
            "TicketChanges", "TicketBatchChange",
        ]
        for (name, schema) in schemas {
            #expect(schema["description"] != nil, "\(name)")
            #expect((schema["additionalProperties"] as? Bool == false) == requests.contains(name), "\(name)")
        }
    }

    /// Tests the check itself.
    @Test func theSchemaCheckFindsErrors() throws {
        let document = try OpenAPIDocument()
        let schema: [String: Any] = ["$ref": "#/components/schemas/NewTicket"]
        func problems(_ json: String) throws -> [String] {
            document.schemaProblems(try JSONSerialization.jsonObject(with: Data(json.utf8)), schema, at: "body")
        }
        #expect(try problems(APIClient.listing()).isEmpty)
        for wrong in [
            #""title":"a""#, #""title":"a","price":0"#, #""title":"a","price":"1""#, #""title":"","price":1"#,
            #""title":"a","price":1,"x":1"#, #""title":"a","price":true"#, #""title":"a","price":1,"currency":"X""#,
        ] {
            #expect(try !problems("{\(wrong),\(APIClient.show)}").isEmpty, "\(wrong)")
        }
    }

    @Test func theDocumentHasTheTableOfCurrencies() throws {
        let schema = try OpenAPIDocument().resolve(["$ref": "#/components/schemas/Currency"])
        #expect(schema["enum"] as? [String] == Currency.all)
    }
}
