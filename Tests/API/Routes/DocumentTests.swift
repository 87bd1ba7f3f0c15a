import CurlClient
import Foundation
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
        let text = String(decoding: try Routes.openAPI(), as: UTF8.self)
        for match in text.matches(of: /"\$ref": "(#[^"]+)"/) {
            #expect(!document.resolve(["$ref": String(match.1)]).isEmpty, "\(match.1)")
        }
    }

    @Test func theDocumentIsServed() async throws {
        let api = try await RunningAPI.start()
        let answer = try await api.client().send(.get, "/openapi.json")
        let document = try Routes.openAPI()
        #expect(answer.status == 200)
        #expect(answer.body == document)
        try await api.stop()
    }

    /// Tests the check itself.
    @Test func theSchemaCheckFindsErrors() throws {
        let document = try OpenAPIDocument()
        let schema: [String: Any] = ["$ref": "#/components/schemas/NewTicket"]
        func problems(_ json: String) throws -> [String] {
            document.schemaProblems(try JSONSerialization.jsonObject(with: Data(json.utf8)), schema, at: "body")
        }
        #expect(try problems(#"{"title":"a","price":1}"#).isEmpty)
        for wrong in [
            #"{"price":1}"#, #"{"title":"a","price":0}"#, #"{"title":"a","price":"1"}"#, #"{"title":"","price":1}"#,
            #"{"title":"a","price":1,"x":1}"#, #"{"title":"a","price":true}"#,
            #"{"title":"a","price":1,"currency":"X"}"#,
        ] {
            #expect(try !problems(wrong).isEmpty, "\(wrong)")
        }
    }
}
